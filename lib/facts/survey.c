/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/survey.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"
#include "facts/cxl.h"
#include "facts/dax.h"
#include "facts/gpu.h"
#include "facts/keep.h"
#include "facts/key.h"
#include "facts/kind.h"
#include "facts/knobs.h"
#include "facts/node.h"
#include "facts/settings.h"
#include "facts/tiers.h"
#include "facts/virtio.h"

/* How often a machine that changes while being read is read again before it is taken as it is. */
#define ATTEMPTS 5

#define RELEASE_SIZE 128

static int read_mask(struct sysroot *root, const char *name, struct messages *problems,
                     struct nodeset *ret)
{
        char buf[NODESET_STRING_MAX + 2];
        ssize_t n = sysroot_readf(root, buf, sizeof(buf), NODE_DIR "/%s", name);

        if (n < 0) {
                sysroot_reportf(problems, n, NODE_DIR "/%s", name);
                return (int)n;
        }
        if (strlen(buf) == (size_t)n && nodeset_parse(buf, ret) == 0)
                return 0;
        messages_add(problems,
                     "/" NODE_DIR "/%s: expected a list of nodes such as 0-1,4, found \"%.*s\"",
                     name, (int)strcspn(buf, "\n"), buf);
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

/* Nothing of its directory counts, not even that a file is absent; and nothing is ever written to a
 * node that is half there. */
static void give_up_node(struct node *node, struct messages *problems)
{
        messages_add(problems, "/" NODE_DIR "/node%u: is online but cannot be read", node->id);
        node->half_there = true;
        free(TAKE_PTR(node->distance));
        node->has_free = false;
        node_mark_unreadable(node, FACT_SIZE);
        if (node->has_cpu)
                node_mark_unreadable(node, FACT_DISTANCE);
        if (node->has_memory)
                node_mark_unreadable(node, FACT_ACCESS);
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
                        .present_tier = TIER_UNKNOWN,
                        .known_tier = TIER_UNKNOWN,
                };
        for (size_t i = 0; i < m->n_nodes; i++) {
                int r = node_read(root, m, last, &m->nodes[i], problems);

                if (last && sysroot_is_absent(r))
                        give_up_node(&m->nodes[i], problems);
                else if (r < 0)
                        return sysroot_is_absent(r) ? -EAGAIN : r;
        }
        return 0;
}

/* Whether nodes can be moved by other means than our module: see plan-top-tier.c. */
static bool kernel_moves_nodes(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_offset || (m->nodes[i].has_override && !m->module_clears))
                        return true;
        return false;
}

/* Some kernels get the values of CXL memory wrong, and some the guard of plan-freeze.c. */
static int read_kernel(struct sysroot *root, struct machine *m, const struct machine *previous,
                       struct messages *problems)
{
        char buf[RELEASE_SIZE];
        int r = sysroot_read_line(root, RELEASE_PATH, buf, sizeof(buf));

        if (r < 0)
                sysroot_reportf(problems, r, RELEASE_PATH);
        if (r == 0)
                m->kernel = strdup(buf);
        else if (previous && previous->kernel)
                m->kernel = strdup(previous->kernel);
        else
                return 0;
        return m->kernel ? 0 : -ENOMEM;
}

static bool is_described_now(const struct node *n)
{
        return !n->remembered && (n->access_present[ACCESS_LOCAL] || n->access_present[ACCESS_CPU]);
}

static bool has_figures(const struct node *n)
{
        for (size_t i = 0; i < n->n_devices; i++)
                for (unsigned c = 0; c < ACCESS_CLASSES; c++)
                        if (perf_is_known(&n->devices[i].access[c]))
                                return true;
        return is_described_now(n) || n->remembered || perf_is_known(&n->measured);
}

/* A node's memory counts before the kernel is through with bringing it up: its tier, access
 * directories and a region's values come meanwhile, in this order, and only then is its first block
 * "online" (mm/memory_hotplug.c:online_pages, drivers/base/memory.c:memory_block_change_state). A
 * kernel without hotplug has no blocks, and its nodes were there from the start. */
