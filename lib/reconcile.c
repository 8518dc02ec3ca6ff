/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reconcile.h"

#include <errno.h>

#include "knobs.h"
#include "sanity.h"

void reconciliation_done(struct reconciliation *r)
{
        report_free(r->report);
        plan_free(r->plan);
        assignment_free(r->assignment);
        machine_free(r->machine);
        messages_done(&r->bugs);
        messages_done(&r->warnings);
        messages_done(&r->problems);
        *r = (struct reconciliation){ 0 };
}

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
                r = identity_read_key(root, n, &key);
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
        s->kernel_tier = TIER_UNKNOWN;
}

/* A node whose memory went is forgotten but for what an undo needs. */
static void forget_nodes(const struct machine *m, struct state *state)
{
        for (size_t i = state->n_nodes; i-- > 0;) {
                struct state_node *s = &state->nodes[i];

                if (nodeset_has(&m->memory, s->node))
                        continue;
                forget_override(m, state, s);
                if (s->kernel_tier == TIER_UNKNOWN) {
                        state_forget_node(state, s->node);
                        continue;
                }
                free(TAKE_PTR(s->tier));
                s->memory_tier = s->placed = TIER_UNKNOWN;
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
        if (n->memory_tier != TIER_UNKNOWN)
                s->memory_tier = n->memory_tier;
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
        if (n->node->memory_tier != TIER_UNKNOWN)
                s->memory_tier = n->node->memory_tier;
        if (!node_can_be_moved(n->node))
                s->placed = TIER_UNKNOWN;
        else if (!s->manual && n->node->memory_tier == n->memory_tier)
                s->placed = n->memory_tier;
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

static int look_and_judge(struct sysroot *root, const struct policy *policy,
                          enum tier_reading tiers, const struct state *state,
                          struct reconciliation *ret)
{
        int r;

        r = machine_read(root, tiers, state, &ret->problems, &ret->machine);
        if (r == 0)
                machine_read_guard(root, ret->machine, &ret->problems);
        if (r == 0 && (sets_knobs(policy) || sysroot_reads_all(root)))
                r = machine_read_knobs(root, ret->machine, &ret->problems);
        if (r < 0)
                return r;
        r = assignment_new(ret->machine, policy, state, &ret->warnings, &ret->assignment);
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

int reconcile(struct sysroot *root, const struct policy *policy, enum tier_reading tiers,
              enum reconcile_mode mode, struct state *state, struct reconciliation *ret)
{
        _cleanup_(freep) char *before = NULL;
        int r;

        *ret = (struct reconciliation){ 0 };
        r = look_and_judge(root, policy, tiers, state, ret);
        if (r < 0 || mode == RECONCILE_PLAN)
                return r;
        r = state_format(state, &before);
        if (r < 0)
                return r;
        r = update_state(root, ret->assignment, state);
        if (r < 0)
                return r;
        r = apply(root, ret->plan, state, &ret->report);
        if (r < 0)
                return r;
        /* apply() saved the state before its first write; what the writes did comes on top */
        return ret->plan->n_writes > 0 ? state_save(root, state)
                                       : save_if_changed(root, state, before);
}
