/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/place.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"
#include "measure/values.h"

#define PATH_SIZE  128
#define CPU_DIR    "sys/devices/system/cpu"
#define BUFFER_MIN (64ULL << 20)
#define CACHES     4 /* a buffer is as large as so many of the caches that it must not fit into */

/* The initiator */

static int note_node(const char *name, void *userdata)
{
        const char *digits = startswith(name, "node");
        unsigned id;

        if (digits && parse_unsigned(digits, NODE_MAX - 1, &id) == 0)
                nodeset_add(userdata, id);
        return 0;
}

/* SLIT from one node to another; unknown is farthest. */
static unsigned distance(const struct machine *m, const struct node *from, const struct node *to)
{
        unsigned d = from->distance ? from->distance[to - m->nodes] : 0;

        return d > 0 ? d : UINT32_MAX - 1;
}

/* The nearest of those candidates that have CPUs, or NULL. */
static const struct node *nearest(const struct machine *m, const struct nodeset *candidates,
                                  const struct node *to)
{
        const struct node *best = NULL;
        unsigned least = UINT32_MAX;

        nodeset_foreach (id, candidates) {
                const struct node *from = machine_get_node(m, id);

                if (from && from->has_cpu && distance(m, from, to) < least) {
                        least = distance(m, from, to);
                        best = from;
                }
        }
        return best;
}

/* Class 1 links to the nodes with CPUs that see this memory best (drivers/base/node.c). */
static const struct node *find_initiator(struct sysroot *root, const struct machine *m,
                                         const struct node *node)
{
        struct nodeset linked = { 0 };
        const struct node *found;
        char path[PATH_SIZE];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/access1/initiators", node->id);
        sysroot_list(root, path, note_node, &linked);
        found = nearest(m, &linked, node);
        return found ?: nearest(m, &m->cpu, node);
}

/* Its CPUs and their caches */

struct cpu_search {
        const struct cpus *allowed;
        struct cpus *found;
};

static int note_cpu(const char *name, void *userdata)
{
        const char *digits = startswith(name, "cpu");
        struct cpu_search *s = userdata;
        unsigned cpu;

        /* also there: cpulist, cpumap */
        if (digits && parse_unsigned(digits, CPU_MAX - 1, &cpu) == 0 && cpus_has(cpu, s->allowed))
                cpus_add(cpu, s->found);
        return 0;
}

static int read_cache_file(struct sysroot *root, unsigned cpu, unsigned index, const char *name,
                           char *buf, size_t size)
{
        char path[PATH_SIZE];

        snprintf(path, sizeof(path), CPU_DIR "/cpu%u/cache/index%u/%s", cpu, index, name);
        return sysroot_read(root, path, buf, size) < 0 ? -ENOENT : 0;
}

/* The index of a CPU's cache of the highest level. */
static int find_last_level(struct sysroot *root, unsigned cpu, unsigned *ret)
{
        unsigned highest = 0;

        for (unsigned index = 0;; index++) {
                unsigned level;
                char buf[64];

                if (read_cache_file(root, cpu, index, "level", buf, sizeof(buf)) < 0)
                        return highest > 0 ? 0 : -ENOENT;
                if (parse_unsigned(buf, 16, &level) == 0 && level > highest) {
                        highest = level;
                        *ret = index;
                }
        }
}

/* A cache that several CPUs share is counted once: it is known by the first of them. */
static void add_cache(struct sysroot *root, unsigned cpu, struct cpus *seen, struct place *p)
{
        char size_text[64], shared[CPU_MAX];
        unsigned long first;
        unsigned index;
        uint64_t size;

        if (find_last_level(root, cpu, &index) < 0 ||
            read_cache_file(root, cpu, index, "size", size_text, sizeof(size_text)) < 0 ||
            read_cache_file(root, cpu, index, "shared_cpu_list", shared, sizeof(shared)) < 0)
                return;
        size_text[strcspn(size_text, "\n")] = '\0';
        first = strtoul(shared, NULL, 10);
        if (parse_size(size_text, &size) < 0 || first >= CPU_MAX || cpus_has(first, seen))
                return;
        cpus_add(first, seen);
        p->cache_total += size;
        if (size > p->cache)
                p->cache = size;
}

static void read_caches(struct sysroot *root, struct place *p)
{
        struct cpus seen = { 0 };

        for (unsigned cpu = 0; cpu < CPU_MAX; cpu++)
                if (cpus_has(cpu, &p->cpus))
                        add_cache(root, cpu, &seen, p);
}

static int read_cpus(struct sysroot *root, const struct cpus *allowed, struct messages *errors,
                     struct place *p)
{
        struct cpu_search search = { allowed, &p->cpus };
        char path[PATH_SIZE];
        int r;

        snprintf(path, sizeof(path), NODE_DIR "/node%u", p->initiator);
        r = sysroot_list(root, path, note_cpu, &search);
        if (r == 0 && cpus_count(&p->cpus) == 0)
                r = -ENXIO;
        if (r < 0)
                messages_add(errors,
                             "node %u: is best measured from the CPUs of node %u, none of which "
                             "this process may use",
                             p->node, p->initiator);
        return r;
}

int place_find(struct sysroot *root, const struct machine *machine, unsigned id,
               const struct cpus *allowed, struct messages *errors, struct place *ret)
{
        const struct node *node = machine_get_node(machine, id), *initiator;
        struct place p = { .node = id };
        int r;

        if (!node || !node->has_memory) {
                messages_add(errors, node ? "node %u: has no memory" : "node %u: is not there", id);
                return -ENODEV;
        }
        initiator = find_initiator(root, machine, node);
        if (!initiator) {
                messages_add(errors, "node %u: no node has a CPU to measure it from", id);
                return -ENXIO;
        }
        p.initiator = initiator->id;
        r = read_cpus(root, allowed, errors, &p);
        if (r < 0)
                return r;
        read_caches(root, &p);
        *ret = p;
        return 0;
}

int place_read_free(struct sysroot *root, unsigned node, uint64_t *ret)
{
        char path[PATH_SIZE], buf[8192];
        const char *found;
        uint64_t kib;
        ssize_t n;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/meminfo", node);
        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0)
                return (int)n;
        found = strstr(buf, " MemFree:");
        if (!found || sscanf(found, " MemFree: %" SCNu64 " kB", &kib) != 1)
                return -EBADMSG;
        *ret = kib << 10;
        return 0;
}

static uint64_t beyond(uint64_t cache)
{
        return cache * CACHES > BUFFER_MIN ? cache * CACHES : BUFFER_MIN;
}

uint64_t place_buffer_size(const struct place *p)
{
        return beyond(p->cache_total);
}

uint64_t place_chain_size(const struct place *p)
{
        return beyond(p->cache);
}

uint64_t place_needed(uint64_t size)
{
        return size + size / 8;
}
