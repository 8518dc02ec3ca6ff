/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <inttypes.h>
#include <locale.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/pager.h"
#include "cli/rows.h"

static void print_json(const struct view *v)
{
        const struct view_table tables[] = {
                view_get_table(v, VIEW_ROWS_TIERS),    view_get_table(v, VIEW_ROWS_NODES),
                view_get_table(v, VIEW_ROWS_DEVICES),  view_get_table(v, VIEW_ROWS_CACHES),
                view_get_table(v, VIEW_ROWS_WARNINGS),
        };

        json_print_tables(stdout, tables, ELEMENTSOF(tables));
}

/* For people: tiers, and below each its nodes. */

enum {
        TEXT_NAME,
        TEXT_NOW,
        TEXT_WANTED,
        TEXT_LATENCY,
        TEXT_BANDWIDTH,
        TEXT_SOURCE,
        TEXT_SIZE,
        TEXT_DEVICE,
        TEXT_COLUMNS,
};

static const struct column text_columns[] = {
        [TEXT_NAME] = { "TIER", COLUMN_TREE },
        [TEXT_NOW] = { "NOW", COLUMN_RIGHT },
        [TEXT_WANTED] = { "WANTED", COLUMN_RIGHT },
        [TEXT_LATENCY] = { "LATENCY", COLUMN_RIGHT },
        [TEXT_BANDWIDTH] = { "BANDWIDTH", COLUMN_RIGHT },
        [TEXT_SOURCE] = { "SOURCE", COLUMN_TEXT },
        [TEXT_SIZE] = { "SIZE", COLUMN_RIGHT },
        [TEXT_DEVICE] = { "DEVICE", COLUMN_TEXT },
};
static_assert(ELEMENTSOF(text_columns) == TEXT_COLUMNS, "a heading for each column");

static void text_value(struct libscols_line *line, size_t column, const struct view_value *v)
{
        bool relative = v->multiple.known;
        double value = relative ? v->multiple.value : v->value.value;
        char buf[UNIT_STRING_MAX];

        if (relative || v->value.known)
                table_set_text(line, column,
                               format_value_of(value, relative, column == TEXT_LATENCY, buf));
}

/* "hmat", "hmat, slit", "hmat (remembered)", "slit (SLIT only)" */
static void text_source(struct libscols_line *line, const struct view_node *n)
{
        const char *first = n->latency.source ?: n->bandwidth.source, *second = NULL;
        const char *mark = "";

        if (!first)
                return;
        if (n->bandwidth.source && !streq(n->bandwidth.source, first))
                second = n->bandwidth.source;
        if (n->latency.kept || n->bandwidth.kept)
                mark = " (kept)";
        else if (n->latency.remembered || n->bandwidth.remembered)
                mark = " (remembered)";
        else if (n->by_slit_alone)
                mark = " (SLIT only)";
        table_set(line, TEXT_SOURCE, "%s%s%s%s", first, second ? ", " : "", second ?: "", mark);
}

static bool is_out_of_place(const struct view_node *n)
{
        return n->wanted_tier.known && n->present_tier.known &&
               n->wanted_tier.value != n->present_tier.value;
}

static void text_node(struct libscols_line *line, const struct view_node *n)
{
        char buf[UNIT_STRING_MAX];

        table_set(line, TEXT_NAME, "node %u%s", n->node, n->has_cpu ? " (CPUs)" : "");
        if (!n->has_memory) {
                table_set_text(line, TEXT_SOURCE, "no memory");
                return;
        }
        if (!n->present_tier.known)
                table_set_text(line, TEXT_NOW, "?");
        table_set_number(line, TEXT_NOW, n->present_tier);
        table_set_number(line, TEXT_WANTED, n->wanted_tier);
        text_value(line, TEXT_LATENCY, &n->latency);
        text_value(line, TEXT_BANDWIDTH, &n->bandwidth);
        text_source(line, n);
        if (n->size_kib.known)
                table_set_text(line, TEXT_SIZE, format_size((uint64_t)n->size_kib.value, buf));
        table_set_text(line, TEXT_DEVICE, n->devices);
        if (is_out_of_place(n)) {
                table_set_colour(line, TEXT_NOW, "yellow");
                table_set_colour(line, TEXT_WANTED, "green");
        }
}

