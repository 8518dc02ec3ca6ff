/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/usage.h"

static bool has_baseline(const struct view *v, const struct view_tier *t)
{
        nodeset_foreach (id, &t->nodes) {
                const struct view_node *n = view_get_node(v, id);

                if (n && n->is_baseline)
                        return true;
        }
        return false;
}

void view_get_usage_tiers(const struct view *v, struct usage_tiers *ret)
{
        *ret = (struct usage_tiers){ .n = (unsigned)v->n_tiers,
                                     .first_slow = (unsigned)v->n_tiers };
        for (unsigned node = 0; node < NODE_MAX; node++)
                ret->of_node[node] = ret->n;
        for (unsigned i = 0; i < ret->n; i++) {
                nodeset_foreach (node, &v->tiers[i].nodes)
                        ret->of_node[node] = i;
                if (has_baseline(v, &v->tiers[i]))
                        ret->first_slow = i + 1;
        }
}
