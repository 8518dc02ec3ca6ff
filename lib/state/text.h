/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines that the files of a state consist of: the first word says what a line is. For those who
 * parse them; see state.h. */

#include "state/state.h"

struct text_line {
        const char *word;
        int (*parse)(struct state *s, char *rest); /* 0, -EINVAL, -ENOMEM */
        const char *expected;                      /* the form of the line, for messages */
};

/* What becomes of lines that are not understood. */
struct text_faults {
        const char *name;        /* of the file, for messages */
        struct messages *errors; /* "name:line: ..." */
        struct state_disk *disk; /* if a newer version wrote it, lines with an unknown first word go
                                    into disk.unknown; NULL: they are errors */
        bool any;                /* set when an error was reported */
};

/* Parses each line of a text but comments. 0 or -ENOMEM. */
int text_parse(struct state *s, const char *text, size_t size, const struct text_line *lines,
               size_t n_lines, struct text_faults *faults);

/* Pieces of a line. Each takes what it reads off the rest. */
int text_take_unsigned(char **rest, unsigned max, unsigned *ret);
int text_take_tier(char **rest, uint32_t *ret); /* a number, or "-" for TIER_UNKNOWN */

/* Lines that all versions have. */
int text_parse_daemon(struct state *s, char *rest);
int text_parse_tiering(struct state *s, char *rest);
int text_parse_policy(struct state *s, char *rest);
int text_parse_memory(struct state *s, char *rest);
int text_parse_gpu(struct state *s, char *rest);
int text_parse_original(struct state *s, char *rest);

#define TEXT_DAEMON                                                                                \
        {                                                                                          \
                "daemon", text_parse_daemon, "daemon PID"                                          \
        }
#define TEXT_TIERING                                                                               \
        {                                                                                          \
                "tiering", text_parse_tiering, "tiering, or tiering off"                           \
        }
#define TEXT_POLICY                                                                                \
        {                                                                                          \
                "policy", text_parse_policy, "policy HASH"                                         \
        }
#define TEXT_MEMORY                                                                                \
        {                                                                                          \
                "memory", text_parse_memory, "memory KEY accessN and four numbers"                 \
        }
#define TEXT_GPU                                                                                   \
        {                                                                                          \
                "gpu", text_parse_gpu, "gpu PCI-ADDRESS NODE"                                      \
        }
#define TEXT_ORIGINAL                                                                              \
        {                                                                                          \
                "original", text_parse_original, "original PATH VALUE"                             \
        }