static void text_tier(struct libscols_table *t, const struct view_tier *tier, const struct view *v)
{
        struct libscols_line *line = table_add(t, NULL);

        table_set_text(line, TEXT_NAME, tier->name);
        table_set_number(line, TEXT_WANTED, tier->wanted_tier);
        nodeset_foreach (node, &tier->nodes)
                text_node(table_add(t, line), view_get_node(v, node));
}

static void text_rest(struct libscols_table *t, const struct view *v)
{
        struct libscols_line *line = NULL;

        for (size_t i = 0; i < v->n_nodes; i++) {
                if (v->nodes[i].tier)
                        continue;
                if (!line) {
                        line = table_add(t, NULL);
                        table_set_text(line, TEXT_NAME, "left to Linux");
                }
                text_node(table_add(t, line), &v->nodes[i]);
        }
}

/* Without the tiers that have no nodes: they describe the policy, not the machine. */
static struct libscols_table *text_table(const struct view *v)
{
        struct libscols_table *t = table_new(text_columns, ELEMENTSOF(text_columns));

        for (size_t i = 0; i < v->n_tiers; i++)
                if (nodeset_count(&v->tiers[i].nodes) > 0)
                        text_tier(t, &v->tiers[i], v);
        text_rest(t, v);
        return t;
}

struct summary {
        unsigned memory, placed; /* nodes */
        unsigned tiers;          /* that have nodes */
};

static struct summary summarize(const struct view *v)
{
        struct summary s = { 0 };

        for (size_t i = 0; i < v->n_nodes; i++)
                s.memory += v->nodes[i].has_memory;
        for (size_t i = 0; i < v->n_tiers; i++) {
                unsigned n = nodeset_count(&v->tiers[i].nodes);

                s.placed += n;
                s.tiers += n > 0;
        }
        return s;
}

/* Whether all is well, and if not, why that cannot be said. */
static void print_state(const struct view *v, bool clear, const struct summary *s)
{
        if (!v->has_tiers)
                print_lack_of_tiers(v);
        else if (v->withheld)
                print_withheld(stdout, v);
        else if (s->memory == 1 && clear)
                puts("One node with memory, one tier: there is nothing to do.");
        else if (clear)
                printf("%u node%s in %u tier%s, as the policy wants: there is nothing to do.\n",
                       s->placed, plural(s->placed), s->tiers, plural(s->tiers));
}

static void print_summary(const struct pass *l)
{
        const struct plan *p = l->result->plan;
        const struct summary s = summarize(l->view);
        const char *it = p->n_writes == 1 ? "it" : "them";

        puts("");
        print_state(l->view, pass_is_clear(l), &s);
        if (s.placed > 0 && s.placed < s.memory)
                printf("%u node%s left where Linux put %s; \"numatier explain\" says why.\n",
                       s.memory - s.placed, s.memory - s.placed == 1 ? " is" : "s are",
                       s.memory - s.placed == 1 ? "it" : "them");
        if (p->n_writes > 0)
                printf("%zu setting%s to write; \"numatier plan\" shows %s, and numatierd or "
                       "\"numatier apply\" writes %s.\n",
                       p->n_writes, plural(p->n_writes), it, it);
        print_unmet(l);
        print_hazards(stdout, l->view);
        print_held(l->result);
        if (p->interface != INTERFACE_NONE)
                printf("Nodes are moved through %s.\n", interface_name(p->interface));
}

static int print_text(const struct arguments *a, const struct pass *l)
{
        _cleanup_(table_freep) struct libscols_table *t = NULL;
        int result;

        (void)setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        t = text_table(l->view);
        result = table_print(t, a->legend);
        if (result >= 0 && a->legend)
                print_summary(l);
        pager_close();
        return result;
}

int verb_status(const struct arguments *a)
{
        struct pass l;
        int r;

        r = pass_run(a, RECONCILE_PLAN, &l);
        if (r == 0) {
                if (a->json)
                        print_json(l.view);
                else
                        r = print_text(a, &l);
                if (r < 0)
                        (void)cli_print_error(r);
        }
        pass_done(&l);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
