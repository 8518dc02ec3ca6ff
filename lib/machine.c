/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <errno.h>
#include <inttypes.h>

#include "blocks.h"
#include "knobs.h"
#include "recall.h"
#include "state.h"
#include "tiers.h"

/* How often a machine that changes while being read is read again before it is taken as it is. */
#define ATTEMPTS 5

#define PATH_SIZE 128

struct machine *machine_free(struct machine *m)
{
        if (!m)
                return NULL;
        for (size_t i = 0; i < m->n_nodes; i++) {
                free(m->nodes[i].distance);
                node_devices_free(m->nodes[i].devices, m->nodes[i].n_devices);
        }
        gpus_free(m->gpus, m->n_gpus);
        free(m->nodes);
        free(m->weights);
        free(m->kernel);
        free(m);
        return NULL;
}

const struct node *machine_get_node(const struct machine *m, unsigned id)
{
        size_t low = 0, high = m->n_nodes;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (m->nodes[middle].id < id)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < m->n_nodes && m->nodes[low].id == id ? &m->nodes[low] : NULL;
}

static bool vanished(int r)
{
        return r == -ENOENT || r == -ENODEV;
}

static int read_mask(struct sysroot *root, const char *name, struct messages *problems,
                     struct nodeset *ret)
{
        char path[PATH_SIZE], buf[NODESET_STRING_MAX + 2];
        ssize_t n;

        snprintf(path, sizeof(path), NODE_DIR "/%s", name);
        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0)
                return (int)n;
        if (strlen(buf) == (size_t)n && nodeset_parse(buf, ret) == 0)
                return 0;
        messages_add(problems, "/%s: expected a list of nodes such as 0-1,4, found \"%.*s\"", path,
                     (int)strcspn(buf, "\n"), buf);
        return -EBADMSG;
}

static int read_masks(struct sysroot *root, struct machine *m, struct messages *problems)
{
        int r;

        r = read_mask(root, "online", problems, &m->online);
        if (r < 0)
                return r;
        r = read_mask(root, "has_memory", problems, &m->memory);
        if (r < 0)
                return r;
        r = read_mask(root, "has_cpu", problems, &m->cpu);
        if (r < 0)
                return r;
        r = read_mask(root, "possible", problems, &m->possible);
        if (r < 0 && r != -ENOENT)
                return r;
        r = read_mask(root, "has_generic_initiator", problems, &m->generic_initiator);
        return r == -ENOENT ? 0 : r;
}

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

