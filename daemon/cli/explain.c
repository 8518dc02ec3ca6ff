/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/devices.h"
#include "cli/output.h"
#include "cli/pager.h"

static bool has_candidate(const struct figures *f, enum source s)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (figure_is_known(&f->candidates[s][v]))
                        return true;
        return false;
}

static bool is_used(const struct figures *f, enum source s, unsigned v)
{
        return figure_is_known(&f->values[v]) && f->values[v].source == s;
}

static const char *verdict_name(enum verdict v)
{
        static const char *const names[] = {
                [VERDICT_UNSET] = "unset",       [VERDICT_UNKNOWN] = "unknown",
                [VERDICT_UNPROVEN] = "unproven", [VERDICT_MET] = "met",
                [VERDICT_FAILED] = "failed",
        };

        return names[v];
}

/* JSON. */

enum {
        NODE_NUMBER,
        NODE_TIER,
        NODE_MEMORY_TIER,
        NODE_KERNEL_TIER,
        NODE_ADISTANCE,
        NODE_KIND,
        NODE_REASON
};

static const struct column node_columns[] = {
        [NODE_NUMBER] = { "node", COLUMN_NUMBER },
        [NODE_TIER] = { "tier", COLUMN_TEXT },
        [NODE_MEMORY_TIER] = { "wanted_tier", COLUMN_NUMBER },
        [NODE_KERNEL_TIER] = { "present_tier", COLUMN_NUMBER },
        [NODE_ADISTANCE] = { "adistance", COLUMN_NUMBER },
        [NODE_KIND] = { "kind", COLUMN_TEXT },
        [NODE_REASON] = { "reason", COLUMN_TEXT },
};

enum {
        VALUE_SOURCE,
        VALUE_NAME,
        VALUE_VALUE,
        VALUE_RELATIVE,
        VALUE_USED,
        VALUE_REMEMBERED,
        VALUE_DISTRUSTED,
};

static const struct column value_columns[] = {
        [VALUE_SOURCE] = { "source", COLUMN_TEXT },
        [VALUE_NAME] = { "value", COLUMN_TEXT },
        [VALUE_VALUE] = { "figure", COLUMN_NUMBER },
        [VALUE_RELATIVE] = { "relative", COLUMN_BOOLEAN },
        [VALUE_USED] = { "used", COLUMN_BOOLEAN },
        [VALUE_REMEMBERED] = { "remembered", COLUMN_BOOLEAN },
        [VALUE_DISTRUSTED] = { "distrusted", COLUMN_BOOLEAN },
};

enum {
        RULE_TIER,
        RULE_CONDITION,
        RULE_VERDICT,
        RULE_FIGURE,
        RULE_LIMIT,
        RULE_RELATIVE,
        RULE_HELD
};

static const struct column rule_columns[] = {
        [RULE_TIER] = { "tier", COLUMN_TEXT },
        [RULE_CONDITION] = { "condition", COLUMN_TEXT },
        [RULE_VERDICT] = { "verdict", COLUMN_TEXT },
        [RULE_FIGURE] = { "figure", COLUMN_NUMBER },
        [RULE_LIMIT] = { "limit", COLUMN_NUMBER },
        [RULE_RELATIVE] = { "relative", COLUMN_BOOLEAN },
        [RULE_HELD] = { "hysteresis", COLUMN_BOOLEAN },
};

static struct libscols_table *json_node(const struct assignment *a, const struct node_assignment *n)
{
        struct libscols_table *t = table_new("explain", node_columns, ELEMENTSOF(node_columns));
        struct libscols_line *line = table_add(t, NULL);
        const char *tier = assignment_tier_name(a, n);

        table_set(line, NODE_NUMBER, "%u", n->node->id);
        if (tier)
                table_set(line, NODE_TIER, "%s", tier);
        if (n->wanted_tier != TIER_UNKNOWN)
                table_set(line, NODE_MEMORY_TIER, "%" PRIu32, n->wanted_tier);
        if (n->node->present_tier != TIER_UNKNOWN)
                table_set(line, NODE_KERNEL_TIER, "%" PRIu32, n->node->present_tier);
        if (n->has_adistance)
                table_set(line, NODE_ADISTANCE, "%d", n->adistance);
        if (n->node->has_memory)
                table_set(line, NODE_KIND, "%s", node_kind_name(n->node->kind));
        table_set(line, NODE_REASON, "%s", n->reason);
        return t;
}

static void json_value(struct libscols_table *t, const struct figures *f, enum source s, unsigned v)
{
        const struct figure *c = &f->candidates[s][v];
        struct libscols_line *line;

        if (!figure_is_known(c))
                return;
        line = table_add(t, NULL);
        table_set(line, VALUE_SOURCE, "%s", source_name(s));
        table_set(line, VALUE_NAME, "%s", perf_value_name(v));
        table_set(line, VALUE_VALUE, "%.10g", c->value);
        table_set(line, VALUE_RELATIVE, "%d", c->relative);
        table_set(line, VALUE_USED, "%d", is_used(f, s, v));
        table_set(line, VALUE_REMEMBERED, "%d", c->remembered);
        table_set(line, VALUE_DISTRUSTED, "%d", c->distrusted);
}

