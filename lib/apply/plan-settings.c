/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>

#include "apply/knobs.h"
#include "apply/plan-steps.h"
#include "apply/weights.h"
#include "base/units.h"

static int plan_switch(struct plan *p, enum write_kind kind, const struct knob *knob, bool wanted,
                       const char *reason)
{
        if (knob->value == wanted)
                return 0;
        return plan_add_write(p, (struct plan_write){
                                         .kind = kind,
                                         .path = knob_make_path(kind, INTERFACE_NONE, 0),
                                         .value = strdup(wanted ? "true" : "false"),
                                         .before = strdup(knob->value ? "true" : "false"),
                                         .expect = strdup(wanted ? "true" : "false"),
                                         .reason = strdup(reason),
                                 });
}

/* node: of the file, if there is one for each node. */
static int plan_number(struct plan *p, enum write_kind kind, unsigned node, unsigned before,
                       unsigned wanted, const char *reason)
{
        if (before == wanted)
                return 0;
        return plan_add_write(p, (struct plan_write){
                                         .kind = kind,
                                         .path = knob_make_path(kind, INTERFACE_NONE, node),
                                         .value = text_new("%u", wanted),
                                         .before = text_new("%u", before),
                                         .expect = text_new("%u", wanted),
                                         .reason = strdup(reason),
                                         .node = node,
                                 });
}

static bool knob_is_there(const struct knob *knob, const char *key, struct messages *warnings)
{
        if (!knob->present && !knob->unreadable) /* which was reported when it was read */
                messages_add(warnings, "The policy sets %s, which this kernel does not have", key);
        return knob->present;
}

static int plan_demotion(struct plan *p, const struct machine *m, const struct policy *policy,
                         struct messages *warnings)
{
        if (policy->demotion == SWITCH_LEAVE || !knob_is_there(&m->demotion, "demotion", warnings))
                return 0;
        return plan_switch(p, WRITE_DEMOTION, &m->demotion, policy->demotion != SWITCH_NO,
                           "[apply] demotion");
}

/* Whether a node may yet be found out of place: its tier is not known now, but will be. */
static bool awaits_moves(const struct plan *p, const struct machine *m)
{
        if (p->interface == INTERFACE_NONE || m->module_clears)
                return false;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].unsettled)
                        return true;
        return m->tiers_withheld;
}

/* While the module moves a node, NUMA balancing is off for a moment. What is off again at the next
 * pass was switched off by somebody. */
static bool is_interrupted(const struct machine *m, const struct state *state)
{
        return m->module_loaded && m->numa_balancing.value == 0 && state->tiering &&
               !state->seen_off;
}

/* Tiering mode comes after the moves: once it was on, some are no longer safe
 * (plan_keep_from_top_tier()). */
static int plan_tiering(struct plan *p, const struct machine *m, const struct state *state)
{
        unsigned before = m->numa_balancing.value;
        size_t n = p->n_writes;
        int r;

        if (!machine_is_tiering(m) && awaits_moves(p, m))
                return 0;
        if (is_interrupted(m, state))
                return 0;
        r = plan_number(p, WRITE_NUMA_BALANCING, 0, before, before | BALANCING_TIERING_BIT,
                        "[apply] numa-balancing");
        if (r == 0 && p->n_writes > n)
                p->writes[n].after_moves = !m->module_clears;
        return r;
}

static int plan_balancing(struct plan *p, const struct assignment *a, const struct state *state,
                          struct messages *warnings)
{
        const struct policy *policy = a->policy;
        const struct machine *m = a->machine;

        if (policy->numa_balancing == BALANCING_LEAVE ||
            !knob_is_there(&m->numa_balancing, "numa-balancing", warnings))
                return 0;
        if (policy->numa_balancing == BALANCING_TIERING)
                return plan_tiering(p, m, state);
        return plan_number(p, WRITE_NUMA_BALANCING, 0, m->numa_balancing.value, 0,
                           "[apply] numa-balancing");
}

static int plan_rate_limit(struct plan *p, const struct machine *m, const struct policy *policy,
                           struct messages *warnings)
{
        if (!policy->has_promote_rate_limit ||
            !knob_is_there(&m->promote_rate_limit, "promotion-rate-limit", warnings))
                return 0;
        return plan_number(p, WRITE_PROMOTE_RATE_LIMIT, 0, m->promote_rate_limit.value,
                           policy->promote_rate_limit, "[apply] promotion-rate-limit");
}

