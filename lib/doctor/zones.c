/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about what the kernel itself keeps on a node. */

#include "base/units.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/blocks.h"
#include "facts/knobs.h"

/* struct page is 64 bytes for each page of 4 KiB. */
#define PAGES_PER_DESCRIPTOR 64U
/* So much of the DRAM may go into descriptors of memory that was added, in percent. */
#define MEMMAP_LIMIT 10U

/* Whether some blocks of a node have, for the policy on hot-added memory, what is asked. */
static bool any_block(const struct subject *s, unsigned node, bool (*is)(const struct wanted *w))
{
        const struct block_table *t = s->health->blocks;

        for (size_t i = 0; t && s->wanted && i < t->n; i++)
                if (t->blocks[i].node == node && is(&s->wanted[i]))
                        return true;
        return false;
}

static bool may_go(const struct wanted *w)
{
        return w->may_go;
}

static bool wants_kernel(const struct wanted *w)
{
        return w->online == ONLINE_KERNEL;
}

/* Whether a device added it after boot: then it can be taken out again. */
static bool is_removable(const struct subject *s, const struct node *n)
{
        if (n->kind == KIND_VIRTIO || any_block(s, n->id, may_go))
                return true;
        for (size_t i = 0; i < n->n_devices; i++)
                if (n->devices[i].dax)
                        return true;
        for (size_t i = 0; i < s->health->n_dax; i++) {
                const struct health_dax *dax = &s->health->dax[i];

                if (dax->node == n->id && dax->driver && streq(dax->driver, "kmem"))
                        return true;
        }
        return false;
}

static bool is_slow(const struct subject *s, const struct node_assignment *n)
{
        uint32_t top = tiers_find_top(s);

        if (n->node->kind == KIND_CXL || n->node->kind == KIND_PMEM)
                return true;
        return n->node->present_tier != TIER_UNKNOWN && top != TIER_UNKNOWN &&
               n->node->present_tier > top;
}

static bool is_wanted(const struct subject *s, const struct node_assignment *n)
{
        enum policy_online online = n->rule ? n->rule->online : ONLINE_UNSET;

        if (online == ONLINE_UNSET)
                online = s->snapshot->policy->online;
        return online == ONLINE_KERNEL || any_block(s, n->node->id, wants_kernel);
}

static void add_zone(const struct subject *s, const struct node *n,
                     const struct block_counts *count, struct diagnosis *d)
{
        bool removable = is_removable(s, n);
        char size[UNIT_STRING_MAX], path[SYSROOT_PATH_MAX];
        uint64_t blocks = count->kernel + count->none;

        format_size(blocks * (s->health->blocks->block_size >> 10), size);
        finding_begin(d, removable ? SEVERITY_WARNING : SEVERITY_NOTE,
                      "The kernel may keep its own data on node %u (%s), which is %s", n->id,
                      node_kind_name(n->kind), removable ? "removable" : "slow");
        snprintf(path, sizeof(path), NODE_DIR "/node%u/memory*/valid_zones", n->id);
        finding_add_file(d, path, "%s of %zu blocks are not in zone Movable (%s)",
                         count->movable == 0 ? "all" : "some", count->all, size);
        if (s->health->auto_online_blocks.value)
                finding_add_file(d, MEMORY_DIR "/auto_online_blocks", "%s",
                                 s->health->auto_online_blocks.value);
        finding_add_consequence(
                d, "Data of the kernel never moves.%s%s",
                is_slow(s, &s->snapshot->assignment->nodes[n - s->snapshot->machine->nodes])
                        ? " On slow memory it makes everything that uses it slow."
                        : "",
                removable ? " Memory that holds it cannot be taken offline, so that "
                            "the device cannot be removed."
                          : "");
        if (!removable) {
                finding_add_remedy(d,
                                   "Linux had this memory at boot. If a driver can add it later "
                                   "instead (dax/kmem), that is better: then online = movable in "
                                   "the policy, or memhp_default_state=online_movable on the "
                                   "kernel command line, keeps data of the kernel away from it. "
                                   "The option movable_node does so for memory that firmware marks "
                                   "as hot-pluggable. Be careful with it: where firmware marks all "
                                   "DRAM so, the kernel may get too little memory for itself, and "
                                   "the machine may not boot.");
                return;
        }
        finding_add_setting(s, d, "For the future", SECTION_ONLINE, "online", "movable");
        finding_add_remedy(d, "Now, if nothing that cannot be moved is there yet:");
        finding_add_command(d, "numatier drain %u", n->id);
        finding_add_command(d, "numatier online --zone movable %u", n->id);
}

/* Nodes with CPUs need memory for the kernel. */
void check_kernel_memory(const struct subject *s, struct diagnosis *d)
{
        const struct assignment *a = s->snapshot->assignment;

        if (!s->health->blocks)
                return;
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];
                struct block_counts count;

                if (!node_counts(n) || n->node->has_cpu || n->node->has_offline_cpu ||
                    is_wanted(s, n) || !(is_slow(s, n) || is_removable(s, n->node)))
                        continue;
                health_count_blocks(s->health, n->node->id, &count);
                if (count.kernel + count.none > 0)
                        add_zone(s, n->node, &count, d);
        }
}

/* Memory in KiB that devices have added, and memory of nodes with CPUs. */
static void sum_memory(const struct subject *s, uint64_t *ret_added, uint64_t *ret_dram)
{
        const struct machine *m = s->snapshot->machine;

        *ret_added = *ret_dram = 0;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (n->has_cpu)
                        *ret_dram += n->size_kib;
                else if (n->has_memory && n->kind != KIND_GPU && is_removable(s, n))
                        *ret_added += n->size_kib;
        }
}

void check_memmap(const struct subject *s, struct diagnosis *d)
{
        const char *value = s->health->memmap_on_memory.value;
        char cost[UNIT_STRING_MAX], of[UNIT_STRING_MAX];
        uint64_t added, dram, memmap;

        if (!value)
                return;
        sum_memory(s, &added, &dram);
        memmap = added / PAGES_PER_DESCRIPTOR;
        format_size(memmap, cost);
        if (streq(value, "N") && memmap > (dram + memmap) / 100 * MEMMAP_LIMIT) {
                finding_begin(d, SEVERITY_WARNING,
                              "The descriptors of added memory take %s of "
                              "DRAM",
                              cost);
                finding_add_consequence(d,
                                        "Linux needs 16 MiB of descriptors for each GiB. They are "
                                        "kept on the nodes with CPUs, which have %s.",
                                        format_size(dram, of));
                finding_add_remedy(d, "To keep them on the added memory itself, add this to the "
                                      "kernel command line:");
                finding_add_command(d, "memory_hotplug.memmap_on_memory=1");
        } else if (!streq(value, "N") && added > 0) {
                finding_begin(d, SEVERITY_NOTE,
                              "The descriptors of added memory are kept on that "
                              "memory");
                finding_add_consequence(d,
                                        "This saves up to %s of DRAM. In exchange, each time the "
                                        "kernel handles such a page, it reads slow memory, and a "
                                        "device's memory can be removed only as a whole.",
                                        cost);
                finding_add_remedy(d, "If DRAM is plentiful, add this to the kernel command line:");
                finding_add_command(d, "memory_hotplug.memmap_on_memory=0");
        } else {
                return;
        }
        finding_add_file(d, "sys/module/memory_hotplug/parameters/memmap_on_memory", "%s", value);
}
