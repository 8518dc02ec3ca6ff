/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/json.h"
#include "testing.h"

/* What people's scripts rely on: numbers are numbers, what is unknown is null, and any text is
 * JSON.
 */

struct row {
        const char *name;
        unsigned number;
        uint64_t size;
        double value;
        bool yes;
        struct view_number tier;
        struct view_real latency;
        struct nodeset nodes;
        struct view_flag flag;
        struct view_nodeset set;
};

static const struct view_field fields[] = {
        VIEW_FIELD("name", row, name),       VIEW_FIELD("number", row, number),
        VIEW_FIELD("size", row, size),       VIEW_FIELD("value", row, value),
        VIEW_FIELD("yes", row, yes),         VIEW_FIELD("tier", row, tier),
        VIEW_FIELD("latency", row, latency), VIEW_FIELD("nodes", row, nodes),
        VIEW_FIELD("flag", row, flag),       VIEW_FIELD("set", row, set),
};

static struct view_table make_table(const char *name, const struct row *rows, size_t n)
{
        return (struct view_table){ .name = name,
                                    .fields = fields,
                                    .n_fields = ELEMENTSOF(fields),
                                    .rows = rows,
                                    .n_rows = n,
                                    .row_size = sizeof(*rows) };
}

/* Without the white space between tokens. */
static char *print(const struct view_table *tables, size_t n)
{
        char *text = NULL, *to;
        bool quoted = false;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert(f);
        json_print_tables(f, tables, n);
        assert(fclose(f) == 0);
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

static void expect(const struct view_table *tables, size_t n, const char *expected)
{
        _cleanup_(freep) char *text = print(tables, n);

        assert_streq(text, expected);
}

static void test_unknown(void)
{
        const struct row row = { .tier.value = 5, .latency.value = 7, .flag.value = true };
        const struct view_table t = make_table("t", &row, 1);

        expect(&t, 1,
               "{\"t\":[{\"name\":null,\"number\":0,\"size\":0,\"value\":0,\"yes\":false,"
               "\"tier\":null,\"latency\":null,\"nodes\":[],\"flag\":null,\"set\":null}]}");
}

static void test_known(void)
{
        struct row row = {
                .name = "",
                .number = 1,
                .size = UINT64_MAX,
                .value = 0.5,
                .yes = true,
                .tier = { true, -1 },
                .latency = { true, 1e6 / 3 },
                .flag = { .known = true },
                .set = { .known = true },
        };
        struct view_table t = make_table("t", &row, 1);

        nodeset_add(&row.nodes, 0);
        nodeset_add(&row.nodes, 1023);
        expect(&t, 1,
               "{\"t\":[{\"name\":\"\",\"number\":1,\"size\":18446744073709551615,\"value\":0.5,"
               "\"yes\":true,\"tier\":-1,\"latency\":333333.3333,\"nodes\":[0,1023],\"flag\":false,"
               "\"set\":[]}]}");
        t.single = true;
        t.n_fields = 2;
        expect(&t, 1, "{\"t\":{\"name\":\"\",\"number\":1}}");
}

static void test_lists(void)
{
        const struct row rows[2] = { { .name = "a" }, { .name = "b" } };
        struct view_table t[] = { make_table("none", NULL, 0), make_table("two", rows, 2) };

        t[0].n_fields = t[1].n_fields = 1;
        expect(t, 2, "{\"none\":[],\"two\":[{\"name\":\"a\"},{\"name\":\"b\"}]}");
        expect(t, 0, "{}");
}

static void expect_text(const char *text, const char *expected)
{
        const struct row row = { .name = text };
        struct view_table t = make_table("t", &row, 1);
        _cleanup_(freep) char *found = NULL, *whole = NULL;

        t.n_fields = 1;
        found = print(&t, 1);
        assert(asprintf(&whole, "{\"t\":[{\"name\":\"%s\"}]}", expected) > 0);
        assert_streq(found, whole);
}

/* Files hold any bytes. */
static void test_text(void)
{
        expect_text("}\"{\\[]", "}\\\"{\\\\[]");
        expect_text("\t\n\x1f\x7f", "\\u0009\\u000a\\u001f\\u007f");
        expect_text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
        expect_text("\xff", "\\ufffd");
        expect_text("a\xc3", "a\\ufffd");                                /* cut short */
        expect_text("\xc0\xaf", "\\ufffd\\ufffd");                       /* overlong */
        expect_text("\xe0\x80\x80", "\\ufffd\\ufffd\\ufffd");            /* the same */
        expect_text("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd");            /* a surrogate */
        expect_text("\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"); /* past the last one */
        expect_text("\xf5", "\\ufffd");
}

int main(void)
{
        test_unknown();
        test_known();
        test_lists();
        test_text();
        return 0;
}
