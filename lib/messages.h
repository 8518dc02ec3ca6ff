/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A growing list of texts: what a parser or a reader found wrong, for its caller to show. */

#include <stddef.h>

#include "util.h"

struct messages {
        char **items;
        size_t n, allocated;
};

#define MESSAGES_INIT ((struct messages){ 0 })

/* Appends one formatted message. Out of memory drops the text but still counts it (as NULL is never
 * stored, a fixed text stands in), so that "no messages" always means "nothing was wrong". */
void messages_add(struct messages *m, const char *format, ...) _printf_(2, 3);

/* Frees the texts and leaves an empty list. */
void messages_done(struct messages *m);
