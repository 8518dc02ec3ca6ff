/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/memory.h"

#include <errno.h>
#include <limits.h>
#include <numa.h>
#include <numaif.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/nodeset.h"

#define HUGE_PAGE   (2UL << 20)
#define SAMPLES     512
#define BITS        (sizeof(unsigned long) * CHAR_BIT)
#define MASK_LENGTH (NODE_MAX / BITS)

static int bind_memory(const struct memory *m)
{
        unsigned long mask[MASK_LENGTH] = { 0 };

        mask[m->node / BITS] = 1UL << m->node % BITS;
        /* the kernel uses one bit less than the given number (mm/mempolicy.c:get_nodes) */
        if (mbind(m->start, m->size, MPOL_BIND, mask, NODE_MAX + 1, 0) < 0)
                return -errno;
        return 0;
}

int memory_map(unsigned node, size_t size, struct messages *errors, struct memory *ret)
{
        struct memory m = { .node = node };
        int r;

        *ret = m;
        if (numa_available() < 0) {
                messages_add(errors,
                             "node %u: this kernel does not let programs choose the node of "
                             "their memory",
                             node);
                return -ENOSYS;
        }
        m.size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
        m.mapped = m.size + HUGE_PAGE;
        m.mapping = mmap(NULL, m.mapped, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m.mapping == MAP_FAILED) {
                r = -errno;
                messages_add(errors, "node %u: cannot map memory: %s", node, strerror(-r));
                return r;
        }
        m.start = (char *)(((uintptr_t)m.mapping + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
        *ret = m;
        (void)madvise(m.start, m.size, MADV_HUGEPAGE); /* without huge pages it works too */
        r = bind_memory(&m);
        if (r < 0)
                messages_add(errors, "node %u: cannot bind memory to it: %s%s", node, strerror(-r),
                             r == -EINVAL ? " (is it in this process's cpuset?)" : "");
        return r;
}

int memory_verify(const struct memory *m, struct messages *errors)
{
        size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = m->size / page;
        unsigned n = pages < SAMPLES ? (unsigned)pages : SAMPLES, elsewhere = 0;
        void *addresses[SAMPLES];
        int status[SAMPLES], r;

        for (unsigned i = 0; i < n; i++)
                addresses[i] = m->start + pages * i / n * page;
        if (move_pages(0, n, addresses, NULL, status, 0) < 0) {
                r = -errno;
                messages_add(errors, "node %u: cannot find out on which node the pages are: %s",
                             m->node, strerror(-r));
                return r;
        }
        for (unsigned i = 0; i < n; i++)
                elsewhere += status[i] != (int)m->node;
        if (elsewhere == 0)
                return 0;
        messages_add(errors,
                     "node %u: %u of %u pages are on another node: the values are not valid",
                     m->node, elsewhere, n);
        return -EXDEV;
}

void memory_done(struct memory *m)
{
        if (m->start)
                (void)munmap(m->mapping, m->mapped);
        *m = (struct memory){ 0 };
}
