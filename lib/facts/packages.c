/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/packages.h"

#include <limits.h>

#include "facts/knobs.h"

/* A list of CPUs may be long, and only its beginning counts. */
#define LIST_MAX 8192

/* "0-15,32-47": an online CPU, which alone has the files of its topology. */
static bool read_first_cpu(struct sysroot *root, unsigned node, unsigned *ret)
{
        char buf[LIST_MAX];

        return sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/cpulist", node) > 0 &&
               sscanf(buf, "%u", ret) == 1;
}

/* -1 is a kernel that does not know (Documentation/admin-guide/cputopology.rst). */
static void read_package(struct sysroot *root, struct node *n)
{
        unsigned cpu, package;

        if (!read_first_cpu(root, n->id, &cpu) ||
            sysroot_read_unsignedf(root, INT_MAX, &package, NULL,
                                   "sys/devices/system/cpu/cpu%u/topology/physical_package_id",
                                   cpu) < 0)
                return;
        n->has_package = true;
        n->package = (int)package;
}

void packages_read(struct sysroot *root, const struct nodeset *nodes, struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_cpu && nodeset_has(nodes, m->nodes[i].id))
                        read_package(root, &m->nodes[i]);
}
