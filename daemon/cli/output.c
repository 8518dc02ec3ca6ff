/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

struct libscols_table *table_new(const struct column *columns, size_t n)
{
        static const int flags[] = {
                [COLUMN_TEXT] = 0,
                [COLUMN_RIGHT] = SCOLS_FL_RIGHT,
                [COLUMN_TREE] = SCOLS_FL_TREE,
        };
        _cleanup_(table_freep) struct libscols_table *t = scols_new_table();

        static_assert(ELEMENTSOF(flags) == COLUMN_TYPES, "flags for each type of column");
        if (!t)
                return NULL;
        for (size_t i = 0; i < n; i++)
                if (!scols_table_new_column(t, columns[i].name, 0, flags[columns[i].type]))
                        return NULL;
        return TAKE_PTR(t);
}

struct libscols_line *table_add(struct libscols_table *t, struct libscols_line *parent)
{
        return t ? scols_table_new_line(t, parent) : NULL;
}

void table_set(struct libscols_line *line, size_t column, const char *format, ...)
{
        char *text = NULL;
        va_list ap;

        if (!line)
                return;
        va_start(ap, format);
        if (vasprintf(&text, format, ap) >= 0 && scols_line_refer_data(line, column, text) < 0)
                free(text);
        va_end(ap);
}

void table_set_text(struct libscols_line *line, size_t column, const char *text)
{
        if (line)
                (void)scols_line_set_data(line, column, text);
}

const char *table_get_text(struct libscols_line *line, size_t column)
{
        struct libscols_cell *cell = line ? scols_line_get_cell(line, column) : NULL;

        return cell ? scols_cell_get_data(cell) : NULL;
}

bool output_has_colours(void)
{
        static int has = -1;

        if (has < 0) {
                const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

                has = isatty(STDOUT_FILENO) && (!no_colour || !*no_colour) && term &&
                      !streq(term, "dumb");
        }
        return has;
}

void table_set_colour(struct libscols_line *line, size_t column, const char *colour)
{
        struct libscols_cell *cell = line ? scols_line_get_cell(line, column) : NULL;

        if (cell && output_has_colours())
                (void)scols_cell_set_color(cell, streq(colour, "dim") ? "\033[2m" : colour);
}

int table_print(struct libscols_table *t, bool legend)
{
        if (!t)
                return -ENOMEM;
        (void)scols_table_enable_noheadings(t, !legend);
        (void)scols_table_enable_colors(t, output_has_colours());
        return scols_print_table(t);
}