static int read_node(struct sysroot *root, const struct machine *m, struct node *node,
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

/* Made to count as absent: nothing is ever written to a node that is half there. */
static void give_up_node(struct machine *m, struct node *node, struct messages *problems)
{
        messages_add(problems, "/" NODE_DIR "/node%u: is online, and yet cannot be read", node->id);
        node->has_memory = node->has_cpu = false;
        free(TAKE_PTR(node->distance));
        nodeset_remove(&m->memory, node->id);
        nodeset_remove(&m->cpu, node->id);
}

/* -EAGAIN: it changed meanwhile. */
static int read_nodes(struct sysroot *root, bool last, struct machine *m, struct messages *problems)
{
        m->nodes = calloc(nodeset_count(&m->online) ?: 1, sizeof(*m->nodes));
        if (!m->nodes)
                return -ENOMEM;
        m->n_nodes = 0;
        nodeset_foreach (id, &m->online)
                m->nodes[m->n_nodes++] = (struct node){
                        .id = id,
                        .has_memory = nodeset_has(&m->memory, id),
                        .has_cpu = nodeset_has(&m->cpu, id),
                        .has_generic_initiator = nodeset_has(&m->generic_initiator, id),
                        .memory_tier = TIER_UNKNOWN,
                };
        for (size_t i = 0; i < m->n_nodes; i++) {
                int r = read_node(root, m, &m->nodes[i], problems);

                if (last && (vanished(r) || r == -EAGAIN))
                        give_up_node(m, &m->nodes[i], problems);
                else if (r < 0)
                        return vanished(r) ? -EAGAIN : r;
        }
        return 0;
}

static void note_unreadable(const char *path, struct knob *knob, int error,
                            struct messages *problems)
{
        knob->unreadable = !vanished(error);
        if (knob->unreadable && error != -EBADMSG) /* of which sysroot_read_unsigned() told */
                messages_add(problems, "/%s: cannot be read: %s", path, strerror(-error));
}

static void read_bool(struct sysroot *root, const char *path, struct knob *knob,
                      struct messages *problems)
{
        char buf[64];
        ssize_t n;

        n = sysroot_read(root, path, buf, sizeof(buf));
        if (n < 0) {
                note_unreadable(path, knob, (int)n, problems);
                return;
        }
        knob->value = startswith(buf, "true") != NULL;
        knob->present = knob->value || startswith(buf, "false");
        knob->unreadable = !knob->present;
        if (!knob->present)
                messages_add(problems, "/%s: expected true or false", path);
}

static void read_number(struct sysroot *root, const char *path, struct knob *knob,
                        struct messages *problems)
{
        int r = sysroot_read_unsigned(root, path, UINT32_MAX, &knob->value, problems);

        knob->present = r == 0;
        if (r < 0)
                note_unreadable(path, knob, r, problems);
}

bool balancing_is_tiering(const char *value)
{
        unsigned v;

        return parse_unsigned(value, UINT32_MAX, &v) == 0 && (v & BALANCING_TIERING_BIT) != 0;
}

/* Whether nodes can be moved by other means than our module: see plan-top-tier.c. */
static bool kernel_moves_nodes(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_offset || (m->nodes[i].has_override && !m->module_clears))
                        return true;
        return false;
}

/* Only the nodes with memory count; on 6.12 every possible node has a file, on 6.16 and later
 * those. */
static int read_weights(struct sysroot *root, struct machine *m, struct messages *problems)
{
        m->weights = calloc(nodeset_count(&m->memory) ?: 1, sizeof(*m->weights));
        if (!m->weights)
                return -ENOMEM;
        nodeset_foreach (id, &m->memory) {
                struct weight *w = &m->weights[m->n_weights];
                char path[PATH_SIZE];
                int r;

                snprintf(path, sizeof(path), WEIGHT_DIR "/node%u", id);
                r = sysroot_read_unsigned(root, path, 255, &w->value, problems);
                if (r == -ENOENT && m->n_weights == 0)
                        return 0;
                w->node = id;
                if (r == 0)
                        m->n_weights++;
        }
        read_bool(root, WEIGHT_AUTO_PATH, &m->weight_auto, problems);
        return 0;
}

/* Some kernels get the figures of CXL memory wrong, and some the guard of plan-freeze.c. */
static int read_kernel(struct sysroot *root, struct machine *m)
{
        char buf[128];

        if (sysroot_read(root, "proc/sys/kernel/osrelease", buf, sizeof(buf)) < 0)
                return 0;
        m->kernel = strndup(buf, strcspn(buf, "\n"));
        return m->kernel ? 0 : -ENOMEM;
}

/* mm/vmscan.c:enabled_show: a mask of features, "0x0007". */
static void read_lru_gen(struct sysroot *root, struct knob *knob, struct messages *problems)
{
        char buf[64];
        unsigned long long mask;
        ssize_t n;

        n = sysroot_read(root, LRU_GEN_PATH, buf, sizeof(buf));
        if (n < 0) {
                note_unreadable(LRU_GEN_PATH, knob, (int)n, problems);
                return;
        }
        knob->present = parse_u64(buf, 0, UINT32_MAX, &mask) == 0;
        knob->unreadable = !knob->present;
        if (knob->present)
                knob->value = (unsigned)mask;
        else
                messages_add(problems, "/" LRU_GEN_PATH ": expected a mask such as 0x0007");
}

/* A header, then a line for each area (mm/swapfile.c:swap_show). A kernel without swap support has
 * no such file. */
