/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lines of characters with attributes, cut to a width: what is shown, whoever shows it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

#include "base/util.h"

enum attribute {
        ATTRIBUTE_NORMAL,
        ATTRIBUTE_BOLD,
        ATTRIBUTE_DIM,
        ATTRIBUTE_HEADING, /* reversed */
        ATTRIBUTE_GREEN,
        ATTRIBUTE_YELLOW,
        ATTRIBUTE_RED,
        ATTRIBUTE_BLUE,
        ATTRIBUTE_CYAN,
        ATTRIBUTES,
};

struct cell {
        wchar_t character;
        enum attribute attribute;
};

/* Starts as { .width = N }. */
struct frame {
        size_t width;
        struct cell *cells; /* lines of that width, filled with spaces */
        size_t n_lines, allocated;
        size_t column; /* where the next character of the last line goes */
        bool failed;   /* no memory: what it has is not complete */
};

/* Begins a line below the last one. */
void frame_begin_line(struct frame *f);

/* Appends to the last line; what is beyond its end is cut off. */
void frame_put(struct frame *f, enum attribute a, wchar_t character);
/* Text of the locale; characters that do not take exactly one column become "?". */
void frame_print(struct frame *f, enum attribute a, const char *format, ...) _printf_(3, 4);
/* The same in that many columns, to the right if width is negative. A text that is longer is not
 * cut: the next one moves. */
void frame_print_in(struct frame *f, enum attribute a, int width, const char *text);

/* The rest of the last line, filled: for headings. */
void frame_fill_line(struct frame *f, enum attribute a);

/* Appends n lines of another frame of the same width; those that it does not have are empty. */
void frame_append(struct frame *f, const struct frame *from, size_t first, size_t n);

const struct cell *frame_get_line(const struct frame *f, size_t line);

/* As text without spaces at the ends of lines; with colours (ECMA-48) if colours. */
void frame_write(const struct frame *f, FILE *to, bool colours);

void frame_done(struct frame *f);
