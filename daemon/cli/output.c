/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>

static const struct {
        int flags, json;
} column_types[COLUMN_TYPES] = {
        [COLUMN_TEXT] = { 0, SCOLS_JSON_STRING },
        [COLUMN_RIGHT] = { SCOLS_FL_RIGHT, SCOLS_JSON_STRING },
        [COLUMN_TREE] = { SCOLS_FL_TREE, SCOLS_JSON_STRING },
        [COLUMN_NUMBER] = { 0, SCOLS_JSON_NUMBER },
        [COLUMN_BOOLEAN] = { 0, SCOLS_JSON_BOOLEAN },
};

struct libscols_table *table_new(const char *name, const struct column *columns, size_t n)
{
        _cleanup_(table_freep) struct libscols_table *t = scols_new_table();

        if (!t || (name && scols_table_set_name(t, name) < 0))
                return NULL;
        (void)scols_table_enable_json(t, name != NULL);
        for (size_t i = 0; i < n; i++) {
                struct libscols_column *c = scols_table_new_column(
                        t, columns[i].name, 0, column_types[columns[i].type].flags);

                if (!c)
                        return NULL;
                (void)scols_column_set_json_type(c, column_types[columns[i].type].json);
        }
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

/* A table alone is an object: "{\n   "name": [...]\n}\n". Returns the text between its braces,
 * which *ret_member, to be freed, holds. */
static const char *format_member(struct libscols_table *t, char **ret_member)
{
        char *open, *close;

        if (scols_print_table_to_string(t, ret_member) < 0)
                return NULL;
        open = strchr(*ret_member, '{');
        close = strrchr(*ret_member, '}');
        if (!open || !close)
                return NULL;
        do
                *close-- = '\0';
        while (close > open && *close == '\n');
        return open + 1;
}

static int print_member(struct libscols_table *t, bool first)
{
        _cleanup_(freep) char *text = NULL;
        const char *member;

        if (!t)
                return -ENOMEM;
        member = format_member(t, &text);
        if (!member)
                return -EINVAL;
        printf("%s%s", first ? "{" : ",", member);
        return 0;
}

int json_print(struct libscols_table *const *tables, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                int r = print_member(tables[i], i == 0);

                if (r < 0)
                        return r;
        }
        puts("\n}");
        return 0;
}
