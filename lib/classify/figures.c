/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/figures.h"

#include <assert.h>

#include "base/util.h"
#include "classify/rules.h"

/* The fact that a source depends on. */
static const enum fact facts_of_sources[] = {
        [SOURCE_USER] = FACT_DEVICES, /* which section matches */
        [SOURCE_MEASURED] = FACT_MEASURED, [SOURCE_HMAT] = FACT_ACCESS,
        [SOURCE_CDAT] = FACT_DEVICES,      [SOURCE_SLIT] = FACT_DISTANCE,
};
static_assert(ELEMENTSOF(facts_of_sources) == SOURCES, "a fact for each source");

static void take_user(const struct node_rule *rule, struct figure *ret)
{
        if (!rule)
                return;
        for (unsigned v = 0; v < PERF_VALUES; v++)
                ret[v].value = rule->perf.v[v];
}

static void take_measured(const struct node *node, struct figure *ret)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                ret[v].value = node->measured.v[v];
}

/* Class 1 is the best initiator with CPUs: tiering is about that. Class 0 is used where class 1 has
 * no value. */
static void take_hmat(const struct node *node, struct figure *ret)
{
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                ret[v].value = node->access[ACCESS_CPU].v[v] ?: node->access[ACCESS_LOCAL].v[v];
                ret[v].remembered = node->remembered;
        }
}

/* 6.12 adds the picoseconds of a CXL link to nanoseconds (drivers/cxl/core/port.c:add_latency;
 * fixed by 7.3): a link of one nanosecond then counts as a thousand. The latency of real CXL memory
 * is far below that. */
#define CXL_LATENCY_MAX 1000

static bool adds_picoseconds(const struct machine *machine, bool *ret_known)
{
        unsigned major;

        *ret_known = machine->kernel && sscanf(machine->kernel, "%u.", &major) == 1;
        return *ret_known && major < 7;
}

static void set_unreadable(struct figure *f, enum fact fact, const struct node *node)
{
        f->unreadable = true;
        f->fact = fact;
        f->fact_of = node;
}

/* A latency that this kernel is known to get wrong counts as unknown; the candidate keeps it, for
 * the administrator to see. If it cannot be read whether the memory is CXL, or which kernel this
 * is, nothing is decided. */
static void distrust(const struct machine *machine, const struct node *node, struct figure *ret)
{
        bool may_be_cxl = !node->has_cpu && node_is_unreadable(node, FACT_DEVICES), known;
        bool wrong = adds_picoseconds(machine, &known);

        if ((node->kind != KIND_CXL && !may_be_cxl) || (known && !wrong))
                return;
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                if (!perf_value_is_latency(v) || ret[v].value < CXL_LATENCY_MAX)
                        continue;
                if (node->kind != KIND_CXL)
                        set_unreadable(&ret[v], FACT_DEVICES, node);
                else if (!known)
                        set_unreadable(&ret[v], FACT_RELEASE, node);
                else
                        ret[v].distrusted = true;
        }
}

/* The region's own values: class 1, or class 0. Of several regions the worst counts, since a page
 * may be in any. They do not describe a node with CPUs: its memory is DRAM, whatever was added. */
