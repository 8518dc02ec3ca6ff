/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#include "base/units.h"
#include "cli/cli.h"
#include "cli/devices.h"
#include "cli/output.h"
#include "cli/pager.h"

/* JSON. */

enum {
        TIER_NAME,
        TIER_NUMBER,
        TIER_NODES
};

static const struct column json_tier_columns[] = {
        [TIER_NAME] = { "name", COLUMN_TEXT },
        [TIER_NUMBER] = { "wanted_tier", COLUMN_NUMBER },
        [TIER_NODES] = { "nodes", COLUMN_NUMBERS },
};

enum {
        NODE_NUMBER,
        NODE_TIER,
        NODE_MEMORY_TIER,
        NODE_KERNEL_TIER,
        NODE_ORIGINAL_TIER,
        NODE_LATENCY,
        NODE_BANDWIDTH,
        NODE_SOURCE,
        NODE_SIZE,
        NODE_HAS_CPU,
        NODE_KIND,
        NODE_REASON,
};

static const struct column json_node_columns[] = {
        [NODE_NUMBER] = { "node", COLUMN_NUMBER },
        [NODE_TIER] = { "tier", COLUMN_TEXT },
        [NODE_MEMORY_TIER] = { "wanted_tier", COLUMN_NUMBER },
        [NODE_KERNEL_TIER] = { "present_tier", COLUMN_NUMBER },
        [NODE_ORIGINAL_TIER] = { "original_tier", COLUMN_NUMBER },
        [NODE_LATENCY] = { "latency_ns", COLUMN_NUMBER },
        [NODE_BANDWIDTH] = { "bandwidth_mib", COLUMN_NUMBER },
        [NODE_SOURCE] = { "source", COLUMN_TEXT },
        [NODE_SIZE] = { "size_kib", COLUMN_NUMBER },
        [NODE_HAS_CPU] = { "has_cpu", COLUMN_BOOLEAN },
        [NODE_KIND] = { "kind", COLUMN_TEXT },
        [NODE_REASON] = { "reason", COLUMN_TEXT },
};

static void set_tier(struct libscols_line *line, size_t column, uint32_t tier)
{
        if (tier != TIER_UNKNOWN)
                table_set(line, column, "%" PRIu32, tier);
}

static struct libscols_table *json_tiers(const struct assignment *a)
{
        struct libscols_table *t =
                table_new("tiers", json_tier_columns, ELEMENTSOF(json_tier_columns));
        unsigned nodes[NODE_MAX];

        for (size_t i = 0; t && i < a->n_tiers; i++) {
                struct libscols_line *line = table_add(t, NULL);
                size_t n = 0;

                nodeset_foreach (id, &a->tiers[i].nodes)
                        nodes[n++] = id;
                table_set(line, TIER_NAME, "%s", a->tiers[i].name);
                set_tier(line, TIER_NUMBER, a->tiers[i].wanted_tier);
                table_set_numbers(line, TIER_NODES, nodes, n);
        }
        return t;
}

static void set_figure(struct libscols_line *line, size_t column, const struct figure *f)
{
        if (figure_is_known(f) && !f->relative)
                table_set(line, column, "%.10g", f->value);
}

/* One word for both: the latency's source, else the bandwidth's. */
static enum source main_source(const struct figures *f)
{
        return f->latency.source != SOURCE_NONE ? f->latency.source : f->bandwidth.source;
}

