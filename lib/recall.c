/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recall.h"

#include <errno.h>

#include "measured.h"

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
        r = identity_read_key(root, n, &key);
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

int recall_figures(struct sysroot *root, struct machine *m, const struct state *state,
                   struct messages *problems)
{
        _cleanup_(measured_freep) struct measured *measured = NULL;
        int r;

        r = measured_load(root, problems, &measured);
        for (size_t i = 0; r == 0 && i < m->n_nodes; i++)
                r = recall_node(root, &m->nodes[i], state, measured);
        return r;
}
