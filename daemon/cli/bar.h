/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A progress bar on standard error, if that is a terminal. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bar {
        bool is_shown;
        unsigned node;
        const char *subject; /* "process 12"; NULL: the node, of which blocks are counted, else KiB
                              */
        const char *what;    /* "offline" */
        size_t done, total;
        size_t done_at_start;
        uint64_t start_usec;
};

/* wanted: false: never shown. */
void bar_init(struct bar *b, bool wanted, unsigned node, const char *what);

/* Not of a node's blocks, but of something else and an amount of memory, in KiB. */
void bar_init_size(struct bar *b, bool wanted, const char *subject, const char *what);

#define BAR_LINE_MAX 256
/* What bar_draw() shows on a terminal of that many columns: the bar itself is the first to become
 * shorter, or goes. left: ", about 45 s left", or "". */
void bar_format(const struct bar *b, unsigned columns, const char *left,
                char buf[static BAR_LINE_MAX]);

/* Draws it with the time that is left, as far as that can be told. */
void bar_draw(struct bar *b, size_t done, size_t total);

/* Clears the line, so that something else can be printed. */
void bar_clear(const struct bar *b);

#define BAR_TIME_MAX 32
/* "45 s", "3 min", "1 h 20 min" */
const char *bar_format_time(uint64_t usec, char buf[static BAR_TIME_MAX]);
