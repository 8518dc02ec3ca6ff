/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A growing list of texts: what a parser or a reader found wrong, for its caller to show. */

#include <stddef.h>

#include "base/util.h"

struct messages {
        char **items;
        size_t n, allocated;
};

#define MESSAGES_INIT ((struct messages){ 0 })

/* Appends one formatted message. Out of memory loses it: callers return their own error for what
 * they report, and do not infer success from an empty list. */
void messages_add(struct messages *m, const char *format, ...) _printf_(2, 3);

/* Frees the texts and leaves an empty list. */
void messages_done(struct messages *m);
