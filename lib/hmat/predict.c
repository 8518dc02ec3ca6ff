/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/predict.h"

#include <errno.h>

#include "base/units.h"
#include "classify/rules.h"
#include "hmat/reading.h"

/* hmat.c:hmat_set_default_dram_perf, in the order of the nodes. */
static void find_reference(const struct hmat_facts *f, const struct hmat_domains *d,
                           struct hmat_prediction *p)
{
        const struct assignment *a = f->assignment;

        for (size_t i = 0; i < a->n_nodes; i++) {
                if (d->places[i] != PLACE_SRAT || !hmat_is_dram(a->nodes[i].node))
                        continue;
                adistance_add_dram(&p->reference, &p->nodes[i].perf);
                if (p->reference.disabled && !p->culprit)
                        p->culprit = a->nodes[i].node;
                if (!p->first)
                        p->first = a->nodes[i].node;
        }
}

/* 0 or -ENOMEM. */
static int read_perfs(const struct hmat_facts *f, const struct hmat_domains *d,
                      const struct hmat *h, struct hmat_prediction *ret)
{
        _cleanup_(freep) struct hmat_access *access = calloc(NODE_MAX, sizeof(*access));
        size_t n = f->assignment->n_nodes;
        struct nodeset cpus = { 0 };
        int r;

        *ret = (struct hmat_prediction){ .nodes = calloc(n ?: 1, sizeof(*ret->nodes)) };
        if (!access || !ret->nodes)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_cpus; i++)
                nodeset_add(&cpus, d->cpus[i]);
        r = hmat_read_access(h, &cpus, access);
        for (size_t i = 0; r == 0 && i < n; i++)
                if (d->places[i] == PLACE_SRAT)
                        ret->nodes[i].perf = access[d->of[i]].perf;
        return r;
}

int hmat_predict(const struct hmat_facts *f, const struct hmat_domains *d, const struct hmat *h,
                 struct hmat_prediction *ret)
{
        size_t n = f->assignment->n_nodes;
        int r = read_perfs(f, d, h, ret);

        if (r < 0)
                return r;
        find_reference(f, d, ret);
        for (size_t i = 0; i < n; i++) {
                struct predicted_node *p = &ret->nodes[i];
                int distance;

                p->by_hmat = d->places[i] == PLACE_SRAT &&
                             adistance_from_perf(&ret->reference, &p->perf, &distance) == 0;
                if (p->by_hmat)
                        p->tier = adistance_to_tier(distance);
        }
        return 0;
}

void hmat_prediction_done(struct hmat_prediction *p)
{
        free(p->nodes);
        *p = (struct hmat_prediction){ 0 };
}

/* Comparing. */

/* What is compared: the nodes that the policy puts into a tier. */
struct comparison {
        const struct assignment *a;
        const struct hmat_domains *d;
        const struct hmat_prediction *p;
        struct refusals *refusals;
};

static bool counts(const struct comparison *c, size_t i)
{
        return c->d->places[i] == PLACE_SRAT && c->a->nodes[i].tier != TIER_NONE;
}

/* "node 3 (250 ns, 8 GiB/s) into tier 14" */
#define PLACEMENT_MAX (2 * UNIT_STRING_MAX + 64)
static const char *format_placement(const struct comparison *c, size_t i,
                                    char buf[static PLACEMENT_MAX])
{
        const struct predicted_node *p = &c->p->nodes[i];
        const struct perf *v = &p->perf;
        uint32_t latency =
                v->v[READ_LATENCY] > v->v[WRITE_LATENCY] ? v->v[READ_LATENCY] : v->v[WRITE_LATENCY];
        uint32_t bandwidth = v->v[READ_BANDWIDTH] < v->v[WRITE_BANDWIDTH] ? v->v[READ_BANDWIDTH]
                                                                          : v->v[WRITE_BANDWIDTH];
        char l[UNIT_STRING_MAX], b[UNIT_STRING_MAX];

        snprintf(buf, PLACEMENT_MAX, "node %u (%s, %s) into memory tier %u",
                 c->a->nodes[i].node->id, format_latency(latency, l),
                 format_bandwidth(bandwidth, b), p->tier);
        return buf;
}

