/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/figures.h"

static void take_user(const struct node_rule *rule, struct figure *ret)
{
        for (unsigned v = 0; rule && v < PERF_VALUES; v++)
                ret[v].value = rule->perf.v[v];
}

static void take_measured(const struct node *node, struct figure *ret)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                ret[v].value = node->measured.v[v];
}

/* Class 1 (the best initiator with CPUs) is what tiering is about; class 0 where it is silent. */
static void take_hmat(const struct node *node, struct figure *ret)
{
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                ret[v].value = node->access[ACCESS_CPU].v[v] ?: node->access[ACCESS_LOCAL].v[v];
                ret[v].remembered = node->remembered;
        }
}

/* 6.12 adds the picoseconds of a CXL link to nanoseconds (drivers/cxl/core/port.c:add_latency;
 * mended by 7.3): a link of one nanosecond then counts a thousand. Real CXL memory stays well below
 * that. */
#define CXL_LATENCY_MAX 1000

static bool adds_picoseconds(const struct machine *machine)
{
        unsigned major;

        return machine->kernel && sscanf(machine->kernel, "%u.", &major) == 1 && major < 7;
}

/* A latency that this kernel is known to get wrong counts as unknown; the candidate keeps it, for
 * the administrator to see. */
static void distrust(const struct machine *machine, const struct node *node, struct figure *ret)
{
        for (unsigned v = 0; node->kind == KIND_CXL && v < PERF_VALUES; v++)
                if (perf_value_is_latency(v) && ret[v].value >= CXL_LATENCY_MAX &&
                    adds_picoseconds(machine))
                        ret[v].distrusted = true;
}

/* The region's own figures (the worst of them, for a page may lie in any): class 1, or class 0.
 * They say nothing of a node with CPUs, whose memory is DRAM whatever was added to it. */
static void take_cdat(const struct node *node, struct figure *ret)
{
        for (size_t i = 0; !node->has_cpu && i < node->n_devices; i++) {
                const struct perf *access = node->devices[i].access;

                for (unsigned v = 0; v < PERF_VALUES; v++) {
                        double value = access[ACCESS_CPU].v[v] ?: access[ACCESS_LOCAL].v[v];
                        bool slower = perf_value_is_latency(v) ? value > ret[v].value
                                                               : value < ret[v].value;

                        if (value > 0 && (!figure_is_known(&ret[v]) || slower))
                                ret[v].value = value;
                }
        }
}

/* SLIT: as far as from the nearest node with CPUs, which for a node with CPUs is itself. */
static unsigned nearest_distance(const struct machine *machine, const struct node *node)
{
        size_t column = (size_t)(node - machine->nodes);
        unsigned nearest = node->distance ? node->distance[column] : 0;

        if (nearest != 0)
                return nearest;
        for (size_t i = 0; i < machine->n_nodes; i++) {
                const uint8_t *distance = machine->nodes[i].distance;
                unsigned d = distance ? distance[column] : 0;

                if (d != 0 && (nearest == 0 || d < nearest))
                        nearest = d;
        }
        return nearest;
}

static void take_slit(const struct machine *machine, const struct node *node,
                      const struct node *baseline, const struct figures *baseline_figures,
                      struct figure *ret)
{
        unsigned here = nearest_distance(machine, node),
                 there = nearest_distance(machine, baseline);

        if (here == 0 || there == 0)
                return;
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const struct figure *base = &baseline_figures->values[v];

                if (!perf_value_is_latency(v))
                        continue;
                ret[v].relative = !figure_is_known(base);
                ret[v].value = (ret[v].relative ? 1 : base->value) * here / there;
        }
}

/* The worse of two figures; one that is known beats one that is not, and ns beat multiples. */
static struct figure worse(const struct figure *a, const struct figure *b, bool larger)
{
        if (!figure_is_known(a) || !figure_is_known(b))
                return figure_is_known(a) ? *a : *b;
        if (a->relative != b->relative)
                return a->relative ? *b : *a;
        return (a->value > b->value) == larger ? *a : *b;
}

static void choose(const struct policy *policy, struct figures *f)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                for (size_t i = 0; i < policy->n_sources && !figure_is_known(&f->values[v]); i++) {
                        const struct figure *candidate = &f->candidates[policy->sources[i]][v];

                        if (!candidate->distrusted)
                                f->values[v] = *candidate;
                }
        f->latency = worse(&f->values[READ_LATENCY], &f->values[WRITE_LATENCY], true);
        f->bandwidth = worse(&f->values[READ_BANDWIDTH], &f->values[WRITE_BANDWIDTH], false);
}

void figures_resolve(const struct machine *machine, const struct policy *policy,
                     const struct node_rule *rule, const struct node *node,
                     const struct node *baseline, const struct figures *baseline_figures,
                     struct figures *ret)
{
        struct figures f = { 0 };

        for (unsigned v = 0; v < PERF_VALUES; v++)
                f.values[v].source = SOURCE_NONE;
        for (unsigned s = 0; s < SOURCES; s++)
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        f.candidates[s][v].source = s;
        take_user(rule, f.candidates[SOURCE_USER]);
        take_measured(node, f.candidates[SOURCE_MEASURED]);
        take_hmat(node, f.candidates[SOURCE_HMAT]);
        take_cdat(node, f.candidates[SOURCE_CDAT]);
        distrust(machine, node, f.candidates[SOURCE_HMAT]);
        distrust(machine, node, f.candidates[SOURCE_CDAT]);
        if (baseline)
                take_slit(machine, node, baseline, baseline_figures, f.candidates[SOURCE_SLIT]);
        choose(policy, &f);
        /* an unknown figure has no source */
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (!figure_is_known(&f.values[v]))
                        f.values[v] = (struct figure){ .source = SOURCE_NONE };
        if (!figure_is_known(&f.latency))
                f.latency.source = SOURCE_NONE;
        if (!figure_is_known(&f.bandwidth))
                f.bandwidth.source = SOURCE_NONE;
        *ret = f;
}

bool figures_any_known(const struct figures *f)
{
        return figure_is_known(&f->latency) || figure_is_known(&f->bandwidth);
}
