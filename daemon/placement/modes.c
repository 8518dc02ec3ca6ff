/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/modes.h"

#include <errno.h>
#include <numaif.h>

#include "base/util.h"

/* libnuma 2.0.16 does not name these (include/uapi/linux/mempolicy.h). */
#define PREFERRED_MANY      5
#define WEIGHTED_INTERLEAVE 6

static const struct mode modes[] = {
        { "bind", MPOL_BIND, 0, NULL },
        { "preferred", MPOL_PREFERRED, 0, NULL },
        { "preferred-many", PREFERRED_MANY, 5015, "preferred" },
        { "interleave", MPOL_INTERLEAVE, 0, NULL },
        { "weighted-interleave", WEIGHTED_INTERLEAVE, 6009, "interleave" },
};

const struct mode *mode_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (streq(modes[i].name, name))
                        return &modes[i];
        return NULL;
}

/* The kernel takes the highest bit and one (mm/mempolicy.c:get_nodes). */
#define MAX_NODE (NODE_MAX + 1UL)
#define WORD     (8 * sizeof(unsigned long))

static int set_one(const struct mode *m, const struct nodeset *nodes, set_mempolicy_fn set)
{
        unsigned long mask[NODE_MAX / WORD] = { 0 };

        nodeset_foreach (n, nodes)
                mask[n / WORD] |= 1UL << n % WORD;
        return set(m->number, mask, MAX_NODE) < 0 ? -errno : 0;
}

int mode_set(const struct mode *m, const struct nodeset *nodes, set_mempolicy_fn set,
             const struct mode **ret)
{
        int r;

        r = set_one(m, nodes, set);
        if (r == -EINVAL && m->otherwise) {
                m = mode_find(m->otherwise);
                r = set_one(m, nodes, set);
        }
        if (r == 0)
                *ret = m;
        return r;
}
