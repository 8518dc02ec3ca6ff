/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The lines of a policy's text, without comments. */

#include <stddef.h>

struct lines {
        const char *text;
        size_t size, at;
        unsigned number; /* of the last line that was taken; the first is 1 */
};

/* The next line without its comment and the white space around it; not terminated. NULL: there is
 * none. */
const char *lines_next(struct lines *l, size_t *ret_length);

/* What is wrong with the bytes of a line, or NULL: the language has no letters beyond ASCII, and
 * lines are quoted on terminals. */
#define LINE_FAULT_MAX 64
const char *line_find_fault(const char *line, size_t length, char buf[static LINE_FAULT_MAX]);
