/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/rows.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#define FIELDS_MAX 24
#define TABLES_MAX 8

void table_set_number(struct libscols_line *line, size_t column, struct view_number number)
{
        if (number.known)
                table_set(line, column, "%" PRId64, number.value);
}

const char *format_value_of(double value, bool relative, bool is_latency,
                            char buf[static UNIT_STRING_MAX])
{
        if (relative)
                return format_multiple(value, buf);
        return is_latency ? format_latency(value, buf) : format_bandwidth(value, buf);
}

static enum column_type column_type_of(enum view_type type)
{
        static const enum column_type types[] = {
                [VIEW_UNSIGNED] = COLUMN_NUMBER, [VIEW_UINT64] = COLUMN_NUMBER,
                [VIEW_DOUBLE] = COLUMN_NUMBER,   [VIEW_BOOLEAN] = COLUMN_BOOLEAN,
                [VIEW_TEXT] = COLUMN_TEXT,       [VIEW_NUMBER] = COLUMN_NUMBER,
                [VIEW_REAL] = COLUMN_NUMBER,     [VIEW_NODES] = COLUMN_NUMBERS,
        };

        static_assert(ELEMENTSOF(types) == VIEW_TYPES, "a column for each type of field");
        return types[type];
}

static void set_nodes(struct libscols_line *line, size_t column, const struct nodeset *nodes)
{
        unsigned numbers[NODE_MAX];
        size_t n = 0;

        nodeset_foreach (node, nodes)
                numbers[n++] = node;
        table_set_numbers(line, column, numbers, n);
}

static void set_real(struct libscols_line *line, size_t column, const struct view_real *number)
{
        if (number->known)
                table_set(line, column, "%.10g", number->value);
}

static void set_text(struct libscols_line *line, size_t column, const char *text)
{
        if (text)
                table_set(line, column, "%s", text);
}

static void set_field(struct libscols_line *line, size_t column, enum view_type type,
                      const void *value)
{
        switch (type) {
        case VIEW_UNSIGNED:
                table_set(line, column, "%u", *(const unsigned *)value);
                break;
        case VIEW_UINT64:
                table_set(line, column, "%" PRIu64, *(const uint64_t *)value);
                break;
        case VIEW_DOUBLE:
                table_set(line, column, "%.10g", *(const double *)value);
                break;
        case VIEW_BOOLEAN:
                table_set(line, column, "%d", *(const bool *)value);
                break;
        case VIEW_TEXT:
                set_text(line, column, *(const char *const *)value);
                break;
        case VIEW_NUMBER:
                table_set_number(line, column, *(const struct view_number *)value);
                break;
        case VIEW_REAL:
                set_real(line, column, value);
                break;
        case VIEW_NODES:
                set_nodes(line, column, value);
                break;
        case VIEW_TYPES:
                break;
        }
}

/* NULL: no memory. */
static struct libscols_table *make_table(const struct view_table *rows)
{
        struct column columns[FIELDS_MAX];
        struct libscols_table *t;

        assert(rows->n_fields <= FIELDS_MAX);
        for (size_t f = 0; f < rows->n_fields; f++)
                columns[f] = (struct column){ rows->fields[f].name,
                                              column_type_of(rows->fields[f].type) };
        t = table_new(rows->name, columns, rows->n_fields);
        for (size_t i = 0; t && i < rows->n_rows; i++) {
                struct libscols_line *line = table_add(t, NULL);

                for (size_t f = 0; f < rows->n_fields; f++)
                        set_field(line, f, rows->fields[f].type, view_table_get(rows, i, f));
        }
        return t;
}

int json_print_tables(const struct view_table *tables, size_t n)
{
        struct libscols_table *made[TABLES_MAX] = { NULL };
        bool single[TABLES_MAX] = { false };
        int r;

        assert(n <= TABLES_MAX);
        for (size_t i = 0; i < n; i++) {
                assert(!tables[i].single || tables[i].n_rows == 1);
                made[i] = make_table(&tables[i]);
                single[i] = tables[i].single;
        }
        r = json_print_objects(made, single, n);
        for (size_t i = 0; i < n; i++)
                table_free(made[i]);
        return r;
}
