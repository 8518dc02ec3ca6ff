/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/values.h"

#include <errno.h>

#include "base/units.h"
#include "classify/adistance.h"
#include "classify/rules.h"
#include "classify/sanity.h"

static uint32_t to_linux(const struct hmat_pair *p, unsigned v)
{
        return perf_value_is_latency(v) ? p->v[v] / PICOSECONDS + (p->v[v] % PICOSECONDS != 0)
                                        : p->v[v];
}

/* The nearest initiators. */

static void add_initiator(struct hmat_node_values *n, uint32_t domain)
{
        n->initiators[n->n_initiators++] = domain;
}

/* Leaves those initiators that have the best of a value, unless none has it. */
static bool leave_best(const struct hmat_pairs *used, uint32_t target, unsigned v,
                       struct hmat_node_values *n)
{
        uint32_t best = 0;
        size_t kept = 0;

        for (size_t i = 0; i < n->n_initiators; i++) {
                const struct hmat_pair *p = hmat_pairs_find(used, n->initiators[i], target);
                uint32_t value = p ? to_linux(p, v) : 0;

                if (value != 0 &&
                    (best == 0 || (perf_value_is_latency(v) ? value < best : value > best)))
                        best = value;
        }
        for (size_t i = 0; best != 0 && i < n->n_initiators; i++) {
                const struct hmat_pair *p = hmat_pairs_find(used, n->initiators[i], target);

                if (p && to_linux(p, v) == best)
                        n->initiators[kept++] = n->initiators[i];
        }
        n->n_initiators = best != 0 ? kept : n->n_initiators;
        return best != 0;
}

/* Those that the table in use has as the nearest, in Linux's order (hmat.c: enum locality_types).
 */
static bool find_best(const struct hmat_domains *d, const struct hmat_pairs *used, uint32_t target,
                      struct hmat_node_values *n)
{
        static const enum perf_value order[] = { WRITE_LATENCY, READ_LATENCY, WRITE_BANDWIDTH,
                                                 READ_BANDWIDTH };
        bool any = false;

        for (size_t i = 0; i < d->n_cpus; i++)
                add_initiator(n, d->cpus[i]);
        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                any = leave_best(used, target, order[i], n) || any;
        if (!any)
                n->n_initiators = 0;
        return any;
}

static const struct node *find_node(const struct hmat_facts *f, const struct hmat_domains *d,
                                    uint32_t domain)
{
        return machine_get_node(f->assignment->machine, domain_map_find(&d->map, domain)->node);
}

/* By SLIT; all of them if it says nothing. Which CPUs are near is all that is taken from it. */
static void find_near(const struct hmat_facts *f, const struct hmat_domains *d, size_t node,
                      struct hmat_node_values *n, struct refusals *refusals)
{
        unsigned nearest = 0;

        for (size_t i = 0; i < d->n_cpus; i++) {
                const struct node *cpu = find_node(f, d, d->cpus[i]);
                unsigned distance = cpu->distance ? cpu->distance[node] : 0;

                if (d->n_cpus > 1 && node_is_unreadable(cpu, FACT_DISTANCE)) {
                        refusals_add(refusals,
                                     "Node %u: which CPUs are nearest is not known: the distances "
                                     "of node %u cannot be read now.",
                                     f->assignment->nodes[node].node->id, cpu->id);
                        return;
                }
                if (nearest == 0 || (distance != 0 && distance <= nearest)) {
                        if (distance != nearest)
                                n->n_initiators = 0;
                        nearest = distance;
                        add_initiator(n, d->cpus[i]);
                }
        }
}

static int find_initiators(const struct hmat_facts *f, const struct hmat_domains *d,
                           const struct hmat_pairs *used, size_t node, struct hmat_node_values *n,
                           struct refusals *refusals)
{
        uint32_t target = d->of[node], attached;

        n->initiators = calloc(d->n_cpus ?: 1, sizeof(*n->initiators));
        if (!n->initiators)
                return -ENOMEM;
        if (hmat_domains_have_cpu(d, target))
                add_initiator(n, target);
        else if (f->used && hmat_find_initiator(f->used, target, &attached) &&
                 hmat_domains_have_cpu(d, attached))
                add_initiator(n, attached);
        else if (!find_best(d, used, target, n))
                find_near(f, d, node, n, refusals);
        return 0;
}

/* Values. */

/* The first source that knows a value and says it in absolute terms, or the one that cannot be read
 * now; NULL: none does. SLIT is a guess. */
