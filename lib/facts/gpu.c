/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/gpu.h"

#include <ctype.h>
#include <errno.h>

#include "facts/cxl.h"
#include "facts/keep.h"

#define NVIDIA_DIR  "proc/driver/nvidia/gpus"
#define STATUS_SIZE 512

struct search {
        struct sysroot *root;
        struct machine *machine;
};

bool gpu_is_address(const char *name)
{
        size_t n = strspn(name, "0123456789abcdefABCDEF:.");

        return n > 0 && n <= GPU_ADDRESS_MAX && name[n] == '\0';
}

/* kernel-open/nvidia/nv-procfs.c:nv_procfs_read_numa_status writes "Node:      2", -1 for none. */
static int parse_report(const char *text, struct gpu *gpu)
{
        const char *found = strstr(text, "Node:");
        char *end;
        long id;

        if (!found)
                return strstr(text, "disabled") ? 0 : -EBADMSG;
        found += strlen("Node:");
        found += strspn(found, " \t");
        id = strtol(found, &end, 10);
        if (end == found || !(isspace((unsigned char)*end) || *end == '\0') || id < -1 ||
            id >= NODE_MAX)
                return -EBADMSG;
        if (id >= 0) {
                gpu->report = GPU_NODE;
                gpu->node = (unsigned)id;
        }
        return 0;
}

/* No such file: no node, and nothing is said of an earlier one. */
static int add_gpu(const char *address, void *userdata)
{
        struct search *s = userdata;
        struct machine *m = s->machine;
        struct gpu gpu = { .report = GPU_NO_NODE };
        struct gpu *gpus;
        char buf[STATUS_SIZE];
        ssize_t n;

        if (!gpu_is_address(address))
                return 0;
        n = sysroot_readf(s->root, buf, sizeof(buf), NVIDIA_DIR "/%s/numa_status", address);
        if (sysroot_is_absent(n) && n != -ENODEV) /* which says that there was one */
                return 0;
        gpu.error = n < 0 ? (int)n : parse_report(buf, &gpu);
        if (gpu.error < 0)
                gpu.report = GPU_UNREADABLE;
        gpus = reallocarray(m->gpus, m->n_gpus + 1, sizeof(*gpus));
        if (!gpus)
                return -ENOMEM;
        m->gpus = gpus;
        gpu.address = strdup(address);
        if (!gpu.address)
                return -ENOMEM;
        m->gpus[m->n_gpus++] = gpu;
        return 0;
}

int gpu_add_memory(struct sysroot *root, struct node *n, const char *address)
{
        struct node_device d = { .kind = KIND_GPU };
        int r;

        r = cxl_add_memdev(root, &d, address, address, NULL);
        return node_add_device(n, &d, r);
}

static struct node *find_node(struct machine *m, unsigned id)
{
        return (struct node *)machine_get_node(m, id);
}

static int add_reported(struct search *s)
{
        for (size_t i = 0; i < s->machine->n_gpus; i++) {
                const struct gpu *g = &s->machine->gpus[i];
                struct node *n = g->report == GPU_NODE ? find_node(s->machine, g->node) : NULL;
                int r = n && n->has_memory ? gpu_add_memory(s->root, n, g->address) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

/* A GPU's memory has no other sign: no device that Linux knows, and no CPUs beside it. */
bool gpu_may_own(const struct node *n)
{
        return n->has_memory && !n->has_cpu && !n->has_offline_cpu && n->n_devices == 0;
}

struct gpu *gpu_find(struct machine *m, const char *address)
{
        for (size_t i = 0; i < m->n_gpus; i++)
                if (streq(m->gpus[i].address, address))
                        return &m->gpus[i];
        return NULL;
}

static void report_problem(const struct gpu *g, struct messages *problems)
{
        char what[64] = "expected \"Node: N\"", then[64];

        if (g->error != -EBADMSG)
                snprintf(what, sizeof(what), "cannot be read: %s", strerror(-g->error));
        if (g->report == GPU_REMEMBERED)
                snprintf(then, sizeof(then), "node %u is kept as the memory of this GPU", g->node);
        else
                snprintf(then, sizeof(then), "nodes that may be its memory are left alone");
        messages_add(problems, "/" NVIDIA_DIR "/%s/numa_status: %s; %s", g->address, what, then);
}

/* Memory that was not a GPU's when the driver last reported does not become a GPU's memory. */
static void mark_candidate(struct node *n, const struct machine *previous)
{
        const struct node *p;

        node_mark_unreadable(n, FACT_DEVICES);
        p = keep_find_lender(previous, n, FACT_DEVICES);
        n->may_be_gpu = !p || p->may_be_gpu || p->kind == KIND_GPU || !p->key || !n->key;
        if (n->may_be_gpu)
                return;
        n->kind = p->kind;
        keep_mark(n, FACT_DEVICES);
}

void gpus_mark_candidates(struct machine *m, const struct machine *previous,
                          struct messages *problems)
{
        bool any = m->gpus_unlisted;

        for (size_t i = 0; i < m->n_gpus; i++) {
                const struct gpu *g = &m->gpus[i];

                any = any || g->report == GPU_UNREADABLE;
                if (g->error < 0)
                        report_problem(g, problems);
        }
        if (!any)
                return;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (gpu_may_own(&m->nodes[i]))
                        mark_candidate(&m->nodes[i], previous);
}

int gpus_read(struct sysroot *root, struct machine *m, struct messages *problems)
{
        struct search s = { root, m };
        int r;

        r = sysroot_list(root, NVIDIA_DIR, add_gpu, &s);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && !sysroot_is_absent(r)) {
                m->gpus_unlisted = true;
                messages_add(problems,
                             "/" NVIDIA_DIR ": cannot be read: %s; nodes that may be the memory "
                             "of a GPU are left alone",
                             strerror(-r));
        }
        return add_reported(&s);
}

int gpus_find_nodes(struct sysroot *root, struct nodeset *ret)
{
        _cleanup_(machine_freep) struct machine *m = calloc(1, sizeof(*m));
        struct nodeset nodes = { 0 };
        struct search s = { root, m };

        if (!m || sysroot_list(root, NVIDIA_DIR, add_gpu, &s) == -ENOMEM)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_gpus; i++)
                if (m->gpus[i].report == GPU_NODE)
                        nodeset_add(&nodes, m->gpus[i].node);
        *ret = nodes;
        return 0;
}
