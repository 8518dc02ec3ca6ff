/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/node.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"

#define MEMINFO_SIZE 8192
#define NUMBER_SIZE  64

/* SLIT (ACPI 6.5, 5.2.17): less is reserved, and this is unreachable. */
#define DISTANCE_MIN         10
#define DISTANCE_UNREACHABLE 255

static int read_size(struct sysroot *root, struct node *node, struct messages *problems)
{
        char buf[MEMINFO_SIZE];
        const char *found;
        ssize_t n;

        n = sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/meminfo", node->id);
        if (sysroot_is_absent(n))
                return (int)n;
        if (n < 0) {
                sysroot_reportf(problems, n, NODE_DIR "/node%u/meminfo", node->id);
                node_mark_unreadable(node, FACT_SIZE);
                return 0;
        }
        found = strstr(buf, " MemFree:");
        node->has_free = found && sscanf(found, " MemFree: %" SCNu64 " kB", &node->free_kib) == 1;
        found = strstr(buf, " MemTotal:");
        if (found && sscanf(found, " MemTotal: %" SCNu64 " kB", &node->size_kib) == 1)
                return 0;
        messages_add(problems,
                     "/" NODE_DIR "/node%u/meminfo: expected a line \"Node %u MemTotal: ... kB\"",
                     node->id, node->id);
        node_mark_unreadable(node, FACT_SIZE);
        return 0;
}

static int read_access(struct sysroot *root, struct node *node, enum access_class class,
                       struct messages *problems)
{
        char directory[SYSROOT_PATH_MAX];

        snprintf(directory, sizeof(directory), NODE_DIR "/node%u/access%d/initiators", node->id,
                 (int)class);
        return perf_read(root, directory, &node->access[class], &node->access_present[class],
                         problems);
}

/* The local class counts where the other lacks a value. */
static void read_accesses(struct sysroot *root, struct node *node, struct messages *problems)
{
        int r = read_access(root, node, ACCESS_CPU, problems);
        bool complete = perf_is_complete(&node->access[ACCESS_CPU]);

        if (r < 0)
                node_mark_unreadable(node, FACT_ACCESS);
        if (complete && !sysroot_reads_all(root))
                return;
        r = read_access(root, node, ACCESS_LOCAL, problems);
        if (r < 0 && !complete)
                node_mark_unreadable(node, FACT_ACCESS);
}

/* The columns are the online nodes, ascending (drivers/base/node.c:node_read_distance). -EAGAIN
 * when their number is not ours: a node came or went in between. */
static int parse_distances(const char *text, uint8_t *distance, size_t n)
{
        const char *s = text;

        for (size_t i = 0; i < n; i++) {
                unsigned long v;
                char *end;

                v = strtoul(s, &end, 10);
                if (end == s)
                        return s[strspn(s, " \n")] == '\0' ? -EAGAIN : -EBADMSG;
                distance[i] = v >= DISTANCE_MIN && v < DISTANCE_UNREACHABLE ? (uint8_t)v : 0;
                s = end;
        }
        if (s[strspn(s, " \n")] == '\0')
                return 0;
        return s[strspn(s, " 0123456789\n")] == '\0' ? -EAGAIN : -EBADMSG;
}

/* 0, -ENOMEM, another error of reading the file, or those of parse_distances(). */
static int try_distance(struct sysroot *root, const struct machine *m, struct node *node)
{
        _cleanup_(freep) char *text = NULL;
        _cleanup_(freep) uint8_t *distance = NULL;
        int r;

        r = sysroot_read_allocf(root, &text, NODE_DIR "/node%u/distance", node->id);
        if (r < 0)
                return r == -EAGAIN ? -EBUSY : r;
        distance = calloc(m->n_nodes, sizeof(*distance));
        if (!distance)
                return -ENOMEM;
        r = parse_distances(text, distance, m->n_nodes);
        if (r == 0)
                node->distance = TAKE_PTR(distance);
        return r;
}

int node_read_distance(struct sysroot *root, const struct machine *m, bool last, struct node *node,
                       struct messages *problems)
{
        int r = try_distance(root, m, node);

        if (r == 0 || r == -ENOENT || r == -ENOMEM)
                return r == -ENOENT ? 0 : r;
        if ((r == -EAGAIN || r == -ENODEV) && !last)
                return -EAGAIN;
        node_mark_unreadable(node, FACT_DISTANCE);
        if (r == -EAGAIN || r == -EBADMSG)
                messages_add(problems,
                             "/" NODE_DIR "/node%u/distance: expected %zu distances, one for each "
                             "online node",
                             node->id, m->n_nodes);
        else
                sysroot_reportf(problems, r, NODE_DIR "/node%u/distance", node->id);
        return 0;
}

static bool read_cache(struct sysroot *root, const struct node *node, unsigned level,
                       struct side_cache *ret, struct messages *problems)
{
        const struct {
                const char *name;
                unsigned *ret;
        } attributes[] = {
                { "line_size", &ret->line_size },
                { "indexing", &ret->indexing },
                { "write_policy", &ret->write_policy },
        };
        unsigned long long size;
        char buf[NUMBER_SIZE];

        if (sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/node%u/memory_side_cache/index%u/size",
                          node->id, level) < 0)
                return false;
        if (parse_u64(buf, 10, UINT64_MAX, &size) < 0) {
                messages_add(problems,
                             "/" NODE_DIR "/node%u/memory_side_cache/index%u/size: expected a size "
                             "in bytes",
                             node->id, level);
                return false;
        }
        ret->level = level;
        ret->size = size;
        for (size_t i = 0; i < ELEMENTSOF(attributes); i++)
                (void)sysroot_read_unsignedf(root, UINT32_MAX, attributes[i].ret, problems,
                                             NODE_DIR "/node%u/memory_side_cache/index%u/%s",
                                             node->id, level, attributes[i].name);
        return true;
}

/* Levels have no gaps. */
static void read_caches(struct sysroot *root, struct node *node, struct messages *problems)
{
        while (node->n_caches < SIDE_CACHES_MAX) {
                if (!read_cache(root, node, node->n_caches + 1, &node->caches[node->n_caches],
                                problems))
                        return;
                node->n_caches++;
        }
}

int node_read(struct sysroot *root, const struct machine *m, bool last, struct node *node,
              struct messages *problems)
{
        int r;

        r = node->has_cpu ? node_read_distance(root, m, last, node, problems) : 0;
        if (r < 0)
                return r;
        r = read_size(root, node, problems);
        if (r < 0)
                return r;
        if (!node->has_memory)
                return 0;
        read_accesses(root, node, problems);
        read_caches(root, node, problems);
        return 0;
}
