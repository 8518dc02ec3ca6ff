/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reconcile.h"

#include <errno.h>

#include "apply/difference.h"
#include "classify/assign.h"
#include "classify/baseline.h"
#include "classify/sanity.h"
#include "facts/packages.h"
#include "facts/settings.h"
#include "state/recall.h"
#include "state/update.h"

/* What the node is cannot be read now: the last assignment stays, as long as its policy does. */
static void keep_node(struct state *state, const struct assignment *a, struct state_node *s,
                      const struct node *n)
{
        if (state->policy != a->policy->hash)
                free(TAKE_PTR(s->tier));
        if (n->present_tier != TIER_UNKNOWN && !node_is_kept(n, FACT_TIER))
                s->present_tier = n->present_tier;
}

/* A tier that is not known now says nothing of manual moves, nor does one of an earlier pass, or an
 * interface that is not known. */
static void note_placement(struct state_node *s, const struct node_assignment *n)
{
        const struct node *node = n->node;

        if (node->present_tier == TIER_UNKNOWN || node_is_kept(node, FACT_TIER))
                return;
        s->present_tier = node->present_tier;
        if (node->unreadable & (1U << FACT_INTERFACE))
                return;
        s->manual = n->cause == CAUSE_MANUAL;
        if (!node_can_be_moved(node))
                s->placed = TIER_UNKNOWN;
        else if (!s->manual && node->present_tier == n->wanted_tier)
                s->placed = n->wanted_tier;
}

static int note_key(struct state_node *s, const struct node *n)
{
        if (s->key || !n->key)
                return 0;
        s->key = strdup(n->key);
        return s->key ? 0 : -ENOMEM;
}

static int note_node(struct state *state, const struct assignment *a,
                     const struct node_assignment *n)
{
        struct state_node *s = state_make_node(state, n->node->id);
        const char *name = assignment_tier_name(a, n);
        char *tier;

        if (!s || note_key(s, n->node) < 0)
                return -ENOMEM;
        if (n->cause == CAUSE_UNREADABLE) {
                keep_node(state, a, s, n->node);
                return 0;
        }
        tier = name ? strdup(name) : NULL;
        if (name && !tier)
                return -ENOMEM;
        free(s->tier);
        s->tier = tier;
        note_placement(s, n);
        return 0;
}

/* What the policy names is no choice to stay with. */
static int note_baseline(struct state *state, const struct assignment *a)
{
        if (!a->baseline)
                return 0;
        if (!baseline_is_named(a->policy, a->baseline))
                return state_note_baseline(state, a->baseline);
        free(TAKE_PTR(state->baseline));
        return 0;
}

static int update_state(struct state *state, const struct assignment *a)
{
        int r;

        r = state_update(state, a->machine);
        if (r == 0)
                r = note_baseline(state, a);
        if (r < 0)
                return r;
        for (size_t i = 0; i < a->n_nodes; i++) {
                r = a->nodes[i].node->has_memory ? note_node(state, a, &a->nodes[i]) : 0;
                if (r < 0)
                        return r;
        }
        state->policy = a->policy->hash;
        return 0;
}

static bool sets_knobs(const struct policy *p)
{
        return p->numa_balancing != BALANCING_LEAVE || p->has_promote_rate_limit ||
               p->weighted_interleave != WEIGHTS_LEAVE;
}

/* What only a program that shows the machine might ask for. */
static int read_rest(struct sysroot *root, struct snapshot *s)
{
        struct messages ignored = MESSAGES_INIT; /* of what no pass depends on */
        int r = survey_fill_distances(root, &s->machine->memory, s->machine, &ignored);

        packages_read(root, &s->machine->cpu, s->machine);
        messages_done(&ignored);
        return r;
}

static int find_difference(struct sysroot *root, struct tier_reading tiers, struct state *state,
                           const struct machine *previous, struct snapshot *ret)
{
        int r;

        r = machine_read(root, tiers, state, previous, &ret->problems, &ret->machine);
        if (r == 0)
                r = state_follow(state, ret->machine);
        if (r == 0)
                machine_read_guard(root, ret->machine, &ret->problems);
        if (r == 0 && (sets_knobs(ret->policy) || sysroot_reads_all(root)))
                r = machine_read_knobs(root, ret->machine, &ret->problems);
        if (r < 0)
                return r;
        r = assignment_new(ret->machine, ret->policy, state, &ret->warnings, &ret->assignment);
        if (r < 0)
                return r;
        sanity_check(ret->assignment, &ret->bugs);
        r = sysroot_reads_all(root) ? read_rest(root, ret) : 0;
        if (r < 0)
                return r;
        return plan_new(ret->assignment, state, &ret->warnings, &ret->plan);
}

/* What was too busy, or went away, is tried again by the next pass: it counts then. */
static void count_moves(struct state_activity *a, const struct report *report)
{
        for (size_t i = 0; i < report->n_entries; i++) {
                const struct report_entry *e = &report->entries[i];

                if (e->write->kind != WRITE_NODE_TIER)
                        continue;
                a->moves += e->outcome == OUTCOME_DONE || e->outcome == OUTCOME_UNVERIFIED;
                a->failed_moves += e->outcome == OUTCOME_FAILED || e->outcome == OUTCOME_IGNORED;
        }
}

static int write_difference(struct sysroot *root, struct state *state, struct snapshot *s)
{
        int r;

        r = update_state(state, s->assignment);
        if (r == 0)
                r = apply_plan(root, s->plan, state, &s->problems, &s->report);
        if (r == 0 && s->report)
                count_moves(&state->activity, s->report);
        /* apply_plan() saved the state before its first write; what the writes did comes on top */
        return r < 0 ? r : state_save(root, state, &s->problems);
}

int reconcile(struct sysroot *root, struct policy *policy, struct tier_reading tiers,
              enum reconcile_mode mode, struct state *state, const struct snapshot *previous,
              struct snapshot **ret)
{
        struct snapshot *s;
        int r;

        *ret = NULL;
        r = snapshot_new(policy, &s);
        if (r < 0)
                return r;
        r = find_difference(root, tiers, state, previous ? previous->machine : NULL, s);
        if (r == 0 && mode == RECONCILE_APPLY)
                r = survey_fill_keys(root, s->machine); /* for the state */
        if (r == 0 && mode == RECONCILE_APPLY)
                r = write_difference(root, state, s);
        s->error = r;
        *ret = s;
        return r;
}