static void json_node(struct libscols_line *line, const struct assignment *a,
                      const struct node_assignment *n)
{
        const char *name = assignment_tier_name(a, n);

        table_set(line, NODE_NUMBER, "%u", n->node->id);
        if (name)
                table_set(line, NODE_TIER, "%s", name);
        set_tier(line, NODE_MEMORY_TIER, n->wanted_tier);
        set_tier(line, NODE_KERNEL_TIER, n->node->present_tier);
        set_tier(line, NODE_ORIGINAL_TIER, n->original_tier);
        set_figure(line, NODE_LATENCY, &n->figures.latency);
        set_figure(line, NODE_BANDWIDTH, &n->figures.bandwidth);
        if (main_source(&n->figures) != SOURCE_NONE)
                table_set(line, NODE_SOURCE, "%s", source_name(main_source(&n->figures)));
        table_set(line, NODE_SIZE, "%" PRIu64, n->node->size_kib);
        table_set(line, NODE_HAS_CPU, "%d", n->node->has_cpu);
        if (n->node->has_memory)
                table_set(line, NODE_KIND, "%s", node_kind_name(n->node->kind));
        table_set(line, NODE_REASON, "%s", n->reason);
}

static int print_json(const struct assignment *a)
{
        _cleanup_(table_freep) struct libscols_table *tiers = json_tiers(a);
        _cleanup_(table_freep) struct libscols_table *nodes =
                table_new("nodes", json_node_columns, ELEMENTSOF(json_node_columns));
        _cleanup_(table_freep) struct libscols_table *devices = json_devices(a, NULL);

        for (size_t i = 0; nodes && i < a->n_nodes; i++)
                json_node(table_add(nodes, NULL), a, &a->nodes[i]);
        return json_print((struct libscols_table *[]){ tiers, nodes, devices }, 3);
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

static void text_figures(struct libscols_line *line, const struct figures *f)
{
        char buf[UNIT_STRING_MAX];
        const struct figure *l = &f->latency, *b = &f->bandwidth;

        if (figure_is_known(l))
                table_set(line, TEXT_LATENCY, "%s",
                          l->relative ? format_multiple(l->value, buf)
                                      : format_latency(l->value, buf));
        if (figure_is_known(b))
                table_set(line, TEXT_BANDWIDTH, "%s", format_bandwidth(b->value, buf));
        if (main_source(f) == SOURCE_NONE)
                return;
        table_set(line, TEXT_SOURCE, "%s%s%s%s", source_name(main_source(f)),
                  b->source != main_source(f) && b->source != SOURCE_NONE ? ", " : "",
                  b->source != main_source(f) && b->source != SOURCE_NONE ? source_name(b->source)
                                                                          : "",
                  l->remembered || b->remembered ? " (remembered)" : "");
}

static bool is_out_of_place(const struct node_assignment *n)
{
        return n->wanted_tier != TIER_UNKNOWN && n->node->present_tier != TIER_UNKNOWN &&
               n->wanted_tier != n->node->present_tier;
}

static void text_node(struct libscols_line *line, const struct node_assignment *n)
{
        char buf[UNIT_STRING_MAX], devices[DEVICES_STRING_MAX];

        table_set(line, TEXT_NAME, "node %u%s", n->node->id, n->node->has_cpu ? " (CPUs)" : "");
        if (!n->node->has_memory) {
                table_set(line, TEXT_SOURCE, "no memory");
                return;
        }
        if (n->node->present_tier == TIER_UNKNOWN)
                table_set(line, TEXT_NOW, "?");
        else
                set_tier(line, TEXT_NOW, n->node->present_tier);
        set_tier(line, TEXT_WANTED, n->wanted_tier);
        text_figures(line, &n->figures);
        table_set(line, TEXT_SIZE, "%s", format_size(n->node->size_kib, buf));
        table_set(line, TEXT_DEVICE, "%s", format_devices(n->node, devices));
        if (is_out_of_place(n)) {
                table_set_colour(line, TEXT_NOW, "yellow");
                table_set_colour(line, TEXT_WANTED, "green");
        }
}

static void text_nodes(struct libscols_table *t, struct libscols_line *parent,
                       const struct assignment *a, size_t tier)
{
        for (size_t i = 0; i < a->n_nodes; i++)
                if (a->nodes[i].tier == tier)
                        text_node(table_add(t, parent), &a->nodes[i]);
}

static bool has_nodes_of(const struct assignment *a, size_t tier)
{
        for (size_t i = 0; i < a->n_nodes; i++)
                if (a->nodes[i].tier == tier)
                        return true;
        return false;
}

/* Tiers without nodes are left out: they are the policy's business, not the machine's. */
static struct libscols_table *text_table(const struct assignment *a)
{
        struct libscols_table *t = table_new(NULL, text_columns, ELEMENTSOF(text_columns));
        struct libscols_line *line;

        for (size_t i = 0; t && i < a->n_tiers; i++) {
                if (!has_nodes_of(a, i))
                        continue;
                line = table_add(t, NULL);
                table_set(line, TEXT_NAME, "%s", a->tiers[i].name);
                set_tier(line, TEXT_WANTED, a->tiers[i].wanted_tier);
                text_nodes(t, line, a, i);
        }
        if (t && has_nodes_of(a, TIER_NONE)) {
                line = table_add(t, NULL);
                table_set(line, TEXT_NAME, "left to Linux");
                text_nodes(t, line, a, TIER_NONE);
        }
        return t;
}

static void count(const struct assignment *a, unsigned *ret_tiers, unsigned *ret_placed)
{
        *ret_tiers = *ret_placed = 0;
        for (size_t i = 0; i < a->n_tiers; i++) {
                unsigned n = nodeset_count(&a->tiers[i].nodes);

                *ret_placed += n;
                *ret_tiers += n > 0;
        }
}

/* What it comes to, and what to do about it. */
static void print_summary(const struct snapshot *r)
{
        const struct machine *m = r->machine;
        const struct plan *p = r->plan;
        unsigned memory = nodeset_count(&m->memory), tiers, placed;

        count(r->assignment, &tiers, &placed);
        puts("");
        if (!m->has_tiers)
                puts("This kernel has no memory tiers (Linux 6.1 and later do).");
        else if (m->tiers_withheld)
                puts("The present tiers are unknown: memory is being plugged or unplugged, and "
                     "they cannot be read safely meanwhile.");
        else if (memory == 1 && plan_is_empty(p))
                puts("One node with memory, one tier: there is nothing to do.");
        else if (plan_is_empty(p))
                printf("%u node%s in %u tier%s, as the policy wants: there is nothing to do.\n",
                       placed, plural(placed), tiers, plural(tiers));
        if (placed > 0 && placed < memory)
                printf("%u node%s left where Linux put %s; \"numatier explain\" says why.\n",
                       memory - placed, memory - placed == 1 ? " is" : "s are",
                       memory - placed == 1 ? "it" : "them");
        if (p->n_writes > 0)
                printf("%zu setting%s to write; \"numatier plan\" shows %s, and numatierd or "
                       "\"numatier apply\" writes %s.\n",
                       p->n_writes, plural(p->n_writes), p->n_writes == 1 ? "it" : "them",
                       p->n_writes == 1 ? "it" : "them");
        print_unmet(r);
        print_hazards(stdout, p);
        print_held(r);
        if (p->interface != INTERFACE_NONE)
                printf("Nodes are moved through %s.\n", interface_name(p->interface));
}

static int print_text(const struct arguments *a, const struct snapshot *r)
{
        _cleanup_(table_freep) struct libscols_table *t = NULL;
        int result;

        setlocale(LC_CTYPE, "");
        if (a->pager)
                pager_open();
        t = text_table(r->assignment);
        result = table_print(t, a->legend);
        if (result >= 0 && a->legend)
                print_summary(r);
        pager_close();
        return result;
}

int verb_status(const struct arguments *a)
{
        struct pass l;
        int r;

        r = pass_run(a, RECONCILE_PLAN, &l);
        if (r == 0) {
                r = a->json ? print_json(l.result->assignment) : print_text(a, l.result);
                if (r < 0)
                        cli_error(r, "cannot print");
        }
        pass_done(&l);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
