/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/recall.h"

#include <errno.h>

#include "facts/gpu.h"
#include "facts/key.h"
#include "state/measured.h"

static bool may_be_remembered(const struct node *n, const struct state *state)
{
        return state && state->n_memories > 0 && !n->access_present[ACCESS_LOCAL] &&
               !n->access_present[ACCESS_CPU];
}

static int recall_node(struct sysroot *root, struct node *n, const struct state *state,
                       const struct measured *measured)
{
        _cleanup_(freep) char *key = NULL;
        const struct state_memory *memory;
        const struct perf *perf;
        int r;

        if (!n->has_memory ||
            (measured->n == 0 && !may_be_remembered(n, state) && !sysroot_reads_all(root)))
                return 0;
        r = key_read(root, n, &key);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        perf = measured_get(measured, key);
        if (perf)
                n->measured = *perf;
        memory = may_be_remembered(n, state) ? state_get_memory(state, key) : NULL;
        if (!memory)
                return 0;
        memcpy(n->access, memory->access, sizeof(n->access));
        n->remembered = true;
        return 0;
}

static int recall_figures(struct sysroot *root, struct machine *m, const struct state *state,
                          struct messages *problems)
{
        _cleanup_(measured_freep) struct measured *measured = NULL;
        int r;

        r = measured_load(root, problems, &measured);
        for (size_t i = 0; r == 0 && i < m->n_nodes; i++)
                r = recall_node(root, &m->nodes[i], state, measured);
        return r;
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
           struct messages *problems)
{
        int r = 0;

        for (size_t i = 0; r == 0 && state && i < state->n_gpus; i++)
                r = recall_gpu(root, m, &state->gpus[i]);
        if (r == 0)
                r = recall_figures(root, m, state, problems);
        if (r == 0 && state)
                recall_tiers(root, m, state);
        return r;
}

int machine_read(struct sysroot *root, enum tier_reading tiers, const struct state *state,
                 struct messages *problems, struct machine **ret)
{
        _cleanup_(machine_freep) struct machine *m = NULL;
        int r;

        r = survey_begin(root, problems, &m);
        if (r == 0)
                r = recall(root, m, state, problems);
        if (r == 0)
                r = survey_finish(root, tiers, m, problems);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}
