/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/output.h"
#include "testing.h"

static const struct column columns[] = {
        { "NAME", COLUMN_TREE },
        { "NUMBER", COLUMN_RIGHT },
        { "TEXT", COLUMN_TEXT },
};

static char *print(struct libscols_table *t, bool legend)
{
        FILE *before = stdout;
        char *text = NULL;
        size_t size;

        stdout = open_memstream(&text, &size);
        assert(stdout);
        scols_table_set_stream(t, stdout);
        assert(table_print(t, legend) == 0);
        assert(fclose(stdout) == 0);
        stdout = before;
        return text;
}

/* One blank in place of many: without headings, newer versions of libsmartcols make columns
 * narrower. */
static void squeeze(char *text)
{
        char *end = text;

        for (const char *c = text; *c; c++)
                if (*c != ' ' || end == text || end[-1] != ' ')
                        *end++ = *c;
        *end = '\0';
}

/* Headings only with the legend; a cell that is not set stays empty. */
static void test_table(void)
{
        _cleanup_(table_freep) struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));
        _cleanup_(freep) char *with = NULL, *without = NULL;
        struct libscols_line *line = table_add(t, NULL);

        table_set(line, 0, "%s", "a");
        table_set(line, 1, "%d", 1);
        line = table_add(t, line);
        table_set(line, 0, "%s", "b");
        table_set(line, 1, "%d", 1000);
        table_set(line, 2, "%s", "x");
        with = print(t, true);
        without = print(t, false);
        assert(strstr(with, "NAME"));
        assert(!strstr(without, "NAME"));
        assert(strstr(without, "    1") && strstr(without, " 1000 x"));
        squeeze(with);
        squeeze(without);
        assert(strstr(with, without));
}

static void test_no_memory(void)
{
        struct libscols_table *none = NULL;

        assert(!table_add(none, NULL));
        table_set(NULL, 0, "passed over");
        table_set_colour(NULL, 0, "red");
        assert(table_print(none, true) < 0);
}

int main(void)
{
        test_table();
        test_no_memory();
        return 0;
}