static void read_swap(struct sysroot *root, struct knob *knob, struct messages *problems)
{
        _cleanup_(freep) char *text = NULL;
        const char *areas;
        int r;

        r = sysroot_read_alloc(root, SWAPS_PATH, &text);
        if (r < 0) {
                note_unreadable(SWAPS_PATH, knob, r, problems);
                return;
        }
        areas = strchr(text, '\n');
        knob->present = startswith(text, "Filename") && areas;
        knob->unreadable = !knob->present;
        if (knob->present)
                knob->value = areas[1] != '\0';
        else
                messages_add(problems,
                             "/" SWAPS_PATH ": expected a line that starts with Filename");
}

void machine_read_guard(struct sysroot *root, struct machine *m, struct messages *problems)
{
        read_bool(root, DEMOTION_PATH, &m->demotion, problems);
        read_lru_gen(root, &m->lru_gen, problems);
        read_number(root, MIN_TTL_PATH, &m->min_ttl, problems);
        read_swap(root, &m->swap, problems);
}

int machine_read_knobs(struct sysroot *root, struct machine *m, struct messages *problems)
{
        if (!m->numa_balancing.present && !m->numa_balancing.unreadable)
                read_number(root, BALANCING_PATH, &m->numa_balancing, problems);
        read_number(root, PROMOTE_RATE_PATH, &m->promote_rate_limit, problems);
        return read_weights(root, m, problems);
}

static bool has_figures(const struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++)
                for (unsigned c = 0; c < ACCESS_CLASSES; c++)
                        if (perf_is_known(&n->devices[i].access[c]))
                                return true;
        return n->access_present[ACCESS_LOCAL] || n->access_present[ACCESS_CPU] || n->remembered ||
               perf_is_known(&n->measured);
}

/* A node's memory counts before the kernel is through with bringing it up: its tier, access
 * directories and a region's figures come meanwhile, and only then is its first block "online"
 * (mm/memory_hotplug.c:online_pages, drivers/base/memory.c:memory_block_change_state). A kernel
 * without hotplug has no blocks, and its nodes were there from the start. */
static void mark_unsettled(struct sysroot *root, struct machine *m)
{
        for (size_t i = 0; sysroot_is_live(root) && i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (n->has_memory && !n->has_cpu && !has_figures(n))
                        n->unsettled = blocks_are_coming(root, n->id);
        }
}

/* One attempt. Problems of an attempt that is not the last are not worth telling. */
static int read_once(struct sysroot *root, bool last, struct messages *problems,
                     struct machine **ret)
{
        _cleanup_(machine_freep) struct machine *m = calloc(1, sizeof(*m));
        struct nodeset online;
        int r;

        if (!m)
                return -ENOMEM;
        r = read_masks(root, m, problems);
        if (r < 0)
                return r;
        r = read_nodes(root, last, m, problems);
        if (r < 0)
                return r;
        r = read_mask(root, "online", problems, &online);
        if (r < 0)
                return r;
        if (!nodeset_equal(&online, &m->online))
                return -EAGAIN;
        *ret = TAKE_PTR(m);
        return 0;
}

int machine_read(struct sysroot *root, enum tier_reading tiers, const struct state *state,
                 struct messages *problems, struct machine **ret)
{
        _cleanup_(machine_freep) struct machine *m = NULL;
        int r = -EAGAIN;

        for (unsigned i = 1; r == -EAGAIN && i <= ATTEMPTS; i++) {
                struct messages found = MESSAGES_INIT;

                r = read_once(root, i == ATTEMPTS, &found, &m);
                for (size_t j = 0; r != -EAGAIN && j < found.n; j++)
                        messages_add(problems, "%s", found.items[j]);
                messages_done(&found);
        }
        if (r < 0)
                return r;
        r = identity_read(root, m, state, problems);
        if (r == 0)
                r = read_kernel(root, m);
        if (r < 0)
                return r;
        r = recall_figures(root, m, state, problems);
        if (r < 0)
                return r;
        mark_unsettled(root, m);
        r = tiers_read(root, tiers, state, m, problems);
        if (r < 0)
                return r;
        if (kernel_moves_nodes(m))
                read_number(root, BALANCING_PATH, &m->numa_balancing, problems);
        *ret = TAKE_PTR(m);
        return 0;
}
