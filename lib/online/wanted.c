/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/wanted.h"

#include <errno.h>

#include "classify/rules.h"

bool wanted_any(const struct policy *p)
{
        bool any = p->online != ONLINE_LEAVE;

        for (size_t i = 0; i < p->n_rules; i++)
                any = any ||
                      (p->rules[i].online != ONLINE_UNSET && p->rules[i].online != ONLINE_LEAVE);
        return any;
}

/* What is not known yet may have some. */
static bool may_have_cpus(const struct machine *m, uint32_t node)
{
        const struct node *n = machine_get_node(m, node);

        return !n || n->has_cpu || n->has_offline_cpu;
}

static bool has_cpus(const struct machine *m, uint32_t node)
{
        const struct node *n = machine_get_node(m, node);

        return n && (n->has_cpu || n->has_offline_cpu);
}

static bool is_hot_added(const struct block_device *d)
{
        return d && d->origin != ORIGIN_REGION && d->origin != ORIGIN_GPU;
}

/* A firmware may describe boot memory as an ACPI memory device, too, and Linux binds that memory to
 * it just the same (drivers/acpi/acpi_memhotplug.c:acpi_memory_enable_device). */
static bool may_go(const struct machine *m, const struct block_device *d, uint32_t node)
{
        return is_hot_added(d) && !(d->origin == ORIGIN_ACPI && may_have_cpus(m, node));
}

/* Of memory without a device, Linux only knows by its values that it is no DRAM. */
static enum node_kind find_kind(const struct machine *m, const struct block_device *d,
                                uint32_t node)
{
        const struct node *n = machine_get_node(m, node);

        if (d)
                return d->device.kind;
        return n && n->kind == KIND_HBM ? KIND_HBM : KIND_DRAM;
}

/* A node that is made of this device alone: what [node] sections match. */
static struct node make_node(const struct machine *m, const struct block_device *d, uint32_t node)
{
        struct node n = {
                .id = node,
                .has_memory = true,
                .has_cpu = !d && has_cpus(m, node),
                .kind = find_kind(m, d, node),
                .devices = d ? (struct node_device *)&d->device : NULL,
                .n_devices = d ? 1 : 0,
        };

        if (d && d->device.unreadable)
                node_mark_unreadable(&n, FACT_DEVICES);
        return n;
}

/* A section that sets ignore = yes wants numatier to do nothing, unless it says what. */
static enum policy_online choose(const struct policy *p, const struct node_rule *rule,
                                 bool hot_added)
{
        if (rule && rule->online != ONLINE_UNSET)
                return rule->online;
        return !hot_added || (rule && rule->ignore) ? ONLINE_LEAVE : p->online;
}

static struct wanted decide(const struct policy *p, const struct machine *m,
                            const struct block_device *d, uint32_t node)
{
        struct node n = make_node(m, d, node);
        const struct node_rule *rule = rules_find(p, &n);
        struct wanted w = {
                .online = choose(p, rule, is_hot_added(d)),
                .rule = rule && rule->online != ONLINE_UNSET ? rule : NULL,
                .unreadable = rules_are_unreadable(p, &n),
                .is_hot_added = is_hot_added(d),
                .may_go = may_go(m, d, node),
                .device = d ? block_device_name(d) : NULL,
        };

        if (w.unreadable)
                w.online = ONLINE_LEAVE;
        return w;
}

/* A new block is in no node for a moment; one of two nodes is no device's. */
static bool is_known(const struct block_devices *d, const struct block *b, size_t i)
{
        return !block_devices_is_unreadable(d, i) && b->node != BLOCK_NO_NODE;
}

int wanted_decide(const struct policy *p, const struct machine *m, const struct block_table *t,
                  const struct block_devices *d, struct wanted **ret)
{
        struct wanted *all = calloc(t->n ?: 1, sizeof(*all));

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < t->n; i++) {
                const struct block *b = &t->blocks[i];

                if (!is_known(d, b, i))
                        all[i] = (struct wanted){ .online = ONLINE_LEAVE, .unreadable = true };
                else if (i > 0 && d->of[i] == d->of[i - 1] && b->node == b[-1].node)
                        all[i] = all[i - 1];
                else
                        all[i] = decide(p, m, block_devices_get(d, i), b->node);
        }
        *ret = all;
        return 0;
}

struct wanted wanted_for_device(const struct policy *p, const struct machine *m,
                                const struct block_device *device)
{
        return decide(p, m, device, device->target);
}

void wanted_mark_boot_memory(struct wanted *w)
{
        w->is_hot_added = false;
        w->may_go = false;
        if (!w->rule)
                w->online = ONLINE_LEAVE;
}
