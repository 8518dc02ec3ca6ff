/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/node.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/knobs.h"

#define PATH_SIZE 128

/* One attribute of a node. What cannot be read or understood leaves *ret as it was. */
static int read_node_number(struct sysroot *root, const struct node *node, const char *name,
                            unsigned *ret, struct messages *problems)
{
        char path[PATH_SIZE];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/%s", node->id, name);
        return sysroot_read_unsigned(root, path, UINT32_MAX, ret, problems);
}

static int read_size(struct sysroot *root, struct node *node, struct messages *problems)
{
        char path[PATH_SIZE], buf[8192];
        const char *found;
        ssize_t n;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/meminfo", node->id);
        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0)
                return (int)n;
        found = strstr(buf, " MemTotal:");
        if (!found || sscanf(found, " MemTotal: %" SCNu64 " kB", &node->size_kib) != 1)
                messages_add(problems, "/%s: expected a line \"Node %u MemTotal: ... kB\"", path,
                             node->id);
        return 0;
}

static void read_access(struct sysroot *root, struct node *node, enum access_class class,
                        struct messages *problems)
{
        char path[PATH_SIZE];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/access%d/initiators", node->id, (int)class);
        node->access_present[class] = perf_read(root, path, &node->access[class], problems);
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
                /* acpi/numa: less than 10 is reserved, 255 is unreachable */
                distance[i] = v >= 10 && v < 255 ? (uint8_t)v : 0;
                s = end;
        }
        if (s[strspn(s, " \n")] == '\0')
                return 0;
        return s[strspn(s, " 0123456789\n")] == '\0' ? -EAGAIN : -EBADMSG;
}

static int read_distance(struct sysroot *root, const struct machine *m, struct node *node,
                         struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        _cleanup_(freep) uint8_t *distance = NULL;
        char path[PATH_SIZE];
        int r;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/distance", node->id);
        r = sysroot_read_alloc(root, path, &text);
        if (r < 0)
                return r;
        distance = calloc(m->n_nodes, sizeof(*distance));
        if (!distance)
                return -ENOMEM;
        r = parse_distances(text, distance, m->n_nodes);
        if (r == 0)
                node->distance = TAKE_PTR(distance);
        else
                messages_add(problems, "/%s: expected %zu distances, one for each online node",
                             path, m->n_nodes);
        return r == -EBADMSG ? 0 : r;
}

static void read_caches(struct sysroot *root, struct node *node, struct messages *problems)
{
        for (unsigned level = 1; level <= SIDE_CACHES_MAX; level++) {
                struct side_cache *cache = &node->caches[node->n_caches];
                const struct {
                        const char *name;
                        unsigned *ret;
                } attributes[] = {
                        { "line_size", &cache->line_size },
                        { "indexing", &cache->indexing },
                        { "write_policy", &cache->write_policy },
                };
                unsigned long long size;
                char path[PATH_SIZE], name[64], buf[64];

                snprintf(path, sizeof(path), NODE_DIR "/node%u/memory_side_cache/index%u/size",
                         node->id, level);
                if (sysroot_read(root, path, buf, sizeof(buf)) < 0)
                        return;
                if (parse_u64(buf, 10, UINT64_MAX, &size) < 0) {
                        messages_add(problems, "/%s: expected a size in bytes", path);
                        return;
                }
                cache->level = level;
                cache->size = size;
                for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                        snprintf(name, sizeof(name), "memory_side_cache/index%u/%s", level,
                                 attributes[i].name);
                        read_node_number(root, node, name, attributes[i].ret, problems);
                }
                node->n_caches++;
        }
}

int node_read(struct sysroot *root, const struct machine *m, struct node *node,
              struct messages *problems)
{
        int r;

        if (node->has_cpu) {
                r = read_distance(root, m, node, problems);
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        r = read_size(root, node, problems);
        if (r < 0)
                return r;
        if (!node->has_memory)
                return 0;
        read_access(root, node, ACCESS_CPU, problems);
        if (!perf_is_complete(&node->access[ACCESS_CPU]) || sysroot_reads_all(root))
                read_access(root, node, ACCESS_LOCAL, problems);
        read_caches(root, node, problems);
        return 0;
}
