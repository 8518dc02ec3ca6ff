/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/predict.h"

#include <errno.h>

#include "base/units.h"
#include "classify/rules.h"

/* In Linux's order (hmat.c: enum locality_types); and the types of matrix that each is in. */
static const struct locality {
        enum perf_value value;
        enum hmat_data_type own, access;
} localities[] = {
        { WRITE_LATENCY, HMAT_WRITE_LATENCY, HMAT_ACCESS_LATENCY },
        { READ_LATENCY, HMAT_READ_LATENCY, HMAT_ACCESS_LATENCY },
        { WRITE_BANDWIDTH, HMAT_WRITE_BANDWIDTH, HMAT_ACCESS_BANDWIDTH },
        { READ_BANDWIDTH, HMAT_READ_BANDWIDTH, HMAT_ACCESS_BANDWIDTH },
};

static bool is_about(const struct hmat_matrix *m, const struct locality *l)
{
        return (m->flags & HMAT_HIERARCHY_MASK) == 0 &&
               (m->data_type == l->own || m->data_type == l->access);
}

/* hmat.c:hmat_parse_locality: each matrix that has the pair sets the value, also to 0. */
static uint32_t read_attached(const struct hmat *h, const struct locality *l, uint32_t initiator,
                              uint32_t target)
{
        uint32_t value = 0;

        for (size_t k = 0; k < h->n_matrices; k++) {
                const struct hmat_matrix *m = &h->matrices[k];

                if (!is_about(m, l))
                        continue;
                for (size_t i = 0; i < m->n_initiators; i++)
                        for (size_t t = 0; t < m->n_targets; t++)
                                if (m->initiators[i] == initiator && m->targets[t] == target)
                                        value = hmat_value(h, m, i, t);
        }
        return value;
}

/* hmat.c:hmat_initiator_perf: the first row and the first column of these domains. */
static uint32_t read_pair(const struct hmat *h, const struct hmat_matrix *m, uint32_t initiator,
                          uint32_t target)
{
        size_t i = 0, t = 0;

        while (i < m->n_initiators && m->initiators[i] != initiator)
                i++;
        while (t < m->n_targets && m->targets[t] != target)
                t++;
        return i == m->n_initiators || t == m->n_targets ? 0 : hmat_value(h, m, i, t);
}

static bool is_better(enum perf_value v, uint32_t value, uint32_t best)
{
        if (value == 0 || best == 0)
                return value != 0;
        return perf_value_is_latency(v) ? value < best : value > best;
}

/* The best of the initiators that are left; only those that have it are left then. */
static uint32_t read_best(const struct hmat *h, const struct hmat_domains *d,
                          const struct locality *l, uint32_t target, bool *left)
{
        const struct hmat_matrix *last = NULL;
        uint32_t best = 0;

        for (size_t k = 0; k < h->n_matrices; k++)
                if (is_about(&h->matrices[k], l))
                        last = &h->matrices[k];
        if (!last)
                return 0;
        for (size_t i = 0; i < d->n_cpus; i++) {
                uint32_t value = left[i] ? read_pair(h, last, d->cpus[i], target) : 0;

                if (is_better(l->value, value, best))
                        best = value;
        }
        for (size_t i = 0; i < d->n_cpus; i++)
                left[i] = left[i] && read_pair(h, last, d->cpus[i], target) == best;
        return best;
}

/* 0 or -ENOMEM. */
static int predict_perf(const struct hmat *h, const struct hmat_domains *d, uint32_t target,
                        struct perf *ret)
{
        _cleanup_(freep) bool *left = calloc(d->n_cpus ?: 1, sizeof(*left));
        uint32_t attached = 0;
        bool has_attached =
                hmat_find_initiator(h, target, &attached) && hmat_domains_have_cpu(d, attached);

        if (!left)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_cpus; i++)
                left[i] = true;
        for (size_t i = 0; i < ELEMENTSOF(localities); i++) {
                const struct locality *l = &localities[i];

                ret->v[l->value] = has_attached ? read_attached(h, l, attached, target)
                                                : read_best(h, d, l, target, left);
        }
        return 0;
}

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

int hmat_predict(const struct hmat_facts *f, const struct hmat_domains *d, const struct hmat *h,
                 struct hmat_prediction *ret)
{
        size_t n = f->assignment->n_nodes;
        int r = 0;

        *ret = (struct hmat_prediction){ .nodes = calloc(n ?: 1, sizeof(*ret->nodes)) };
        if (!ret->nodes)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < n; i++)
                if (d->places[i] == PLACE_SRAT)
                        r = predict_perf(h, d, d->of[i], &ret->nodes[i].perf);
        find_reference(f, d, ret);
        for (size_t i = 0; r == 0 && i < n; i++) {
                struct predicted_node *p = &ret->nodes[i];
                int distance;

                p->by_hmat = d->places[i] == PLACE_SRAT &&
                             adistance_from_perf(&ret->reference, &p->perf, &distance) == 0;
                if (p->by_hmat)
                        p->tier = adistance_to_tier(distance);
        }
        return r;
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