static void take_cdat(const struct node *node, struct figure *ret)
{
        if (node->has_cpu)
                return;
        for (size_t i = 0; i < node->n_devices; i++) {
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

/* A node with CPUs is nearest to itself. */
unsigned slit_nearest(const struct machine *machine, const struct node *node)
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

/* The node whose row of SLIT would be needed for that and cannot be read now, or NULL. */
static const struct node *find_unreadable_row(const struct machine *machine,
                                              const struct node *node)
{
        if (node->has_cpu)
                return node_is_unreadable(node, FACT_DISTANCE) ? node : NULL;
        for (size_t i = 0; i < machine->n_nodes; i++)
                if (machine->nodes[i].has_cpu &&
                    node_is_unreadable(&machine->nodes[i], FACT_DISTANCE))
                        return &machine->nodes[i];
        return NULL;
}

/* Whether a row that gives its distance is that of an earlier pass. */
static bool is_row_kept(const struct machine *machine, const struct node *node)
{
        if (node->has_cpu)
                return node_is_kept(node, FACT_DISTANCE);
        for (size_t i = 0; i < machine->n_nodes; i++)
                if (machine->nodes[i].has_cpu && node_is_kept(&machine->nodes[i], FACT_DISTANCE))
                        return true;
        return false;
}

static void take_slit(const struct machine *machine, const struct node *node,
                      const struct node *baseline, const struct figures *baseline_figures,
                      struct figure *ret)
{
        unsigned here = slit_nearest(machine, node), there = slit_nearest(machine, baseline);
        const struct node *missing =
                find_unreadable_row(machine, node) ?: find_unreadable_row(machine, baseline);
        bool kept = is_row_kept(machine, node) || is_row_kept(machine, baseline);

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const struct figure *base = &baseline_figures->values[v];

                if (!perf_value_is_latency(v))
                        continue;
                if (missing) {
                        set_unreadable(&ret[v], FACT_DISTANCE, missing);
                        continue;
                }
                if (here == 0 || there == 0)
                        continue;
                ret[v].relative = !figure_is_known(base);
                ret[v].value = (ret[v].relative ? 1 : base->value) * here / there;
                ret[v].kept = kept || base->kept;
        }
}

/* Whether a source's value is the whole value, although its fact cannot be read: the other class of
 * HMAT counts only where the first has no value. */
static bool is_certain(const struct node *node, enum source s, unsigned v)
{
        return s == SOURCE_HMAT && node->access[ACCESS_CPU].v[v] != 0;
}

/* Marks what the sources would give if their facts could be read, and what was kept. What was read
 * may be a part: another class, region or section may give another value. */
static void mark_unreadable(const struct policy *policy, const struct node *node, struct figures *f)
{
        for (unsigned s = 0; s < SOURCE_SLIT; s++) {
                enum fact fact = facts_of_sources[s];
                bool unreadable = node_is_unreadable(node, fact);

                if (s == SOURCE_USER)
                        unreadable = rules_are_unreadable(policy, node);
                else if (s == SOURCE_CDAT)
                        unreadable = unreadable && !node->has_cpu;
                for (unsigned v = 0; v < PERF_VALUES; v++) {
                        struct figure *c = &f->candidates[s][v];

                        if (unreadable && !is_certain(node, s, v))
                                set_unreadable(c, fact, node);
                        else if (figure_is_known(c))
                                c->kept = s != SOURCE_USER && node_is_kept(node, fact);
                }
        }
}

/* The worse of two values; one that is known beats one that is not, and ns beat multiples. */
static struct figure worse(const struct figure *a, const struct figure *b, bool larger)
{
        const struct figure *w = a;
        struct figure result;

        if (!figure_is_known(a) || !figure_is_known(b))
                w = figure_is_known(a) ? a : b;
        else if (a->relative != b->relative)
                w = a->relative ? b : a;
        else if ((a->value > b->value) != larger)
                w = b;
        result = *w;
        if (a->unreadable || b->unreadable) {
                const struct figure *missing = a->unreadable ? a : b;

                set_unreadable(&result, missing->fact, missing->fact_of);
        }
        return result;
}

/* The first source that knows the value wins. One that cannot be read now might know it. */
static struct figure choose(const struct policy *policy, const struct figures *f, unsigned v,
                            bool with_slit)
{
        struct figure none = { .source = SOURCE_NONE };

        for (size_t i = 0; i < policy->n_sources; i++) {
                enum source s = policy->sources[i];
                const struct figure *c = s == SOURCE_SLIT ? &f->slit[v] : &f->candidates[s][v];

                if (s == SOURCE_SLIT && !with_slit)
                        continue;
                if (c->unreadable) {
                        set_unreadable(&none, c->fact, c->fact_of);
                        return none;
                }
                if (figure_is_known(c) && !c->distrusted)
                        return *c;
        }
        return none; /* an unknown value has no source */
}

static bool is_better(const struct figure *f, const struct figure *base, unsigned v)
{
        if (!figure_is_known(f) || !figure_is_known(base))
                return false;
        return perf_value_is_latency(v) ? f->value < base->value : f->value > base->value;
}

/* SLIT is a guess and does not contradict what another source knows. If that cannot be read now on
 * either side, a SLIT that says "slower" decides nothing. */
static void clamp_slit(const struct policy *policy, const struct figures *baseline,
                       struct figures *f)
{
        struct figure missing = { 0 };
        bool better = false;

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const struct figure *base = &baseline->values[v];
                struct figure known = choose(policy, f, v, false);

                better = better || is_better(&known, base, v);
                if (known.unreadable)
                        missing = known;
                else if (base->unreadable && figure_is_known(&known))
                        missing = *base;
        }
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                struct figure *slit = &f->slit[v];
                double limit = slit->relative ? 1 : baseline->values[v].value;

                if (slit->value <= limit)
                        continue;
                if (better) {
                        slit->clamped = true;
                        slit->value = limit;
                } else if (missing.unreadable)
                        set_unreadable(slit, missing.fact, missing.fact_of);
        }
}

void figures_resolve(const struct machine *machine, const struct policy *policy,
                     const struct node_rule *rule, const struct node *node,
                     const struct node *baseline, const struct figures *baseline_figures,
                     struct figures *ret)
{
        struct figures f = { 0 };

        for (unsigned s = 0; s < SOURCES; s++)
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        f.candidates[s][v].source = s;
        take_user(rule, f.candidates[SOURCE_USER]);
        take_measured(node, f.candidates[SOURCE_MEASURED]);
        take_hmat(node, f.candidates[SOURCE_HMAT]);
        take_cdat(node, f.candidates[SOURCE_CDAT]);
        mark_unreadable(policy, node, &f);
        distrust(machine, node, f.candidates[SOURCE_HMAT]);
        distrust(machine, node, f.candidates[SOURCE_CDAT]);
        if (baseline) {
                take_slit(machine, node, baseline, baseline_figures, f.candidates[SOURCE_SLIT]);
                memcpy(f.slit, f.candidates[SOURCE_SLIT], sizeof(f.slit));
                clamp_slit(policy, baseline_figures, &f);
        }
        for (unsigned v = 0; v < PERF_VALUES; v++)
                f.values[v] = choose(policy, &f, v, true);
        f.latency = worse(&f.values[READ_LATENCY], &f.values[WRITE_LATENCY], true);
        f.bandwidth = worse(&f.values[READ_BANDWIDTH], &f.values[WRITE_BANDWIDTH], false);
        *ret = f;
}

bool figures_any_known(const struct figures *f)
{
        return figure_is_known(&f->latency) || figure_is_known(&f->bandwidth);
}

const struct figure *figures_find_unreadable(const struct figures *f)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (f->values[v].unreadable)
                        return &f->values[v];
        return NULL;
}
