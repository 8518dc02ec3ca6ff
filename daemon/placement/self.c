/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/self.h"

#include <errno.h>
#include <numa.h>
#include <sched.h>

#include "placement/process.h"

#define STATUS "proc/self/status"

static int read_memory(struct sysroot *root, struct nodeset *ret)
{
        _cleanup_(freep) char *text = NULL;
        int r = sysroot_read_alloc(root, STATUS, &text);

        return r < 0 ? r : process_parse_memory(text, ret);
}

/* Those of a node that this process may use; libnuma reads that once, at its start. */
static bool has_cpu(struct bitmask *cpus, unsigned node)
{
        if (numa_node_to_cpus((int)node, cpus) < 0)
                return false;
        for (unsigned long cpu = 0; cpu < cpus->size; cpu++)
                if (numa_bitmask_isbitset(cpus, (unsigned)cpu) &&
                    numa_bitmask_isbitset(numa_all_cpus_ptr, (unsigned)cpu))
                        return true;
        return false;
}

static void read_cpus(const struct machine *m, struct allowance *ret)
{
        struct bitmask *cpus;
        int cpu = sched_getcpu(), node = cpu < 0 ? -1 : numa_node_of_cpu(cpu);

        if (node >= 0)
                ret->node = (unsigned)node;
        cpus = numa_allocate_cpumask();
        if (!cpus)
                return;
        ret->cpus = (struct nodeset){ 0 };
        nodeset_foreach (n, &m->cpu)
                if (has_cpu(cpus, n))
                        nodeset_add(&ret->cpus, n);
        numa_free_cpumask(cpus);
}

void self_read(struct sysroot *root, const struct machine *m, struct allowance *ret)
{
        *ret = (struct allowance){ m->memory, m->cpu, nodeset_next(&m->cpu, 0) };
        if (!sysroot_is_live(root))
                return;
        (void)read_memory(root, &ret->memory); /* the kernel refuses what is not allowed */
        if (numa_available() >= 0)
                read_cpus(m, ret);
}

static int report(int error, const char *what)
{
        fprintf(stderr, "numatier: %s: %s%s\n", what, strerror(-error),
                error == -EPERM ? ". Containers often forbid this system call (seccomp)" : "");
        return error;
}

static int run_near(unsigned node)
{
        struct bitmask *cpus = numa_allocate_cpumask();
        int r = cpus ? numa_node_to_cpus((int)node, cpus) : -1;

        if (r == 0) {
                for (unsigned long cpu = 0; cpu < cpus->size; cpu++)
                        if (!numa_bitmask_isbitset(numa_all_cpus_ptr, (unsigned)cpu))
                                numa_bitmask_clearbit(cpus, (unsigned)cpu);
                r = numa_sched_setaffinity(0, cpus);
        }
        r = r < 0 ? -errno : 0;
        if (cpus)
                numa_free_cpumask(cpus);
        return r;
}

int self_set(struct placement *p, set_mempolicy_fn set)
{
        const struct mode *wanted = p->mode;
        int r;

        if (p->is_local) {
                r = run_near(p->cpus);
                if (r < 0)
                        return report(r, "cannot set the CPUs (sched_setaffinity)");
        }
        r = mode_set(wanted, &p->nodes, set, &p->mode);
        if (r < 0)
                return report(r, "cannot set the memory policy (set_mempolicy)");
        if (p->mode != wanted)
                fprintf(stderr,
                        "numatier: warning: this kernel has no policy \"%s\", which Linux %d.%d "
                        "and later have: \"%s\" is used instead\n",
                        wanted->name, wanted->since / 1000, wanted->since % 1000, p->mode->name);
        return 0;
}