static const struct figure *find_figure(const struct policy *p, const struct figures *f, unsigned v)
{
        for (size_t i = 0; i < p->n_sources; i++) {
                const struct figure *c = &f->candidates[p->sources[i]][v];

                if (p->sources[i] == SOURCE_SLIT)
                        continue;
                if (c->unreadable || (figure_is_known(c) && !c->distrusted && !c->relative))
                        return c;
        }
        return NULL;
}

/* What the table in use says from the nearest initiator. */
static const struct hmat_pair *find_used(const struct hmat_pairs *used,
                                         const struct hmat_node_values *n, uint32_t target)
{
        return n->n_initiators == 0 ? NULL : hmat_pairs_find(used, n->initiators[0], target);
}

/* The value in the table's units, and exactly what the table in use has if that means the same to
 * Linux. 0: unknown; UINT32_MAX, if it is too large. */
static uint32_t find_value(const struct figure *f, const struct hmat_pair *used, unsigned v)
{
        double value = f ? f->value + 0.5 : 0;

        if (!f)
                return used ? used->v[v] : 0;
        if (value > (perf_value_is_latency(v) ? HMAT_LATENCY_MAX : UINT32_MAX - 1))
                return UINT32_MAX;
        if (used && to_linux(used, v) == (uint32_t)value)
                return used->v[v];
        return (uint32_t)value * (perf_value_is_latency(v) ? PICOSECONDS : 1);
}

static void refuse_missing(const struct node *node, unsigned missing, struct refusals *refusals)
{
        char suggestion[RULE_SUGGESTION_MAX], names[96] = "";
        bool latency = missing & (1U << READ_LATENCY | 1U << WRITE_LATENCY);
        bool bandwidth = missing & (1U << READ_BANDWIDTH | 1U << WRITE_BANDWIDTH);

        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (missing & 1U << v)
                        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
                                 *names ? ", " : "", perf_value_name(v));
        refusals_add(refusals,
                     "Node %u: its values are not all known (missing: %s). To correct it: %s",
                     node->id, names,
                     rules_suggest(node,
                                   latency && bandwidth ? ", latency = ... and bandwidth = ..."
                                   : latency            ? " and latency = ..."
                                                        : " and bandwidth = ...",
                                   suggestion));
}

static void read_values(const struct hmat_facts *f, const struct node_assignment *a,
                        const struct hmat_pair *used, struct hmat_node_values *n,
                        struct refusals *refusals)
{
        unsigned missing = 0;

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                const struct figure *figure = find_figure(f->assignment->policy, &a->figures, v);

                if (figure && figure->unreadable) {
                        refusals_add(refusals, "Node %u: its %s is not known: %s", a->node->id,
                                     perf_value_name(v),
                                     a->cause == CAUSE_UNREADABLE && a->reason
                                             ? a->reason
                                             : "a fact that decides cannot be read now.");
                        return;
                }
                n->value.v[v] = find_value(figure, used, v);
                if (n->value.v[v] == 0)
                        missing |= 1U << v;
                else if (n->value.v[v] == UINT32_MAX)
                        refusals_add(refusals,
                                     "Node %u: its %s does not fit HMAT: Linux reads at "
                                     "most %u ns and %u MB/s.",
                                     a->node->id, perf_value_name(v), HMAT_LATENCY_MAX,
                                     UINT32_MAX - 1);
        }
        if (missing != 0)
                refuse_missing(a->node, missing, refusals);
}

static int read_node(const struct hmat_facts *f, const struct hmat_domains *d,
                     const struct hmat_pairs *used, size_t node, struct hmat_node_values *n,
                     struct refusals *refusals)
{
        const struct node_assignment *a = &f->assignment->nodes[node];
        int r;

        if (a->cause == CAUSE_IGNORED) {
                n->keep = true;
                return 0;
        }
        if (a->cause == CAUSE_UNSETTLED) {
                refusals_add(refusals, "Node %u is still coming up. Try again when it is there.",
                             a->node->id);
                return 0;
        }
        r = find_initiators(f, d, used, node, n, refusals);
        if (r == 0)
                read_values(f, a, find_used(used, n, d->of[node]), n, refusals);
        return r;
}

struct contradictions {
        const struct hmat_facts *facts;
        const struct hmat_domains *domains;
        struct refusals *refusals;
};

/* Nodes that keep what the firmware says, and those that HMAT cannot describe, do not count. */
static bool concerns_table(const struct contradictions *c, const struct nodeset *nodes)
{
        const struct assignment *a = c->facts->assignment;

        for (size_t i = 0; i < a->n_nodes; i++)
                if (c->domains->places[i] == PLACE_SRAT && a->nodes[i].cause != CAUSE_IGNORED &&
                    nodeset_has(nodes, a->nodes[i].node->id))
                        return true;
        return false;
}

