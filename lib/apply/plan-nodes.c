/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <inttypes.h>

#include "apply/knobs.h"
#include "apply/plan-steps.h"
#include "classify/adistance.h"
#include "facts/knobs.h"

static int add_unmet(struct plan *p, const struct node_assignment *n)
{
        return plan_add_unmet(p, (struct plan_unmet){
                                         .node = n->node->id,
                                         .present_tier = n->node->present_tier,
                                         .wanted_tier = n->wanted_tier,
                                 });
}

static char *node_path(unsigned node, enum interface interface)
{
        return knob_make_path(WRITE_NODE_TIER, interface, node);
}

static bool node_has(const struct node *n, enum interface interface)
{
        return interface == INTERFACE_MEMTIER_OVERRIDE   ? n->has_override
               : interface == INTERFACE_ADISTANCE_OFFSET ? n->has_offset
                                                         : false;
}

static bool machine_has(const struct machine *m, enum interface interface)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (node_has(&m->nodes[i], interface))
                        return true;
        return false;
}

static bool interface_is_unreadable(const struct machine *m)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (node_is_unreadable(&m->nodes[i], FACT_INTERFACE))
                        return true;
        return false;
}

enum interface plan_choose_interface(const struct machine *m, const struct policy *p,
                                     struct messages *warnings)
{
        static const enum interface wanted[] = {
                [POLICY_INTERFACE_MEMTIER_OVERRIDE] = INTERFACE_MEMTIER_OVERRIDE,
                [POLICY_INTERFACE_ADISTANCE_OFFSET] = INTERFACE_ADISTANCE_OFFSET,
        };

        if (p->interface == POLICY_INTERFACE_NONE)
                return INTERFACE_NONE;
        if (p->interface == POLICY_INTERFACE_AUTO) {
                if (machine_has(m, INTERFACE_MEMTIER_OVERRIDE))
                        return INTERFACE_MEMTIER_OVERRIDE;
                return machine_has(m, INTERFACE_ADISTANCE_OFFSET) ? INTERFACE_ADISTANCE_OFFSET
                                                                  : INTERFACE_NONE;
        }
        if (machine_has(m, wanted[p->interface]))
                return wanted[p->interface];
        if (interface_is_unreadable(m))
                return INTERFACE_NONE; /* which was reported when it was read */
        messages_add(warnings,
                     "The policy asks for interface = %s, which this kernel does not have",
                     interface_name(wanted[p->interface]));
        return INTERFACE_NONE;
}

static char *tier_reason(const struct assignment *a, const struct node_assignment *n)
{
        return text_new("%stier %s: %s", n->moved_by_hand ? "it was moved manually; " : "",
                        assignment_tier_name(a, n), n->reason);
}

static int plan_override(struct plan *p, const struct assignment *a,
                         const struct node_assignment *n)
{
        uint32_t old = n->node->present_tier, new = n->wanted_tier;

        return plan_add_write(p, (struct plan_write){
                                         .kind = WRITE_NODE_TIER,
                                         .interface = INTERFACE_MEMTIER_OVERRIDE,
                                         .path = node_path(n->node->id, INTERFACE_MEMTIER_OVERRIDE),
                                         .value = text_new("%" PRIu32, new),
                                         .before = text_new("memory_tier%" PRIu32, old),
                                         .expect = text_new("memory_tier%" PRIu32, new),
                                         .reason = tier_reason(a, n),
                                         .node = n->node->id,
                                         .present_tier = old,
                                         .wanted_tier = new,
                                 });
}

/* The offset counts from the memory type's own distance, of which only the tier is known: steps of
 * whole tiers land in the wanted one wherever in its own tier that distance lies. They are counted
 * from where the node was before our first write, so that a kernel which ignores the offset is not
 * sent an ever larger one. Memory that came since then has an offset of its own: none. */
