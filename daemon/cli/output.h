/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tables and trees for people, by libsmartcols. */

#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

enum column_type {
        COLUMN_TEXT,
        COLUMN_RIGHT, /* text, aligned to the right */
        COLUMN_TREE,  /* text, indented below its parent line */
        COLUMN_TYPES,
};

struct column {
        const char *name; /* the heading */
        enum column_type type;
};

static inline struct libscols_table *table_free(struct libscols_table *t)
{
        scols_unref_table(t);
        return NULL;
}
DEFINE_CLEANUP(struct libscols_table *, table_free)

/* NULL: no memory. */
struct libscols_table *table_new(const struct column *columns, size_t n);

/* A new line below parent (or NULL). NULL: no memory. */
struct libscols_line *table_add(struct libscols_table *t, struct libscols_line *parent);

/* Sets a cell. Does nothing for a line that is NULL: only table_print() need be checked. */
void table_set(struct libscols_line *line, size_t column, const char *format, ...) _printf_(3, 4);

/* The same with a copy of text as it is, or an empty cell for NULL. */
void table_set_text(struct libscols_line *line, size_t column, const char *text);

/* What a cell has, or NULL. Setting it again ends what this points to; table_set() may have it as
 * an argument. */
const char *table_get_text(struct libscols_line *line, size_t column);

/* Colours a cell, if this output has colours ("green", "yellow", "red", "dim"). */
void table_set_colour(struct libscols_line *line, size_t column, const char *colour);

/* Whether standard output wants colours: a terminal that can, and no NO_COLOR. Found out once,
 * before a pager takes standard output over. */
bool output_has_colours(void);

/* Prints a table for people; headings unless legend is false. 0 or a negative errno. */
int table_print(struct libscols_table *t, bool legend);
