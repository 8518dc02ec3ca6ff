/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/recall.h"

#include <errno.h>

#include "facts/gpu.h"
#include "facts/keep.h"
#include "facts/key.h"
#include "state/measured.h"

static bool may_be_remembered(const struct node *n, const struct state *state)
{
        return state && state->n_memories > 0 && !n->access_present[ACCESS_LOCAL] &&
               !n->access_present[ACCESS_CPU];
}

/* A file that cannot be understood where the values of this memory may stand. */
static bool measured_may_be_lost(const struct measured *measured, const struct node *n)
{
        return n->key && measured_is_unreadable(measured, n->key);
}

static void recall_measured(struct node *n, const struct measured *measured,
                            const struct machine *previous)
{
        const struct perf *perf = n->key ? measured_get(measured, n->key) : NULL;
        const struct node *lender;

        if (perf)
                n->measured = *perf;
        if (perf || !measured_may_be_lost(measured, n))
                return;
        node_mark_unreadable(n, FACT_MEASURED);
        lender = keep_find_lender(previous, n, FACT_MEASURED);
        if (!lender)
                return;
        n->measured = lender->measured;
        keep_mark(n, FACT_MEASURED);
}

/* The key of a node with CPUs, which the survey leaves out: as the last pass had it, or as it
 * stands where something is remembered of that memory. A damaged file may hold any key. */
static int recall_key(struct sysroot *root, const struct machine *m, struct node *n,
                      const struct state *state, const struct measured *measured,
                      const struct machine *previous)
{
        const struct node *p = previous ? machine_get_node(previous, n->id) : NULL;
        int r = 0;

        if (sysroot_reads_all(root))
                return key_fill(root, m, n);
        if (p && p->key)
                return key_confirm(root, m, n, p->key);
        if (measured->n_bad > 0 || measured->error < 0)
                return key_fill(root, m, n);
        if (state && state->baseline)
                r = key_confirm(root, m, n, state->baseline);
        for (size_t i = 0; i < measured->n; i++) {
                if (r < 0 || n->key)
                        return r;
                r = key_confirm(root, m, n, measured->memories[i].key);
        }
        return r;
}

static int recall_node(struct sysroot *root, const struct machine *m, struct node *n,
                       const struct state *state, const struct measured *measured,
                       const struct machine *previous)
{
        const struct state_memory *memory = NULL;
        int r;

        if (!n->has_memory)
                return 0;
        if (!n->key && n->has_cpu) {
                r = recall_key(root, m, n, state, measured, previous);
                if (r < 0)
                        return r;
        }
        recall_measured(n, measured, previous);
        if (n->key && may_be_remembered(n, state))
                memory = state_get_memory(state, n->key);
        if (!memory)
                return 0;
        memcpy(n->access, memory->access, sizeof(n->access));
        n->remembered = true;
        return 0;
}

static int recall_figures(struct sysroot *root, struct machine *m, const struct state *state,
                          const struct machine *previous, struct messages *problems)
{
        _cleanup_(measured_freep) struct measured *measured = NULL;
        int r;

        r = measured_load(root, problems, &measured);
        if (r < 0)
                return r;
        for (size_t i = 0; i < m->n_nodes; i++) {
                r = recall_node(root, m, &m->nodes[i], state, measured, previous);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The driver does not report a node now, but did in this boot: it is the GPU's as long as its
 * memory stays. So it is while the driver is unloaded or the GPU is being reset. */
static int recall_gpu(struct sysroot *root, struct machine *m, const struct state_gpu *known)
{
        struct gpu *g = gpu_find(m, known->address);
        struct node *n = (struct node *)machine_get_node(m, known->node);

        if ((g && g->report != GPU_UNREADABLE) || !n || !gpu_may_own(n))
                return 0;
        if (g) {
                g->report = GPU_REMEMBERED;
                g->node = known->node;
        }
        return gpu_add_memory(root, n, known->address);
}

static void recall_tiers(struct sysroot *root, struct machine *m, const struct state *state)
{
        if (!state_daemon_is_alive(state, root))
                return;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct state_node *known = state_get_node(state, m->nodes[i].id);

                if (known)
                        m->nodes[i].known_tier = known->present_tier;
        }
}

int recall(struct sysroot *root, struct machine *m, const struct state *state,
           const struct machine *previous, struct messages *problems)
{
        size_t n_gpus = state ? state->n_gpus : 0;
        int r;

        for (size_t i = 0; i < n_gpus; i++) {
                r = recall_gpu(root, m, &state->gpus[i]);
                if (r < 0)
                        return r;
        }
        r = recall_figures(root, m, state, previous, problems);
        if (r == 0 && state)
                recall_tiers(root, m, state);
        return r;
}

int machine_read(struct sysroot *root, struct tier_reading tiers, const struct state *state,
                 const struct machine *previous, struct messages *problems, struct machine **ret)
{
        _cleanup_(machine_freep) struct machine *m = NULL;
        int r;

        r = survey_begin(root, previous, problems, &m);
        if (r == 0)
                r = recall(root, m, state, previous, problems);
        if (r == 0)
                r = survey_finish(root, tiers, previous, m, problems);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}
