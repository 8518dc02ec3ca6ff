/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/difference.h"

#include <errno.h>

#include "apply/plan-steps.h"

int plan_new(const struct assignment *a, const struct state *state, struct messages *warnings,
             struct plan **ret)
{
        _cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
        int r = 0;

        if (!p)
                return -ENOMEM;
        p->interface = plan_choose_interface(a->machine, a->policy, warnings);
        for (size_t i = 0; r == 0 && i < a->n_nodes; i++)
                r = plan_node(p, a, state, &a->nodes[i]);
        if (r == 0)
                r = plan_keep_from_top_tier(p, a->machine, state);
        /* After the moves, which tiering mode would make unsafe */
        if (r == 0)
                r = plan_knobs(p, a, state, warnings);
        if (r == 0)
                r = plan_against_freeze(p, a, state, warnings);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}