static void refuse_contradiction(const struct sanity_bug *bug, void *userdata)
{
        struct contradictions *c = userdata;

        if ((bug->kind == SANITY_CXL_FAST || bug->kind == SANITY_CONTRADICTION) &&
            concerns_table(c, &bug->nodes))
                refusals_add(c->refusals, "%s. To correct it: %s", bug->text, bug->correction);
}

int hmat_values_read(const struct hmat_facts *f, const struct hmat_domains *d,
                     const struct hmat_pairs *used, struct hmat_values *ret,
                     struct refusals *refusals)
{
        struct contradictions c = { f, d, refusals };
        int r = 0;

        *ret = (struct hmat_values){ .n = f->assignment->n_nodes };
        ret->nodes = calloc(ret->n ?: 1, sizeof(*ret->nodes));
        if (!ret->nodes)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < ret->n; i++)
                if (d->places[i] == PLACE_SRAT)
                        r = read_node(f, d, used, i, &ret->nodes[i], refusals);
        sanity_find(f->assignment, refuse_contradiction, &c);
        return r;
}

void hmat_values_done(struct hmat_values *v)
{
        for (size_t i = 0; v->nodes && i < v->n; i++)
                free(v->nodes[i].initiators);
        free(v->nodes);
        *v = (struct hmat_values){ 0 };
}

/* Levelling. */

static bool is_peer(const struct hmat_facts *f, const struct hmat_domains *d,
                    const struct hmat_values *v, size_t i, size_t tier)
{
        return d->places[i] == PLACE_SRAT && !v->nodes[i].keep &&
               hmat_is_dram(f->assignment->nodes[i].node) && f->assignment->nodes[i].tier == tier;
}

static struct perf get_perf(const struct hmat_pair *p)
{
        struct perf perf;

        for (unsigned v = 0; v < PERF_VALUES; v++)
                perf.v[v] = to_linux(p, v);
        return perf;
}

/* Whether Linux would use the table, and put the baseline's peers into the baseline's tier. */
static bool are_alike(const struct hmat_facts *f, const struct hmat_domains *d,
                      const struct hmat_values *v, size_t baseline)
{
        size_t tier = f->assignment->nodes[baseline].tier;
        struct adistance_reference reference = { 0 };
        int of_baseline, distance;

        for (size_t i = 0; i < v->n; i++) {
                struct perf perf = get_perf(&v->nodes[i].value);

                if (is_peer(f, d, v, i, tier))
                        adistance_add_dram(&reference, &perf);
        }
        for (size_t i = 0; i < v->n; i++) {
                struct perf perf = get_perf(&v->nodes[i].value);
                struct perf base = get_perf(&v->nodes[baseline].value);

                if (!is_peer(f, d, v, i, tier))
                        continue;
                if (adistance_from_perf(&reference, &base, &of_baseline) < 0 ||
                    adistance_from_perf(&reference, &perf, &distance) < 0 ||
                    adistance_to_tier(distance) != adistance_to_tier(of_baseline))
                        return false;
        }
        return true;
}

/* The index of the baseline, or SIZE_MAX: it has no peers. */
static size_t find_baseline(const struct hmat_facts *f, const struct hmat_domains *d,
                            const struct hmat_values *v)
{
        const struct assignment *a = f->assignment;
        size_t i = a->baseline ? (size_t)(a->baseline - a->machine->nodes) : SIZE_MAX;

        return i != SIZE_MAX && a->nodes[i].tier != TIER_NONE &&
                               is_peer(f, d, v, i, a->nodes[i].tier)
                       ? i
                       : SIZE_MAX;
}

static void remark_on_peers(const struct hmat_facts *f, const struct hmat_pair *value,
                            const struct nodeset *changed, struct messages *remarks)
{
        char l[UNIT_STRING_MAX], b[UNIT_STRING_MAX], list[NODESET_STRING_MAX];

        messages_add(remarks,
                     "Node%s %s: the table has the values of node %u (%s, %s), the baseline. With "
                     "%s own values, which differ by more than Linux tolerates of nodes with CPUs, "
                     "Linux would not form the policy's tiers.",
                     plural(nodeset_count(changed)), nodeset_format(changed, list),
                     f->assignment->baseline->id, format_latency(to_linux(value, READ_LATENCY), l),
                     format_bandwidth(value->v[READ_BANDWIDTH], b),
                     nodeset_count(changed) == 1 ? "its" : "their");
}

