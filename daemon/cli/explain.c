/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/pager.h"
#include "cli/rows.h"
#include "view/explanation.h"

static void print_json(const struct view *v, const struct explanation *e, unsigned node)
{
        struct view_table tables[] = {
                view_get_table_of_node(v, VIEW_ROWS_NODES, node),
                explanation_get_values(e),
                explanation_get_rules(e),
                view_get_table_of_node(v, VIEW_ROWS_DEVICES, node),
                view_get_table_of_node(v, VIEW_ROWS_CACHES, node),
                view_get_table(v, VIEW_ROWS_WARNINGS),
        };

        tables[0].name = "explain";
        tables[0].single = true;
        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

/* For people. */

enum {
        DEVICE_MEMORY,
        DEVICE_SERIAL,
        DEVICE_PCI,
        DEVICE_QOS,
        DEVICE_REMARK,
        DEVICE_COLUMNS,
};

static const struct column device_columns[] = {
        [DEVICE_MEMORY] = { "DEVICE", COLUMN_TREE }, [DEVICE_SERIAL] = { "SERIAL", COLUMN_TEXT },
        [DEVICE_PCI] = { "PCI", COLUMN_TEXT },       [DEVICE_QOS] = { "QOS CLASS", COLUMN_TEXT },
        [DEVICE_REMARK] = { "", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(device_columns) == DEVICE_COLUMNS, "a heading for each column");

/* "16 GiB at 0x100000000, interleaved" */
static void text_extent(struct libscols_line *line, const struct view_device *d)
{
        char size[UNIT_STRING_MAX], address[32] = "";

        if (!d->size_kib.known)
                return;
        if (d->address.known)
                snprintf(address, sizeof(address), " at 0x%" PRIx64, (uint64_t)d->address.value);
        table_set(line, DEVICE_REMARK, "%s%s%s", format_size((uint64_t)d->size_kib.value, size),
                  address,
                  d->interleave_ways.known && d->interleave_ways.value > 1 ? ", interleaved" : "");
}

/* A part of the node's memory: "cxl dax0.0 region0". */
static struct libscols_line *text_part(struct libscols_table *t, const struct view_device *d)
{
        struct libscols_line *line = table_add(t, NULL);

        table_set(line, DEVICE_MEMORY, "%s%s%s%s%s", d->kind, d->dax ? " " : "", d->dax ?: "",
                  d->region ? " " : "", d->region ?: "");
        text_extent(line, d);
        return line;
}

static void text_device(struct libscols_line *line, const struct view_device *d)
{
        table_set(line, DEVICE_MEMORY, "%s", d->memdev ?: d->pci_address);
        if (d->cxl_serial)
                table_set(line, DEVICE_SERIAL, "%s", d->cxl_serial);
        table_set(line, DEVICE_PCI, "%s%s%s", d->pci_address ?: "", d->pci_id ? " " : "",
                  d->pci_id ?: "");
        table_set_number(line, DEVICE_QOS, d->qos_class);
        if (d->locked)
                table_set(line, DEVICE_REMARK, "locked by firmware");
}

/* Empty for DRAM. */
static struct libscols_table *text_devices(const struct view *v, unsigned node)
{
        const struct view_table rows = view_get_table_of_node(v, VIEW_ROWS_DEVICES, node);
        const struct view_device *devices = rows.rows;
        struct libscols_table *t = table_new(device_columns, ELEMENTSOF(device_columns));
        struct libscols_line *part = NULL;

        for (size_t i = 0; i < rows.n_rows; i++) {
                if (i == 0 || devices[i].part != devices[i - 1].part)
                        part = text_part(t, &devices[i]);
                if (devices[i].memdev || devices[i].pci_address)
                        text_device(table_add(t, part), &devices[i]);
        }
        return t;
}

static struct libscols_table *text_caches(const struct view *v, unsigned node)
{
        static const struct column columns[] = {
                { "SIDE CACHE", COLUMN_TEXT }, { "SIZE", COLUMN_RIGHT },  { "LINE", COLUMN_RIGHT },
                { "INDEXING", COLUMN_TEXT },   { "WRITES", COLUMN_TEXT },
        };
        const struct view_table rows = view_get_table_of_node(v, VIEW_ROWS_CACHES, node);
        const struct view_cache *caches = rows.rows;
        struct libscols_table *t = table_new(columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < rows.n_rows; i++) {
                struct libscols_line *line = table_add(t, NULL);
                char size[UNIT_STRING_MAX];

                table_set(line, 0, "level %u", caches[i].level);
                table_set(line, 1, "%s", format_size(caches[i].size_kib, size));
                table_set(line, 2, "%u B", caches[i].line_size);
                table_set(line, 3, "%s", caches[i].indexing);
                table_set(line, 4, "%s", caches[i].write_policy);
        }
        return t;
}

enum {
        VALUE_SOURCE,
        VALUE_FIRST, /* as enum perf_value */
        VALUE_MARK = VALUE_FIRST + PERF_VALUES,
        VALUE_COLUMNS,
};

static const struct column value_columns[] = {
        { "SOURCE", COLUMN_TEXT },           { "READ LATENCY", COLUMN_RIGHT },
        { "WRITE LATENCY", COLUMN_RIGHT },   { "READ BANDWIDTH", COLUMN_RIGHT },
        { "WRITE BANDWIDTH", COLUMN_RIGHT }, { "", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(value_columns) == VALUE_COLUMNS, "a heading for each column");

static const char *mark_of(const struct view_candidate *c)
{
        return c->kept         ? "kept"
               : c->remembered ? "remembered"
               : c->distrusted ? "distrusted"
                               : NULL;
}

/* A line for each source; what is not used stands in brackets. */
static struct libscols_table *text_values(const struct explanation *e)
{
        struct libscols_table *t = table_new(value_columns, ELEMENTSOF(value_columns));
        struct libscols_line *line = NULL;

        for (size_t i = 0; i < e->n_values; i++) {
                const struct view_candidate *c = &e->values[i];
                char buf[UNIT_STRING_MAX];

                if (i == 0 || !streq(c->source, e->values[i - 1].source)) {
                        line = table_add(t, NULL);
                        table_set(line, VALUE_SOURCE, "  %s", c->source);
                        for (size_t v = 0; v < PERF_VALUES; v++)
                                table_set(line, VALUE_FIRST + v, "(?)");
                }
                table_set(line, VALUE_FIRST + c->index, c->used ? "%s" : "(%s)",
                          format_value_of(c->value, c->relative, perf_value_is_latency(c->index),
                                          buf));
                if (mark_of(c))
                        table_set(line, VALUE_MARK, "%s", mark_of(c));
        }
        return t;
}

enum {
        RULE_TIER,
        RULE_VALUE,
        RULE_LIMIT,
        RULE_VERDICT,
        RULE_COLUMNS,
};

static const struct column rule_columns[] = {
        [RULE_TIER] = { "TIER", COLUMN_TREE },
        [RULE_VALUE] = { "VALUE", COLUMN_RIGHT },
        [RULE_LIMIT] = { "LIMIT", COLUMN_RIGHT },
        [RULE_VERDICT] = { "VERDICT", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(rule_columns) == RULE_COLUMNS, "a heading for each column");

static const char *colour_of(const struct view_condition *c)
{
        return streq(c->verdict, "met") ? "green" : streq(c->verdict, "unknown") ? "dim" : "red";
}

static void text_condition(struct libscols_line *line, const struct view_condition *c)
{
        char buf[UNIT_STRING_MAX];

        table_set(line, RULE_TIER, "%s = %s", c->condition,
                  format_value_of(c->asked, c->asked_relative, c->is_latency, buf));
        table_set(line, RULE_VERDICT, "%s%s", c->verdict, c->hysteresis ? ", with hysteresis" : "");
        table_set_colour(line, RULE_VERDICT, colour_of(c));
        if (!c->value.known)
                return;
        table_set(line, RULE_VALUE, "%s",
                  format_value_of(c->value.value, c->relative, c->is_latency, buf));
        table_set(line, RULE_LIMIT, "%s",
                  format_value_of(c->limit.value, c->relative, c->is_latency, buf));
}

static struct libscols_table *text_rules(const struct explanation *e)
{
        struct libscols_table *t = table_new(rule_columns, ELEMENTSOF(rule_columns));
        size_t c = 0;

        for (size_t i = 0; i < e->n_trials; i++) {
                struct libscols_line *line = table_add(t, NULL);

                table_set(line, RULE_TIER, "%s", e->trials[i].tier);
                table_set(line, RULE_VERDICT, "%s", e->trials[i].verdict);
                for (; c < e->n_conditions && e->conditions[c].trial == i; c++)
                        text_condition(table_add(t, line), &e->conditions[c]);
        }
        return t;
}

static void print_place(const struct view_node *n)
{
        if (!n->present_tier.known)
                puts("Its present tier is unknown.");
        else if (!n->wanted_tier.known || n->wanted_tier.value == n->present_tier.value)
                printf("It is in memory_tier%" PRId64 ".\n", n->present_tier.value);
        else
                printf("It is in memory_tier%" PRId64 " and belongs in memory_tier%" PRId64 ".\n",
                       n->present_tier.value, n->wanted_tier.value);
        if (n->original_tier.known &&
            (!n->present_tier.known || n->original_tier.value != n->present_tier.value))
                printf("Linux alone had put it in memory_tier%" PRId64 ".\n",
                       n->original_tier.value);
}

static void print_rule(const struct node_rule *r)
{
        if (!r)
                return;
        if (r->file)
                printf("[node %s] applies to it (%s:%u).\n", r->name, r->file, r->line);
        else
                puts("The built-in rule \"kind = gpu, ignore = yes\" applies, as no [node] section "
                     "matches it.");
}

static int print_tables(const struct view *v, const struct explanation *e, unsigned node,
                        bool legend)
{
        _cleanup_(table_freep) struct libscols_table *devices = text_devices(v, node);
        _cleanup_(table_freep) struct libscols_table *caches = text_caches(v, node);
        _cleanup_(table_freep) struct libscols_table *values = text_values(e);
        _cleanup_(table_freep) struct libscols_table *rules = text_rules(e);
        struct libscols_table *const tables[] = { devices, caches, values, rules };

        for (size_t i = 0; i < ELEMENTSOF(tables); i++) {
                int r;

                if (!tables[i])
                        return -ENOMEM;
                if (scols_table_is_empty(tables[i]))
                        continue;
                puts("");
                r = table_print(tables[i], legend);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool has_brackets(const struct explanation *e)
{
        size_t sources = 0;

        for (size_t i = 0; i < e->n_values; i++) {
                if (!e->values[i].used)
                        return true;
                sources += i == 0 || !streq(e->values[i].source, e->values[i - 1].source);
        }
        return e->n_values < sources * PERF_VALUES;
}

static bool has_undecided(const struct explanation *e)
{
        for (size_t i = 0; i < e->n_trials; i++)
                if (streq(e->trials[i].verdict, "undecided"))
                        return true;
        return false;
}

/* Explains what may not be clear, where it is there. */
static void print_marks(const struct explanation *e)
{
        if (has_brackets(e) || has_undecided(e))
                puts("");
        if (has_brackets(e))
                puts("In brackets: known, but not used; \"(?)\": not known.");
        if (has_undecided(e))
                puts("\"undecided\": none of its conditions could be checked, so the next tier "
                     "was tried.");
}

static int print_text(const struct view *v, const struct explanation *e, const struct view_node *n,
                      const struct node_rule *rule, bool legend)
{
        int r;

        printf("Node %u%s%s: %s\n", n->node, n->tier ? " belongs in tier " : "", n->tier ?: "",
               n->reason);
        if (n->has_memory) {
                printf("Its memory: %s.\n", n->kind);
                print_place(n);
        }
        if (n->is_baseline)
                puts("It is the baseline: what \"x\" means in the policy.");
        print_rule(rule);
        r = print_tables(v, e, n->node, legend);
        if (r >= 0 && legend)
                print_marks(e);
        return r;
}

static int explain_to_people(const struct arguments *a, const struct view *v,
                             const struct explanation *e, const struct view_node *n,
                             const struct node_rule *rule)
{
        int r;

        (void)setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        r = print_text(v, e, n, rule, a->legend);
        pager_close();
        return r;
}

static int explain(const struct arguments *a, const struct pass *l, unsigned id)
{
        _cleanup_(explanation_freep) struct explanation *e = NULL;
        const struct assignment *assignment = l->result->assignment;
        const struct node_assignment *n = assignment_get_node(assignment, id);
        int r;

        if (!n) {
                fprintf(stderr, "numatier: node %u is not online\n", id);
                return -ENODEV;
        }
        r = explanation_new(assignment, n, &e);
        if (r == 0 && a->json)
                print_json(l->view, e, id);
        else if (r == 0)
                r = explain_to_people(a, l->view, e, view_get_node(l->view, id), n->rule);
        if (r < 0)
                (void)cli_print_error(r);
        return r;
}

int verb_explain(const struct arguments *a)
{
        struct pass l;
        unsigned id;
        int r;

        if (!a->operands[0] || a->operands[1] || input_parse_node(a->operands[0], &id) < 0) {
                fprintf(stderr, "numatier: expected one node, such as \"numatier explain 1\"\n");
                return EXIT_USAGE;
        }
        r = pass_run_in_detail(a, NULL, &l);
        if (r == 0)
                r = explain(a, &l, id);
        pass_done(&l);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