static int plan_weight(struct plan *p, const struct weight *before, unsigned wanted,
                       double bandwidth)
{
        char buf[UNIT_STRING_MAX], reason[UNIT_STRING_MAX + 64];

        snprintf(reason, sizeof(reason), "[apply] weighted-interleave: bandwidth %s",
                 format_bandwidth(bandwidth, buf));
        return plan_number(p, WRITE_WEIGHT, before->node, before->value, wanted, reason);
}

/* The weights that are to be set (a node to be ignored keeps its own), and the bandwidth of each of
 * their nodes. False: not all are known, or there are none. */
static bool find_bandwidths(const struct assignment *a, struct weight *ret_weights,
                            double *ret_bandwidths, size_t *ret_n, struct messages *warnings)
{
        const struct machine *m = a->machine;
        size_t count = 0;

        for (size_t i = 0; i < m->n_weights; i++) {
                const struct node_assignment *n = assignment_get_node(a, m->weights[i].node);

                if (n && n->cause == CAUSE_IGNORED)
                        continue;
                if (n && (n->cause == CAUSE_UNREADABLE || n->figures.bandwidth.unreadable)) {
                        messages_add(warnings,
                                     "weighted-interleave = by-bandwidth: what node %u is cannot "
                                     "be read now: weights are left alone",
                                     m->weights[i].node);
                        return false;
                }
                if (!n || !figure_is_known(&n->figures.bandwidth)) {
                        messages_add(
                                warnings,
                                "weighted-interleave = by-bandwidth needs the bandwidth of every "
                                "node, and that of node %u is unknown: weights are left alone",
                                m->weights[i].node);
                        return false;
                }
                ret_weights[count] = m->weights[i];
                ret_bandwidths[count++] = n->figures.bandwidth.value;
        }
        *ret_n = count;
        return count > 0;
}

static int plan_weights_for(struct plan *p, const struct machine *m, const struct weight *weights,
                            const double *bandwidths, const unsigned *wanted, size_t n)
{
        bool same = true;
        int r = 0;

        for (size_t i = 0; i < n; i++)
                same = same && weights[i].value == wanted[i];
        if (same)
                return 0;
        /* Writing a weight would switch the kernel's own mode off unasked: done, and undone, by
         * name. */
        if (m->weight_auto.present)
                r = plan_switch(p, WRITE_WEIGHT_AUTO, &m->weight_auto, false,
                                "[apply] weighted-interleave: the kernel's own weights give way");
        for (size_t i = 0; i < n; i++) {
                if (r < 0)
                        return r;
                r = plan_weight(p, &weights[i], wanted[i], bandwidths[i]);
        }
        return r;
}

static int plan_weights(struct plan *p, const struct assignment *a, struct messages *warnings)
{
        const struct machine *m = a->machine;
        _cleanup_(freep) struct weight *weights = NULL;
        _cleanup_(freep) double *bandwidths = NULL;
        _cleanup_(freep) unsigned *wanted = NULL;
        size_t n;

        if (a->policy->weighted_interleave == WEIGHTS_LEAVE)
                return 0;
        if (m->weights_unreadable) {
                messages_add(warnings, "weighted-interleave = by-bandwidth: the weight of a node "
                                       "cannot be read now: weights are left alone");
                return 0;
        }
        if (m->n_weights == 0) {
                messages_add(
                        warnings,
                        "The policy sets weighted-interleave, which this kernel does not have");
                return 0;
        }
        weights = calloc(m->n_weights, sizeof(*weights));
        bandwidths = calloc(m->n_weights, sizeof(*bandwidths));
        wanted = calloc(m->n_weights, sizeof(*wanted));
        if (!weights || !bandwidths || !wanted)
                return -ENOMEM;
        if (!find_bandwidths(a, weights, bandwidths, &n, warnings))
                return 0;
        if (!weights_from_bandwidths(bandwidths, wanted, n))
                messages_add(warnings, "The bandwidths differ by more than weights of 1 to 255 can "
                                       "tell: the ratio is kept as nearly as possible");
        return plan_weights_for(p, m, weights, bandwidths, wanted, n);
}

int plan_knobs(struct plan *p, const struct assignment *a, const struct state *state,
               struct messages *warnings)
{
        const struct machine *m = a->machine;
        int r;

        r = plan_demotion(p, m, a->policy, warnings);
        if (r == 0)
                r = plan_balancing(p, a, state, warnings);
        if (r == 0)
                r = plan_rate_limit(p, m, a->policy, warnings);
        if (r == 0)
                r = plan_weights(p, a, warnings);
        return r;
}
