/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/output.h"
#include "testing.h"

/* What people's scripts rely on: numbers are numbers, what is unknown is null, and several tables
 * are one object. */

enum {
        NAME,
        NUMBER,
        BOOLEAN,
};

static const struct column columns[] = {
        [NAME] = { "name", COLUMN_TEXT },
        [NUMBER] = { "number", COLUMN_NUMBER },
        [BOOLEAN] = { "boolean", COLUMN_BOOLEAN },
};

static struct libscols_table *make_table(const char *name)
{
        struct libscols_table *t = table_new(name, columns, ELEMENTSOF(columns));

        assert(t);
        return t;
}

/* The answer without the white space between its tokens: that is libsmartcols's business. */
static char *print_json(struct libscols_table *const *tables, size_t n)
{
        FILE *before = stdout;
        char *text = NULL, *to;
        bool quoted = false;
        size_t size;

        stdout = open_memstream(&text, &size);
        assert(stdout);
        assert(json_print(tables, n) == 0);
        assert(fclose(stdout) == 0);
        stdout = before;
        to = text;
        for (const char *from = text; *from; from++) {
                if (*from == '"' && (from == text || from[-1] != '\\'))
                        quoted = !quoted;
                if (quoted || !strchr(" \n", *from))
                        *to++ = *from;
        }
        *to = '\0';
        return text;
}

static void expect_json(struct libscols_table *const *tables, size_t n, const char *expected)
{
        _cleanup_(freep) char *text = print_json(tables, n);

        assert_streq(text, expected);
}

static void test_unknown(void)
{
        _cleanup_(table_freep) struct libscols_table *t = make_table("things");

        table_set(table_add(t, NULL), BOOLEAN, "%d", false);
        expect_json(&t, 1,
                    "{\"things\":[{\"name\":null,\"number\":null,"
                    "\"boolean\":false}]}");
}

static void test_values(void)
{
        _cleanup_(table_freep) struct libscols_table *t = make_table("things");
        struct libscols_line *line = table_add(t, NULL);

        table_set(line, NAME, "%s", "cxl");
        table_set(line, NUMBER, "%.10g", 0.5);
        table_set(line, BOOLEAN, "%d", true);
        line = table_add(t, NULL);
        table_set(line, NAME, "%s", "");
        table_set(line, NUMBER, "%d", -1);
        table_set(line, BOOLEAN, "%d", false);
        expect_json(&t, 1,
                    "{\"things\":[{\"name\":\"cxl\",\"number\":0.5,"
                    "\"boolean\":true},"
                    "{\"name\":null,\"number\":-1,\"boolean\":false}]}");
}

/* Braces in a text must not be taken for the table's own. */
static void test_quoting(void)
{
        _cleanup_(table_freep) struct libscols_table *t = make_table("{}");
        struct libscols_line *line = table_add(t, NULL);

        table_set(line, NAME, "%s", "}\"{\\\t}");
        table_set(line, NUMBER, "1");
        table_set(line, BOOLEAN, "1");
        expect_json(&t, 1,
                    "{\"{}\":[{\"name\":\"}\\\"{\\\\\\t}\",\"number\":1,"
                    "\"boolean\":true}]}");
}

static void test_several_tables(void)
{
        _cleanup_(table_freep) struct libscols_table *a = make_table("a");
        _cleanup_(table_freep) struct libscols_table *b = make_table("b");
        struct libscols_line *line = table_add(b, NULL);

        table_set(line, NAME, "%s", "x");
        table_set(line, BOOLEAN, "0");
        expect_json((struct libscols_table *[]){ a, b }, 2,
                    "{\"a\":[],\"b\":[{\"name\":\"x\",\"number\":null,"
                    "\"boolean\":false}]}");
}

static void test_no_memory(void)
{
        struct libscols_table *none = NULL;

        assert(!table_add(none, NULL));
        table_set(NULL, NAME, "passed over");
        table_set_colour(NULL, NAME, "red");
        assert(table_print(none, true) < 0);
        assert(json_print(&none, 1) < 0);
}

int main(void)
{
        test_unknown();
        test_values();
        test_quoting();
        test_several_tables();
        test_no_memory();
        return 0;
}
