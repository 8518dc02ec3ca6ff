/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One change, as numatier monitor prints it. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "view/rows.h"
#include "view/texts.h"

/* Texts that are NULL and numbers that are not known have no meaning for this change. */
struct change {
        uint64_t usec;      /* since 1970 */
        const char *source; /* "kernel", "numatierd", "monitor" */
        const char *kind;   /* "node_moved" */
        struct view_number node;
        const char *tier;                                            /* the policy's name */
        struct view_number present_tier, wanted_tier, original_tier; /* N of memory_tierN */
        struct view_number blocks, size_kib, old_size_kib;
        const char *path, *value, *old_value, *reason, *device;
        struct view_number error, priority;
        const char *message_id;
        const char *text; /* one sentence */
        struct texts texts;
};

void change_done(struct change *c);

/* One line for people, or one JSON object on one line. Errors stay noted in f. */
void change_print(FILE *f, const struct change *c, bool json);