static struct libscols_table *json_values(const struct node_assignment *n)
{
        struct libscols_table *t = table_new("values", value_columns, ELEMENTSOF(value_columns));

        for (unsigned s = 0; s < SOURCES; s++)
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        json_value(t, &n->figures, s, v);
        return t;
}

static void json_condition(struct libscols_line *line, const char *tier, enum condition_kind k,
                           const struct trial_condition *c)
{
        table_set(line, RULE_TIER, "%s", tier);
        table_set(line, RULE_CONDITION, "%s", condition_name(k));
        table_set(line, RULE_VERDICT, "%s", verdict_name(c->verdict));
        if (c->verdict == VERDICT_MET || c->verdict == VERDICT_FAILED) {
                table_set(line, RULE_FIGURE, "%.10g", c->figure.value);
                table_set(line, RULE_LIMIT, "%.10g", c->limit);
        }
        table_set(line, RULE_RELATIVE, "%d", c->figure.relative);
        table_set(line, RULE_HELD, "%d", c->hysteresis);
}

static struct libscols_table *json_rules(const struct assignment *a,
                                         const struct node_assignment *n)
{
        struct libscols_table *t = table_new("rules", rule_columns, ELEMENTSOF(rule_columns));

        for (size_t i = 0; i < n->n_trials; i++) {
                const struct trial *trial = &n->trials[i];
                const char *tier = a->policy->tiers[trial->tier].name;

                for (unsigned k = 0; k < CONDITION_KINDS; k++)
                        if (trial->conditions[k].verdict != VERDICT_UNSET)
                                json_condition(table_add(t, NULL), tier, k, &trial->conditions[k]);
        }
        return t;
}

static int print_json(const struct assignment *a, const struct node_assignment *n)
{
        _cleanup_(table_freep) struct libscols_table *node = json_node(a, n);
        _cleanup_(table_freep) struct libscols_table *values = json_values(n);
        _cleanup_(table_freep) struct libscols_table *rules = json_rules(a, n);
        _cleanup_(table_freep) struct libscols_table *devices = json_devices(a, n->node);

        return json_print((struct libscols_table *[]){ node, values, rules, devices }, 4);
}

/* For people. */

static const char *format_figure(const struct figure *f, bool latency,
                                 char buf[static UNIT_STRING_MAX])
{
        if (f->relative)
                return format_multiple(f->value, buf);
        return latency ? format_latency(f->value, buf) : format_bandwidth(f->value, buf);
}

/* A figure in brackets is known, and another source's is preferred. */
static struct libscols_table *text_values(const struct figures *f)
{
        static const struct column columns[] = {
                { "SOURCE", COLUMN_TEXT },           { "READ LATENCY", COLUMN_RIGHT },
                { "WRITE LATENCY", COLUMN_RIGHT },   { "READ BANDWIDTH", COLUMN_RIGHT },
                { "WRITE BANDWIDTH", COLUMN_RIGHT }, { "", COLUMN_TEXT },
        };
        struct libscols_table *t = table_new(NULL, columns, ELEMENTSOF(columns));

        for (unsigned s = 0; s < SOURCES; s++) {
                struct libscols_line *line;
                bool remembered = false, distrusted = false;

                if (!has_candidate(f, s))
                        continue;
                line = table_add(t, NULL);
                table_set(line, 0, "  %s", source_name(s));
                for (unsigned v = 0; v < PERF_VALUES; v++) {
                        const struct figure *c = &f->candidates[s][v];
                        char buf[UNIT_STRING_MAX];

                        remembered = remembered || (figure_is_known(c) && c->remembered);
                        distrusted = distrusted || c->distrusted;
                        table_set(line, 1 + v, is_used(f, s, v) ? "%s" : "(%s)",
                                  figure_is_known(c)
                                          ? format_figure(c, perf_value_is_latency(v), buf)
                                          : "?");
                }
                table_set(line, 1 + PERF_VALUES, "%s",
                          remembered   ? "remembered"
                          : distrusted ? "distrusted"
                                       : "");
        }
        return t;
}

static void text_condition(struct libscols_line *line, enum condition_kind k,
                           const struct condition *asked, const struct trial_condition *c)
{
        static const char *const colours[] = {
                [VERDICT_UNKNOWN] = "dim",
                [VERDICT_UNPROVEN] = "red",
                [VERDICT_MET] = "green",
                [VERDICT_FAILED] = "red",
        };
        bool latency = k == MAX_LATENCY || k == MAX_READ_LATENCY || k == MAX_WRITE_LATENCY;
        const struct figure limit = { .value = c->limit, .relative = c->figure.relative };
        const struct figure rule = { .value = asked->value, .relative = asked->relative };
        char buf[UNIT_STRING_MAX];

        table_set(line, 0, "%s = %s", condition_name(k), format_figure(&rule, latency, buf));
        table_set(line, 3, "%s%s", verdict_name(c->verdict),
                  c->hysteresis ? ", with hysteresis" : "");
        table_set_colour(line, 3, colours[c->verdict]);
        if (c->verdict == VERDICT_UNKNOWN || c->verdict == VERDICT_UNPROVEN)
                return;
        table_set(line, 1, "%s", format_figure(&c->figure, latency, buf));
        table_set(line, 2, "%s", format_figure(&limit, latency, buf));
}

