/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/place.h"

#include <errno.h>
#include <inttypes.h>

#include "base/units.h"
#include "base/values.h"
#include "facts/knobs.h"
#include "measure/values.h"

#define CPU_DIR    "sys/devices/system/cpu"
#define BUFFER_MIN (64ULL << 20)
#define CACHES     4 /* a buffer is this many times as large as the caches */

/* The initiator */

static int note_node(const char *name, void *userdata)
{
        const char *digits = startswith(name, "node");
        unsigned id;

        if (digits && parse_unsigned(digits, NODE_MAX - 1, &id) == 0)
                nodeset_add(userdata, id);
        return 0;
}

/* The SLIT distance between two nodes. A node of unknown distance counts as the farthest. */
static unsigned distance(const struct machine *m, const struct node *from, const struct node *to)
{
        unsigned d = from->distance ? from->distance[to - m->nodes] : 0;

        return d > 0 ? d : UINT32_MAX - 1;
}

/* The nearest of the candidates that have CPUs, or NULL. */
static const struct node *find_nearest(const struct machine *m, const struct nodeset *candidates,
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

/* Access class 1 links to the nodes with CPUs that have the best access to this memory
 * (drivers/base/node.c). A kernel without HMAT has no such class. */
static int find_initiator(struct sysroot *root, const struct machine *m, const struct node *node,
                          struct messages *errors, const struct node **ret)
{
        struct nodeset linked = { 0 };
        int r;

        r = sysroot_listf(root, note_node, &linked, NODE_DIR "/node%u/access1/initiators",
                          node->id);
        if (r < 0 && r != -ENOENT) {
                messages_add(errors, "/" NODE_DIR "/node%u/access1/initiators: cannot be read: %s",
                             node->id, strerror(-r));
                return r;
        }
        *ret = find_nearest(m, &linked, node) ?: find_nearest(m, &m->cpu, node);
        if (*ret)
                return 0;
        messages_add(errors, "node %u: no node has a CPU to measure it from", node->id);
        return -ENXIO;
}

/* Its CPUs and their caches */

static int read_cache_file(struct sysroot *root, unsigned cpu, unsigned index, const char *name,
                           char *buf, size_t size)
{
        ssize_t n =
                sysroot_readf(root, buf, size, CPU_DIR "/cpu%u/cache/index%u/%s", cpu, index, name);

        return n < 0 ? -ENOENT : 0;
}

/* The index of a CPU's last-level cache. */
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

/* A cache that several CPUs share is counted once: the first of them identifies it. */
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

/* cpulist has the online CPUs only; the links in the node's directory are there for others too. */
static int read_cpu_list(struct sysroot *root, unsigned node, struct messages *errors,
                         struct cpus *ret)
{
        _cleanup_(freep) char *buf = malloc(CPUS_STRING_MAX);
        ssize_t n;
        int r;

        if (!buf)
                return -ENOMEM;
        n = sysroot_readf(root, buf, CPUS_STRING_MAX, NODE_DIR "/node%u/cpulist", node);
        r = n < 0 ? (int)n : cpus_parse(buf, ret);
        if (r < 0)
                messages_add(errors, "/" NODE_DIR "/node%u/cpulist: expected a list of CPUs: %s",
                             node, strerror(-r));
        return r;
}

static int read_cpus(struct sysroot *root, const struct cpus *allowed, struct messages *errors,
                     struct place *p)
{
        struct cpus online;
        int r;

        r = read_cpu_list(root, p->initiator, errors, &online);
        if (r < 0)
                return r;
        p->cpus = cpus_and(&online, allowed);
        p->missing = cpus_andnot(&online, allowed);
        if (cpus_count(&p->cpus) > 0)
                return 0;
        messages_add(errors,
                     "node %u: is measured from the CPUs of node %u, and this process may use none "
                     "of them",
                     p->node, p->initiator);
        return -ENXIO;
}

int place_find(struct sysroot *root, const struct machine *machine, unsigned id,
               const struct cpus *allowed, struct messages *errors, struct place *ret)
{
        const struct node *node = machine_get_node(machine, id), *initiator = NULL;
        struct place p = { .node = id };
        int r;

        if (!node || !node->has_memory) {
                messages_add(errors, node ? "node %u: has no memory" : "node %u: is not there", id);
                return -ENODEV;
        }
        r = find_initiator(root, machine, node, errors, &initiator);
        if (r < 0)
                return r;
        p.initiator = initiator->id;
        r = read_cpus(root, allowed, errors, &p);
        if (r < 0)
                return r;
        read_caches(root, &p);
        *ret = p;
        return 0;
}

/* Whether all of these CPUs are isolated. This only chooses the words of a message. */
static bool are_isolated(struct sysroot *root, const struct cpus *cpus)
{
        _cleanup_(freep) char *buf = malloc(CPUS_STRING_MAX);
        struct cpus isolated, others;

        if (!buf || sysroot_read(root, CPU_DIR "/isolated", buf, CPUS_STRING_MAX) < 0 ||
            cpus_parse(buf, &isolated) < 0)
                return false;
        others = cpus_andnot(cpus, &isolated);
        return cpus_count(&others) == 0;
}

int place_check_cpus(struct sysroot *root, const struct place *p, bool force,
                     struct messages *errors, struct messages *warnings)
{
        _cleanup_(freep) char *missing = NULL;
        unsigned n = cpus_count(&p->missing);

        if (n == 0)
                return 0;
        missing = malloc(CPUS_STRING_MAX);
        if (!missing)
                return -ENOMEM;
        messages_add(force ? warnings : errors,
                     "node %u: is measured from the CPUs of node %u, and this process may not use "
                     "CPU%s %s of them (%s): the bandwidth %s; %s",
                     p->node, p->initiator, plural(n), cpus_format(&p->missing, missing),
                     are_isolated(root, &p->missing) ? "isolated with isolcpus="
                                                     : "its CPU affinity or cpuset excludes them",
                     force ? "is too low" : "would be too low",
                     force ? "measured because of --force"
                           : "see taskset(1), or use --force to measure from the others");
        return force ? 0 : -EPERM;
}

int place_read_free(struct sysroot *root, unsigned node, uint64_t *ret)
{
        char buf[8192];
        const char *found;
        uint64_t kib;
        ssize_t n;

        n = sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/meminfo", node);
        if (n < 0)
                return (int)n;
        found = strstr(buf, " MemFree:");
        if (!found || sscanf(found, " MemFree: %" SCNu64 " kB", &kib) != 1)
                return -EBADMSG;
        *ret = kib << 10;
        return 0;
}

static uint64_t size_beyond_cache(uint64_t cache)
{
        return cache * CACHES > BUFFER_MIN ? cache * CACHES : BUFFER_MIN;
}

uint64_t place_buffer_size(const struct place *p)
{
        return size_beyond_cache(p->cache_total);
}

uint64_t place_chain_size(const struct place *p)
{
        return size_beyond_cache(p->cache);
}

uint64_t place_needed(uint64_t size)
{
        return size + size / 8;
}
