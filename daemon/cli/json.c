/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

void json_print_text(FILE *f, const char *text)
{
        const unsigned char *s = (const unsigned char *)text;

        fputc_unlocked('"', f);
        while (*s) {
                size_t n = utf8_length((const char *)s);

                if (n == 0)
                        fputs_unlocked("\\ufffd", f);
                else if (*s == '"' || *s == '\\')
                        fprintf(f, "\\%c", *s);
                else if (*s < 0x20 || *s == 0x7f)
                        fprintf(f, "\\u%04x", *s);
                else if (n == 1)
                        fputc_unlocked(*s, f);
                else
                        fwrite_unlocked(s, 1, n, f);
                s += n > 0 ? n : 1;
        }
        fputc_unlocked('"', f);
}

static void print_nodes(FILE *f, const struct nodeset *nodes)
{
        const char *separator = "";

        fputc_unlocked('[', f);
        nodeset_foreach (node, nodes) {
                fprintf(f, "%s%u", separator, node);
                separator = ", ";
        }
        fputc_unlocked(']', f);
}

static void print_number(FILE *f, const struct view_number *number)
{
        if (number->known)
                fprintf(f, "%" PRId64, number->value);
        else
                fputs_unlocked("null", f);
}

/* Most are whole, and printed in half the time then. */
static void print_double(FILE *f, double value)
{
        if (value >= 0 && value <= UINT32_MAX && value == (double)(uint32_t)value)
                fprintf(f, "%" PRIu32, (uint32_t)value);
        else
                fprintf(f, "%.10g", value);
}

static void print_real(FILE *f, const struct view_real *number)
{
        if (number->known)
                print_double(f, number->value);
        else
                fputs_unlocked("null", f);
}

static void print_flag(FILE *f, const struct view_flag *flag)
{
        fputs_unlocked(!flag->known ? "null" : flag->value ? "true" : "false", f);
}

static void print_nodeset(FILE *f, const struct view_nodeset *set)
{
        if (set->known)
                print_nodes(f, &set->nodes);
        else
                fputs_unlocked("null", f);
}

static void print_value(FILE *f, enum view_type type, const void *value)
{
        const char *text;

        switch (type) {
        case VIEW_UNSIGNED:
                fprintf(f, "%u", *(const unsigned *)value);
                break;
        case VIEW_UINT64:
                fprintf(f, "%" PRIu64, *(const uint64_t *)value);
                break;
        case VIEW_DOUBLE:
                print_double(f, *(const double *)value);
                break;
        case VIEW_BOOLEAN:
                fputs_unlocked(*(const bool *)value ? "true" : "false", f);
                break;
        case VIEW_TEXT:
                text = *(const char *const *)value;
                if (text)
                        json_print_text(f, text);
                else
                        fputs_unlocked("null", f);
                break;
        case VIEW_NUMBER:
                print_number(f, value);
                break;
        case VIEW_REAL:
                print_real(f, value);
                break;
        case VIEW_NODES:
                print_nodes(f, value);
                break;
        case VIEW_FLAG:
                print_flag(f, value);
                break;
        case VIEW_NODESET:
                print_nodeset(f, value);
                break;
        case VIEW_TYPES:
                assert(false);
        }
}

static void print_indent(FILE *f, size_t depth)
{
        fputc_unlocked('\n', f);
        for (size_t i = 0; i < depth; i++)
                fputs_unlocked("   ", f);
}

static void print_row(FILE *f, const struct view_table *t, size_t row, size_t depth)
{
        fputc_unlocked('{', f);
        for (size_t i = 0; i < t->n_fields; i++) {
                if (i > 0)
                        fputc_unlocked(',', f);
                print_indent(f, depth + 1);
                fputc_unlocked('"', f);
                fputs_unlocked(t->fields[i].name, f);
                fputs_unlocked("\": ", f);
                print_value(f, t->fields[i].type, view_table_get(t, row, i));
        }
        print_indent(f, depth);
        fputc_unlocked('}', f);
}

void json_print_members(FILE *f, const struct view_table *t, size_t row)
{
        for (size_t i = 0; i < t->n_fields; i++) {
                fprintf(f, "%s\"%s\": ", i > 0 ? ", " : "", t->fields[i].name);
                print_value(f, t->fields[i].type, view_table_get(t, row, i));
        }
}

static void print_list(FILE *f, const struct view_table *t)
{
        fputc_unlocked('[', f);
        for (size_t i = 0; i < t->n_rows; i++) {
                if (i > 0)
                        fputc_unlocked(',', f);
                print_indent(f, 2);
                print_row(f, t, i, 2);
        }
        if (t->n_rows > 0)
                print_indent(f, 1);
        fputc_unlocked(']', f);
}

void json_print_tables(FILE *f, const struct view_table *tables, size_t n)
{
        fputc_unlocked('{', f);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        fputc_unlocked(',', f);
                print_indent(f, 1);
                fprintf(f, "\"%s\": ", tables[i].name);
                assert(!tables[i].single || tables[i].n_rows == 1);
                if (tables[i].single)
                        print_row(f, &tables[i], 0, 1);
                else
                        print_list(f, &tables[i]);
        }
        fputs_unlocked("\n}\n", f);
}