static int plan_offset(struct plan *p, const struct assignment *a, const struct state *state,
                       const struct node_assignment *n)
{
        _cleanup_(freep) char *path = node_path(n->node->id, INTERFACE_ADISTANCE_OFFSET);
        const struct state_original *original = path ? state_get_original(state, path) : NULL;
        const struct state_node *s = state_get_node(state, n->node->id);
        int64_t tier = n->node->present_tier, offset = n->node->adistance_offset;

        if (original && s && s->original_tier != TIER_UNKNOWN && offset != atoi(original->value)) {
                tier = s->original_tier;
                offset = atoi(original->value);
        }
        offset += ((int64_t)n->wanted_tier - tier) * MEMTIER_CHUNK_SIZE;
        if (offset == n->node->adistance_offset)
                return add_unmet(p, n);
        return plan_add_write(p, (struct plan_write){
                                         .kind = WRITE_NODE_TIER,
                                         .interface = INTERFACE_ADISTANCE_OFFSET,
                                         .path = TAKE_PTR(path),
                                         .value = text_new("%" PRId64, offset),
                                         .before = text_new("%d", n->node->adistance_offset),
                                         .expect = text_new("%" PRId64, offset),
                                         .reason = tier_reason(a, n),
                                         .node = n->node->id,
                                         .present_tier = n->node->present_tier,
                                         .wanted_tier = n->wanted_tier,
                                 });
}

/* To ignore a node is to give back what numatier itself placed. A node that is elsewhere was moved
 * manually, and stays there. */
static bool stays_ignored(const struct state *state, const struct node_assignment *n)
{
        const struct state_node *s = state_get_node(state, n->node->id);

        return n->cause == CAUSE_IGNORED && s && s->placed != TIER_UNKNOWN &&
               s->placed != n->node->present_tier;
}

/* A node that the policy no longer speaks of, and that we moved once, goes back to Linux. */
static int plan_give_back(struct plan *p, const struct assignment *a, const struct state *state,
                          const struct node_assignment *n)
{
        _cleanup_(freep) char *path = node_path(n->node->id, p->interface);
        const struct state_original *original = path ? state_get_original(state, path) : NULL;
        bool offset = p->interface == INTERFACE_ADISTANCE_OFFSET;

        if (!path)
                return -ENOMEM;
        if (!original || stays_ignored(state, n))
                return 0;
        return plan_add_write(
                p,
                (struct plan_write){
                        .kind = WRITE_NODE_TIER,
                        .interface = p->interface,
                        .path = TAKE_PTR(path),
                        .value = knob_of_path(original->path, NULL)
                                         ->undo(a->machine, original->value),
                        .before = offset ? text_new("%d", n->node->adistance_offset)
                                         : text_new("memory_tier%" PRIu32, n->node->present_tier),
                        .expect = strdup(original->value),
                        .reason = text_new("given back: %s", n->reason),
                        .node = n->node->id,
                        .present_tier = n->node->present_tier,
                        .wanted_tier = TIER_UNKNOWN,
                });
}

int plan_node(struct plan *p, const struct assignment *a, const struct state *state,
              const struct node_assignment *n)
{
        /* Not known where it is or how to move it: nothing is written on a guess. The next pass
         * tries again. A policy that moves nothing does not ask how. */
        if (node_is_unreadable(n->node, FACT_TIER) ||
            (node_is_unreadable(n->node, FACT_INTERFACE) &&
             a->policy->interface != POLICY_INTERFACE_NONE))
                return 0;
        if (!n->node->has_memory || n->node->present_tier == TIER_UNKNOWN ||
            n->cause == CAUSE_UNSETTLED || n->cause == CAUSE_UNREADABLE)
                return 0;
        if (n->wanted_tier == TIER_UNKNOWN)
                return node_has(n->node, p->interface) ? plan_give_back(p, a, state, n) : 0;
        if (n->wanted_tier == n->node->present_tier)
                return 0;
        if (!node_has(n->node, p->interface))
                return add_unmet(p, n);
        return p->interface == INTERFACE_MEMTIER_OVERRIDE ? plan_override(p, a, n)
                                                          : plan_offset(p, a, state, n);
}