static struct libscols_table *text_rules(const struct assignment *a,
                                         const struct node_assignment *n)
{
        static const struct column columns[] = {
                { "TIER", COLUMN_TREE },
                { "FIGURE", COLUMN_RIGHT },
                { "LIMIT", COLUMN_RIGHT },
                { "VERDICT", COLUMN_TEXT },
        };
        struct libscols_table *t = table_new(NULL, columns, ELEMENTSOF(columns));

        for (size_t i = 0; i < n->n_trials; i++) {
                const struct trial *trial = &n->trials[i];
                const struct tier_policy *tier = &a->policy->tiers[trial->tier];
                struct libscols_line *line = table_add(t, NULL);

                table_set(line, 0, "%s", tier->name);
                table_set(line, 3, "%s",
                          trial->matched   ? "takes it"
                          : trial->decided ? "no"
                                           : "undecided");
                for (unsigned k = 0; k < CONDITION_KINDS; k++)
                        if (trial->conditions[k].verdict != VERDICT_UNSET)
                                text_condition(table_add(t, line), k, &tier->conditions[k],
                                               &trial->conditions[k]);
        }
        return t;
}

static void print_present(const struct node_assignment *n)
{
        if (!n->node->has_memory)
                return;
        if (n->node->present_tier == TIER_UNKNOWN)
                puts("It is in a tier that is not known now.");
        else if (n->wanted_tier == TIER_UNKNOWN || n->wanted_tier == n->node->present_tier)
                printf("It is in memory_tier%" PRIu32 ".\n", n->node->present_tier);
        else
                printf("It is in memory_tier%" PRIu32 " and belongs in memory_tier%" PRIu32 ".\n",
                       n->node->present_tier, n->wanted_tier);
        if (n->original_tier != TIER_UNKNOWN && n->original_tier != n->node->present_tier)
                printf("Linux alone had put it in memory_tier%" PRIu32 ".\n", n->original_tier);
}

static int print_tables(const struct assignment *a, const struct node_assignment *n, bool legend)
{
        _cleanup_(table_freep) struct libscols_table *values = text_values(&n->figures);
        _cleanup_(table_freep) struct libscols_table *rules = text_rules(a, n);
        _cleanup_(table_freep) struct libscols_table *devices = text_devices(n->node);
        struct libscols_table *const tables[] = { devices, values, rules };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(tables); i++) {
                if (!tables[i])
                        return -ENOMEM;
                if (scols_table_is_empty(tables[i]))
                        continue;
                puts("");
                r = table_print(tables[i], legend);
        }
        return r;
}

static int print_text(const struct assignment *a, const struct node_assignment *n, bool legend)
{
        const char *tier = assignment_tier_name(a, n);

        printf("Node %u%s%s: %s\n", n->node->id, tier ? " belongs in tier " : "", tier ?: "",
               n->reason);
        if (n->node->has_memory)
                printf("Its memory: %s.\n", node_kind_name(n->node->kind));
        print_present(n);
        if (n->node == a->baseline)
                puts("It is the baseline: what \"x\" means in the policy.");
        if (n->rule && !n->rule->file)
                puts("The built-in rule \"kind = gpu, ignore = yes\" applies, as no [node] section "
                     "matches it.");
        else if (n->rule)
                printf("[node %s] speaks of it (%s:%u).\n", n->rule->name, n->rule->file,
                       n->rule->line);
        return print_tables(a, n, legend);
}

static int explain(const struct arguments *a, const struct pass *l, unsigned id)
{
        const struct node_assignment *n = assignment_get_node(l->result->assignment, id);
        int r;

        if (!n) {
                fprintf(stderr, "numatier: node %u is not online\n", id);
                return -ENODEV;
        }
        if (a->json)
                r = print_json(l->result->assignment, n);
        else {
                setlocale(LC_CTYPE, "");
                if (a->pager)
                        pager_open();
                r = print_text(l->result->assignment, n, a->legend);
                pager_close();
        }
        if (r < 0)
                cli_error(r, "cannot print");
        return r;
}

int verb_explain(const struct arguments *a)
{
        struct pass l;
        unsigned id;
        int r;

        if (!a->operands[0] || a->operands[1] ||
            parse_unsigned(startswith(a->operands[0], "node") ?: a->operands[0], NODE_MAX - 1,
                           &id) < 0) {
                fprintf(stderr, "numatier: expected one node, such as \"numatier explain 1\"\n");
                return EXIT_USAGE;
        }
        r = pass_run(a, RECONCILE_PLAN, &l);
        if (r == 0)
                r = explain(a, &l, id);
        pass_done(&l);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
