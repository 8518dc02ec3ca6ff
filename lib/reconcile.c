/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reconcile.h"

#include <errno.h>

#include "apply/difference.h"
#include "classify/assign.h"
#include "classify/sanity.h"
#include "facts/key.h"
#include "facts/knobs.h"
#include "facts/settings.h"
#include "state/recall.h"

/* Figures that the kernel shows now, and will not after the node's memory went and came. Nodes with
 * CPUs do not go. */
static int remember_figures(struct sysroot *root, const struct machine *m, struct state *state)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];
                _cleanup_(freep) char *key = NULL;
                int r;

                if (!n->has_memory || n->has_cpu || n->remembered ||
                    (!n->access_present[ACCESS_LOCAL] && !n->access_present[ACCESS_CPU]))
                        continue;
                r = key_read(root, n, &key);
                if (r == 0)
                        r = state_remember_memory(state, key, n);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

/* Without our module, which keeps them, overrides go with the memory: nothing is left to undo. */
static void forget_override(const struct machine *m, struct state *state, struct state_node *s)
{
        char path[64];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/" OVERRIDE_FILE, s->node);
        if (m->module_loaded || !state_get_original(state, path))
                return;
        state_forget_original(state, path);
        s->original_tier = TIER_UNKNOWN;
}

/* A node whose memory went is forgotten but for what an undo needs. */
static void forget_nodes(const struct machine *m, struct state *state)
{
        for (size_t i = state->n_nodes; i-- > 0;) {
                struct state_node *s = &state->nodes[i];

                if (nodeset_has(&m->memory, s->node))
                        continue;
                forget_override(m, state, s);
                if (s->original_tier == TIER_UNKNOWN) {
                        state_forget_node(state, s->node);
                        continue;
                }
                free(TAKE_PTR(s->tier));
                s->present_tier = s->placed = TIER_UNKNOWN;
                s->manual = false;
        }
}

/* A GPU that its driver does not list is remembered as long as its memory is there. */
static void forget_gpus(const struct machine *m, struct state *state)
{
        for (size_t i = state->n_gpus; i-- > 0;) {
                const struct state_gpu *known = &state->gpus[i];
                bool listed = m->gpus_unlisted;

                for (size_t j = 0; j < m->n_gpus; j++)
                        listed = listed || streq(m->gpus[j].address, known->address);
                if (!listed && !nodeset_has(&m->memory, known->node))
                        state_forget_gpu(state, known->address);
        }
}

static int remember_gpus(const struct machine *m, struct state *state)
{
        int r = 0;

        forget_gpus(m, state);
        for (size_t i = 0; r == 0 && i < m->n_gpus; i++) {
                if (m->gpus[i].report == GPU_NODE)
                        r = state_remember_gpu(state, m->gpus[i].address, m->gpus[i].node);
                else if (m->gpus[i].report == GPU_NO_NODE)
                        state_forget_gpu(state, m->gpus[i].address);
        }
        return r;
}

/* What the node is cannot be read now: the last assignment stays, as long as its policy does. */
static void keep_node(struct state *state, const struct assignment *a, struct state_node *s,
                      const struct node *n)
{
        if (state->policy != a->policy->hash)
                free(TAKE_PTR(s->tier));
        if (n->present_tier != TIER_UNKNOWN)
                s->present_tier = n->present_tier;
}

static int note_node(struct state *state, const struct assignment *a,
                     const struct node_assignment *n)
{
        struct state_node *s = state_make_node(state, n->node->id);
        const char *name = assignment_tier_name(a, n);
        char *tier;

        if (!s)
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
        s->manual = n->cause == CAUSE_MANUAL;
        if (n->node->present_tier != TIER_UNKNOWN)
                s->present_tier = n->node->present_tier;
        if (!node_can_be_moved(n->node))
                s->placed = TIER_UNKNOWN;
        else if (!s->manual && n->node->present_tier == n->wanted_tier)
                s->placed = n->wanted_tier;
        return 0;
}

static int update_state(struct sysroot *root, const struct assignment *a, struct state *state)
{
        int r;

        forget_nodes(a->machine, state);
        for (size_t i = 0; i < a->n_nodes; i++) {
                if (!a->nodes[i].node->has_memory)
                        continue;
                r = note_node(state, a, &a->nodes[i]);
                if (r < 0)
                        return r;
        }
        state->policy = a->policy->hash;
        if (machine_is_tiering(a->machine))
                state->tiering = true;
        state->seen_off =
                a->machine->numa_balancing.present && a->machine->numa_balancing.value == 0;
        r = remember_gpus(a->machine, state);
        return r < 0 ? r : remember_figures(root, a->machine, state);
}

static bool sets_knobs(const struct policy *p)
{
        return p->numa_balancing != BALANCING_LEAVE || p->has_promote_rate_limit ||
               p->weighted_interleave != WEIGHTS_LEAVE;
}

static int find_difference(struct sysroot *root, enum tier_reading tiers, const struct state *state,
                           struct snapshot *ret)
{
        int r;

        r = machine_read(root, tiers, state, &ret->problems, &ret->machine);
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
        return plan_new(ret->assignment, state, &ret->warnings, &ret->plan);
}

static int save_if_changed(struct sysroot *root, struct state *state, const char *before)
{
        _cleanup_(freep) char *after = NULL;
        int r;

        r = state_format(state, &after);
        if (r < 0)
                return r;
        return streq(before, after) && !state->unsaved ? 0 : state_save(root, state);
}

static int write_difference(struct sysroot *root, struct state *state, struct snapshot *s)
{
        _cleanup_(freep) char *before = NULL;
        int r;

        r = state_format(state, &before);
        if (r == 0)
                r = update_state(root, s->assignment, state);
        if (r == 0)
                r = apply_plan(root, s->plan, state, &s->report);
        if (r < 0)
                return r;
        /* apply_plan() saved the state before its first write; what the writes did comes on top */
        return s->plan->n_writes > 0 ? state_save(root, state)
                                     : save_if_changed(root, state, before);
}

int reconcile(struct sysroot *root, struct policy *policy, enum tier_reading tiers,
              enum reconcile_mode mode, struct state *state, struct snapshot **ret)
{
        struct snapshot *s;
        int r;

        *ret = NULL;
        r = snapshot_new(policy, &s);
        if (r < 0)
                return r;
        r = find_difference(root, tiers, state, s);
        if (r == 0 && mode == RECONCILE_APPLY)
                r = write_difference(root, state, s);
        s->error = r;
        *ret = s;
        return r;
}
