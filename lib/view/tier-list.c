/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/tier-list.h"

#include <errno.h>

static const struct view_tier *find_tier(const struct view *v, const char *name)
{
        for (size_t i = 0; i < v->n_tiers; i++)
                if (streq(v->tiers[i].name, name))
                        return &v->tiers[i];
        return NULL;
}

/* "expected one of hbm, dram, cxl, far" */
static int refuse(const struct view *v, const char *name, struct messages *errors)
{
        _cleanup_(freep) char *names = NULL;
        size_t size;
        FILE *f = open_memstream(&names, &size);

        if (!f)
                return -ENOMEM;
        for (size_t i = 0; i < v->n_tiers; i++)
                fprintf(f, "%s%s", i == 0 ? "" : ", ", v->tiers[i].name);
        if (fclose(f) != 0)
                return -ENOMEM;
        messages_add(errors, "tier \"%s\": the policy has no such tier; expected one of %s", name,
                     names);
        return -EINVAL;
}

static void add_nodes(const struct view *v, const struct view_tier *t, struct nodeset *nodes)
{
        nodeset_foreach (n, &t->nodes) {
                const struct view_node *node = view_get_node(v, n);

                if (node && node->has_memory)
                        nodeset_add(nodes, n);
        }
}

int tier_list_find_nodes(const struct view *v, const char *list, struct nodeset *ret,
                         struct messages *errors)
{
        _cleanup_(freep) char *names = strdup(list);
        struct nodeset nodes = { 0 };
        char *rest = names, *name;

        if (!names)
                return -ENOMEM;
        while ((name = strsep(&rest, ","))) {
                const struct view_tier *t = find_tier(v, name);

                if (!t)
                        return refuse(v, name, errors);
                add_nodes(v, t, &nodes);
        }
        if (nodeset_count(&nodes) == 0) {
                messages_add(errors, "tier \"%s\": no node with memory belongs in it", list);
                return -ENOENT;
        }
        *ret = nodes;
        return 0;
}