static void mark_coming(struct sysroot *root, struct machine *m)
{
        if (!sysroot_is_live(root))
                return;
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (!n->has_memory || n->has_cpu || is_described_now(n))
                        continue;
                n->coming = blocks_are_coming(root, n->id);
                n->unsettled = n->coming && !has_figures(n);
        }
}

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

/* Problems of an attempt that is repeated are not reported. */
static int read_all(struct sysroot *root, struct messages *problems, struct machine **ret)
{
        for (unsigned i = 1; i <= ATTEMPTS; i++) {
                struct messages found = MESSAGES_INIT;
                int r = read_once(root, i == ATTEMPTS, &found, ret);

                if (r == -EAGAIN) {
                        messages_done(&found);
                        continue;
                }
                for (size_t j = 0; j < found.n; j++)
                        messages_add(problems, "%s", found.items[j]);
                messages_done(&found);
                return r;
        }
        return -EAGAIN;
}

/* A node is made of its devices: what is not known of them is not known of the node. */
static void mark_devices(struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];

                if (m->devices_unlisted && n->has_memory && !n->has_cpu && n->n_devices == 0)
                        node_mark_unreadable(n, FACT_DEVICES);
                for (size_t j = 0; j < n->n_devices; j++)
                        if (n->devices[j].unreadable)
                                node_mark_unreadable(n, FACT_DEVICES);
        }
}

static int read_devices(struct sysroot *root, struct machine *m, const struct machine *previous,
                        struct messages *problems)
{
        int r;

        r = dax_read_devices(root, m, problems);
        if (r == 0)
                r = cxl_read_regions(root, m, problems);
        if (r == 0)
                r = gpus_read(root, m, problems);
        if (r < 0)
                return r;
        mark_devices(m);
        return keep_devices(m, previous);
}

static int fill_keys(struct sysroot *root, struct machine *m, struct messages *problems)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                int r;

                if (!n->has_memory || n->has_cpu)
                        continue;
                r = key_fill(root, m, n);
                /* memory may be there before its CPUs: it is local to those all the same */
                if (r == 0 && n->has_offline_cpu)
                        r = node_read_distance(root, m, true, n, problems);
                if (r < 0)
                        return r;
        }
        return 0;
}

int survey_begin(struct sysroot *root, const struct machine *previous, struct messages *problems,
                 struct machine **ret)
{
        _cleanup_(machine_freep) struct machine *m = NULL;
        int r;

        r = read_all(root, problems, &m);
        if (r == 0)
                m->block_size = blocks_read_size(root);
        if (r == 0)
                r = read_devices(root, m, previous, problems);
        if (r == 0)
                r = fill_keys(root, m, problems);
        if (r == 0)
                r = keep_values(m, previous);
        if (r == 0)
                r = read_kernel(root, m, previous, problems);
        if (r < 0)
                return r;
        m->is_live = sysroot_is_live(root);
        *ret = TAKE_PTR(m);
        return 0;
}

int survey_finish(struct sysroot *root, struct tier_reading tiers, const struct machine *previous,
                  struct machine *m, struct messages *problems)
{
        int r;

        gpus_mark_candidates(m, previous, problems);
        virtio_find_nodes(root, m);
        kinds_decide(m);
        mark_coming(root, m);
        r = tiers_read(root, tiers, previous, m, problems);
        if (r < 0)
                return r;
        if (kernel_moves_nodes(m))
                machine_read_balancing(root, m, problems);
        return 0;
}

int survey_fill_keys(struct sysroot *root, struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                int r;

                if (!n->has_memory || !n->has_cpu || n->key)
                        continue;
                r = key_fill(root, m, n);
                if (r < 0)
                        return r;
        }
        return 0;
}

int survey_fill_distances(struct sysroot *root, const struct nodeset *nodes, struct machine *m,
                          struct messages *problems)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                int r;

                if (n->distance || n->half_there || !nodeset_has(nodes, n->id))
                        continue;
                r = node_read_distance(root, m, true, n, problems);
                if (r < 0)
                        return r;
        }
        return 0;
}