static void level_peers(const struct hmat_facts *f, const struct hmat_domains *d,
                        struct hmat_values *v, size_t baseline, struct messages *remarks)
{
        const struct hmat_pair *value = &v->nodes[baseline].value;
        struct nodeset changed = { 0 };

        for (size_t i = 0; i < v->n; i++)
                if (is_peer(f, d, v, i, f->assignment->nodes[baseline].tier) &&
                    memcmp(&v->nodes[i].value, value, sizeof(*value)) != 0) {
                        v->nodes[i].value = *value;
                        nodeset_add(&changed, f->assignment->nodes[i].node->id);
                }
        remark_on_peers(f, value, &changed, remarks);
}

/* Whether its values brought it into its tier: if a rule did, they may be wrong. */
static bool is_classified(const struct hmat_facts *f, const struct hmat_domains *d,
                          const struct hmat_values *v, size_t i)
{
        const struct node_assignment *n = &f->assignment->nodes[i];

        return d->places[i] == PLACE_SRAT && !v->nodes[i].keep && n->tier != TIER_NONE &&
               (n->cause == CAUSE_CONDITIONS || n->cause == CAUSE_REST);
}

/* What Linux takes for DRAM, but for nodes that keep what the table in use says of them: the
 * prediction has them, too. */
static struct adistance_reference find_reference(const struct hmat_facts *f,
                                                 const struct hmat_domains *d,
                                                 const struct hmat_values *v)
{
        struct adistance_reference reference = { 0 };

        for (size_t i = 0; i < v->n; i++) {
                struct perf perf = get_perf(&v->nodes[i].value);

                if (d->places[i] == PLACE_SRAT && !v->nodes[i].keep &&
                    hmat_is_dram(f->assignment->nodes[i].node))
                        adistance_add_dram(&reference, &perf);
        }
        return reference;
}

static bool are_together(const struct adistance_reference *reference, const struct hmat_pair *a,
                         const struct hmat_pair *b)
{
        struct perf x = get_perf(a), y = get_perf(b);
        int of_a, of_b;

        return adistance_from_perf(reference, &x, &of_a) < 0 ||
               adistance_from_perf(reference, &y, &of_b) < 0 ||
               adistance_to_tier(of_a) == adistance_to_tier(of_b);
}

/* The values of leader for the nodes of its tier that Linux would part from it. */
static void level_tier(const struct hmat_facts *f, const struct hmat_domains *d,
                       const struct adistance_reference *reference, size_t leader,
                       struct hmat_values *v, struct messages *remarks)
{
        const struct assignment *a = f->assignment;
        const struct hmat_pair *value = &v->nodes[leader].value;
        char l[UNIT_STRING_MAX], b[UNIT_STRING_MAX], list[NODESET_STRING_MAX];
        struct nodeset changed = { 0 };

        for (size_t i = 0; i < v->n; i++)
                if (is_classified(f, d, v, i) && a->nodes[i].tier == a->nodes[leader].tier &&
                    !are_together(reference, &v->nodes[i].value, value)) {
                        v->nodes[i].value = *value;
                        nodeset_add(&changed, a->nodes[i].node->id);
                }
        if (nodeset_count(&changed) > 0)
                messages_add(
                        remarks,
                        "Node%s %s: the table has the values of node %u (%s, %s). The policy "
                        "has all of them in tier %s. With %s own values Linux would put %s into "
                        "another tier.",
                        plural(nodeset_count(&changed)), nodeset_format(&changed, list),
                        a->nodes[leader].node->id, format_latency(to_linux(value, READ_LATENCY), l),
                        format_bandwidth(value->v[READ_BANDWIDTH], b),
                        a->tiers[a->nodes[leader].tier].name,
                        nodeset_count(&changed) == 1 ? "its" : "their",
                        nodeset_count(&changed) == 1 ? "it" : "them");
}

void hmat_values_level(const struct hmat_facts *f, const struct hmat_domains *d,
                       struct hmat_values *v, struct messages *remarks)
{
        size_t baseline = find_baseline(f, d, v), leader;
        struct adistance_reference reference;

        if (baseline != SIZE_MAX && !are_alike(f, d, v, baseline))
                level_peers(f, d, v, baseline, remarks);
        reference = find_reference(f, d, v);
        for (size_t t = 0; t < f->assignment->n_tiers; t++) {
                leader = SIZE_MAX;
                for (size_t i = v->n; i-- > 0;)
                        if (is_classified(f, d, v, i) && f->assignment->nodes[i].tier == t &&
                            leader != baseline)
                                leader = i;
                if (leader != SIZE_MAX)
                        level_tier(f, d, &reference, leader, v, remarks);
        }
}