/* What the administrator can write so that a node gets these values; NULL: any. */
#define KEYS_MAX 160
static const char *format_keys(const struct perf *p, char buf[static KEYS_MAX])
{
        if (!p)
                (void)snprintf(buf, KEYS_MAX, ", latency = ... and bandwidth = ...");
        else if (p->v[READ_LATENCY] == p->v[WRITE_LATENCY] &&
                 p->v[READ_BANDWIDTH] == p->v[WRITE_BANDWIDTH])
                snprintf(buf, KEYS_MAX, ", latency = %uns and bandwidth = %uMiB/s",
                         p->v[READ_LATENCY], p->v[READ_BANDWIDTH]);
        else
                snprintf(buf, KEYS_MAX,
                         ", read-latency = %uns, write-latency = %uns, read-bandwidth = %uMiB/s "
                         "and write-bandwidth = %uMiB/s",
                         p->v[READ_LATENCY], p->v[WRITE_LATENCY], p->v[READ_BANDWIDTH],
                         p->v[WRITE_BANDWIDTH]);
        return buf;
}

static void refuse(const struct comparison *c, size_t first, size_t i, bool same)
{
        const struct node_assignment *a = &c->a->nodes[first], *b = &c->a->nodes[i];
        char x[PLACEMENT_MAX], y[PLACEMENT_MAX], keys[KEYS_MAX], suggestion[RULE_SUGGESTION_MAX];
        const struct perf *wanted = same ? &c->p->nodes[first].perf : NULL;

        refusals_add(c->refusals,
                     "The policy has node %u in tier %s and node %u in %s%s%s, but by their values "
                     "Linux would put %s and %s. To correct it: %s%s",
                     a->node->id, c->a->tiers[a->tier].name, b->node->id,
                     same ? "the same" : "the slower tier ", same ? "" : c->a->tiers[b->tier].name,
                     b->held ? " (by hysteresis)" : "", format_placement(c, first, x),
                     format_placement(c, i, y),
                     rules_suggest(b->node, format_keys(wanted, keys), suggestion),
                     same ? "" : ", or the same tier for both in the policy");
}

/* Each tier against its first node, and against the slowest node of the tier before. */
static void compare_tiers(const struct comparison *c)
{
        size_t slowest = SIZE_MAX; /* of the faster tiers */

        for (size_t t = 0; t < c->a->n_tiers; t++) {
                size_t first = SIZE_MAX, fastest = SIZE_MAX, last = slowest;

                for (size_t i = 0; i < c->a->n_nodes; i++) {
                        if (!counts(c, i) || c->a->nodes[i].tier != t)
                                continue;
                        first = first == SIZE_MAX ? i : first;
                        if (c->p->nodes[i].tier != c->p->nodes[first].tier)
                                refuse(c, first, i, true);
                        if (fastest == SIZE_MAX || c->p->nodes[i].tier < c->p->nodes[fastest].tier)
                                fastest = i;
                        if (last == SIZE_MAX || c->p->nodes[i].tier > c->p->nodes[last].tier)
                                last = i;
                }
                if (fastest != SIZE_MAX && slowest != SIZE_MAX &&
                    c->p->nodes[fastest].tier <= c->p->nodes[slowest].tier)
                        refuse(c, slowest, fastest, false);
                slowest = last;
        }
}

static void refuse_reference(const struct comparison *c)
{
        const struct hmat_prediction *p = c->p;
        char suggestion[RULE_SUGGESTION_MAX];

        if (!p->reference.valid && !p->culprit)
                refusals_add(c->refusals, "No node has both CPUs and memory that is in SRAT: Linux "
                                          "then forms no tiers by HMAT.");
        else if (p->culprit == p->first)
                refusals_add(c->refusals,
                             "Node %u has CPUs, and its values are not known: Linux then forms no "
                             "tiers by HMAT. To correct it: do not ignore it",
                             p->culprit->id);
        else
                refusals_add(c->refusals,
                             "Nodes %u and %u have CPUs, and their values differ by more than 10%% "
                             "or are not known: Linux then forms no tiers by HMAT. To correct "
                             "it: the same tier for both in the policy, or %s",
                             p->first->id, p->culprit->id,
                             rules_suggest_section(p->culprit,
                                                   ", latency = ... and bandwidth = ...",
                                                   suggestion));
}

void hmat_prediction_compare(const struct hmat_facts *f, const struct hmat_domains *d,
                             const struct hmat_prediction *p, struct refusals *refusals)
{
        struct comparison c = { f->assignment, d, p, refusals };
        size_t n = refusals->n;

        if (!p->reference.valid || p->reference.disabled) {
                refuse_reference(&c);
                return;
        }
        for (size_t i = 0; i < c.a->n_nodes; i++)
                if (counts(&c, i) && !p->nodes[i].by_hmat)
                        refusals_add(refusals,
                                     "Node %u: Linux cannot compute an abstract distance from its "
                                     "values.",
                                     c.a->nodes[i].node->id);
        if (refusals->n == n)
                compare_tiers(&c);
}
