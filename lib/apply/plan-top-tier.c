/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <inttypes.h>

#include "apply/plan-steps.h"
#include "classify/adistance.h"
#include "facts/knobs.h"

/* NUMA balancing's tiering mode stores access times in the pages of nodes below the top tier, where
 * other pages hold the CPU that used them last (last_cpupid). They stay when the mode is switched
 * off. When such a node becomes top-tier, the next hint fault takes a time for a CPU and the kernel
 * panics (kernel/sched/fair.c:should_numa_migrate_memory, Linux 6.1 to 7.3). Our module clears the
 * pages before it moves a node, from version 1.1 on; a kernel with an interface of its own does
 * not. */

/* The tiers that a node may be in while the plan is carried out. */
struct tier_range {
        uint32_t min, max;
};

static const struct tier_range anywhere = { 0, TIER_UNKNOWN };

struct guard {
        const struct machine *machine;
        const char *cause;         /* why pages may hold access times; NULL: they do not */
        struct tier_range *ranges; /* as machine->nodes */
};

static struct tier_range range_of_tier(uint32_t tier)
{
        return tier == TIER_UNKNOWN ? anywhere : (struct tier_range){ tier, tier };
}

static struct tier_range range_join(struct tier_range a, struct tier_range b)
{
        return (struct tier_range){
                .min = a.min < b.min ? a.min : b.min,
                .max = a.max > b.max ? a.max : b.max,
        };
}

static bool parse_offset(const char *s, int *ret)
{
        char end;

        return sscanf(s, "%d %c", ret, &end) == 1;
}

/* The distance itself is unknown, only the tier that it lies in with the present offset. */
static struct tier_range range_of_offset(const struct plan_write *w)
{
        int64_t tier = w->present_tier, min, max;
        int before, after;

        if (w->present_tier == TIER_UNKNOWN || !parse_offset(w->before, &before) ||
            !parse_offset(w->value, &after))
                return anywhere;
        min = tier * MEMTIER_CHUNK_SIZE + after - before;
        max = min + MEMTIER_CHUNK_SIZE - 1;
        if (min < 0 || max > INT32_MAX)
                return anywhere;
        return (struct tier_range){ (uint32_t)(min >> MEMTIER_CHUNK_BITS),
                                    (uint32_t)(max >> MEMTIER_CHUNK_BITS) };
}

/* Where a write puts its node. */
static struct tier_range range_of_write(const struct plan_write *w)
{
        unsigned tier;

        if (w->wanted_tier != TIER_UNKNOWN)
                return range_of_tier(w->wanted_tier);
        if (w->interface == INTERFACE_ADISTANCE_OFFSET)
                return range_of_offset(w);
        return parse_unsigned(w->value, TIER_UNKNOWN - 1, &tier) == 0 ? range_of_tier(tier)
                                                                      : anywhere;
}

static const struct node *node_of_write(const struct guard *g, const struct plan_write *w)
{
        const struct node *n =
                w->kind == WRITE_NODE_TIER ? machine_get_node(g->machine, w->node) : NULL;

        return n && n->has_memory ? n : NULL;
}

static void join_write(struct guard *g, const struct plan_write *w)
{
        const struct node *n = node_of_write(g, w);
        struct tier_range *range;

        if (!n)
                return;
        range = &g->ranges[n - g->machine->nodes];
        *range = range_join(*range, range_of_write(w));
}

/* The slowest tier that holds a node with CPUs (mm/memory-tiers.c:establish_demotion_targets); the
 * node except (may be NULL) is left out. False: there is no other node with CPUs. */
static bool find_top_tier(const struct guard *g, const struct node *except, struct tier_range *ret)
{
        bool found = false;

        *ret = (struct tier_range){ 0, 0 };
        for (size_t i = 0; i < g->machine->n_nodes; i++) {
                const struct node *n = &g->machine->nodes[i];

                if (!n->has_memory || !n->has_cpu || n == except)
                        continue;
                if (g->ranges[i].min > ret->min)
                        ret->min = g->ranges[i].min;
                if (g->ranges[i].max > ret->max)
                        ret->max = g->ranges[i].max;
                found = true;
        }
        return found;
}

/* Whether the node moves from below the top tier into it. */
static bool enters_top_tier(const struct guard *g, const struct node *n, struct tier_range to)
{
        struct tier_range from = range_of_tier(n->present_tier), top;

        /* no CPUs beside any memory: the kernel keeps a limit of which nothing is known */
        if (!find_top_tier(g, NULL, &top))
                top = anywhere;
        return to.min < from.max && to.min <= top.max && from.max > top.min;
}

/* A node with CPUs that moves down takes the limit of the top tier with it. Returns a node that
 * becomes top-tier without being moved, or NULL. */
static const struct node *find_pulled_up(const struct guard *g, const struct node *n,
                                         struct tier_range to)
{
        struct tier_range from = range_of_tier(n->present_tier), top;

        find_top_tier(g, n, &top);
        if (from.min > top.min)
                top.min = from.min;
        if (to.max <= top.min)
                return NULL;
        for (size_t i = 0; i < g->machine->n_nodes; i++) {
                const struct node *other = &g->machine->nodes[i];

                if (other->has_memory && !other->has_cpu && g->ranges[i].max > top.min &&
                    g->ranges[i].min <= to.max)
                        return other;
        }
        return NULL;
}

/* The node that the write would make top-tier, or NULL: the write is safe. */
static const struct node *find_victim(const struct guard *g, const struct plan_write *w)
{
        const struct node *n = node_of_write(g, w);
        struct tier_range to;

        if (!g->cause || !n)
                return NULL;
        /* the module clears the pages itself */
        if (w->interface == INTERFACE_MEMTIER_OVERRIDE && g->machine->module_clears)
                return NULL;
        to = range_of_write(w);
        if (n->has_cpu)
                return find_pulled_up(g, n, to);
        return enters_top_tier(g, n, to) ? n : NULL;
}

static char *describe_hazard(const struct guard *g, const struct plan_write *w,
                             const struct node *victim)
{
        const char *other = "";

        if (w->interface == INTERFACE_MEMTIER_OVERRIDE && g->machine->module_loaded)
                other = "Or reload the module memtier_override: version 1.1 or later clears them. ";
        else if (w->wanted_tier == TIER_UNKNOWN && victim->id == w->node)
                other = "Or take the node's memory offline and online again, without numatier. ";
        return text_new("moving it would make node %u top-tier. Its pages may hold access times "
                        "of NUMA balancing's tiering mode, %s, and the kernel may panic. To move "
                        "it, reboot; it is moved before that mode is switched on. %sIf this "
                        "kernel has the bug fixed, write %s to /%s manually",
                        victim->id, g->cause, other, w->value, w->path);
}

static int refuse(struct guard *g, struct plan *p, const struct plan_write *w,
                  const struct node *victim)
{
        struct tier_range to = range_of_write(w);
        struct plan_unmet unmet = {
                .node = w->node,
                .present_tier = w->present_tier,
                .wanted_tier = to.min == to.max ? to.min : TIER_UNKNOWN,
                .hazard = describe_hazard(g, w, victim),
        };

        return unmet.hazard ? plan_add_unmet(p, unmet) : -ENOMEM;
}

/* Why the pages of nodes below the top tier may hold access times; NULL: they do not. */
static const char *find_cause(const struct machine *m, const struct state *state)
{
        if (m->numa_balancing.unreadable)
                return "which may be on: /" BALANCING_PATH " cannot be read";
        if (machine_is_tiering(m))
                return "which is on";
        return state_was_tiering(state) ? "which was on earlier in this boot" : NULL;
}

static void guard_done(struct guard *g)
{
        free(g->ranges);
}

static int guard_init(struct guard *g, const struct machine *m, const struct state *state)
{
        *g = (struct guard){ .machine = m, .cause = find_cause(m, state) };
        g->ranges = calloc(m->n_nodes ?: 1, sizeof(*g->ranges));
        if (!g->ranges)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_nodes; i++)
                g->ranges[i] = range_of_tier(m->nodes[i].present_tier);
        return 0;
}

/* Drops the unsafe ones among the writes to nodes with CPUs, or to the others. */
static int drop_unsafe(struct guard *g, struct plan *p, bool has_cpu)
{
        size_t kept = 0;
        int r = 0;

        for (size_t i = 0; i < p->n_writes; i++) {
                struct plan_write *w = &p->writes[i];
                const struct node *n = node_of_write(g, w), *victim = NULL;

                if (r == 0 && n && n->has_cpu == has_cpu)
                        victim = find_victim(g, w);
                if (!victim) {
                        p->writes[kept++] = *w;
                        continue;
                }
                r = refuse(g, p, w, victim);
                plan_write_done(w);
        }
        p->n_writes = kept;
        return r;
}

/* A write may fail, and others are made all the same: each is checked against every tier that the
 * other nodes may be in meanwhile. The nodes with CPUs come first, since they set the limit: what
 * is dropped there no longer counts for the others. */
static int guard_writes(struct guard *g, struct plan *p)
{
        int r;

        for (size_t i = 0; i < p->n_writes; i++)
                join_write(g, &p->writes[i]);
        r = drop_unsafe(g, p, true);
        if (r < 0)
                return r;
        for (size_t i = 0; i < g->machine->n_nodes; i++)
                g->ranges[i] = range_of_tier(g->machine->nodes[i].present_tier);
        for (size_t i = 0; i < p->n_writes; i++)
                join_write(g, &p->writes[i]);
        return drop_unsafe(g, p, false);
}

int plan_keep_from_top_tier(struct plan *p, const struct machine *m, const struct state *state)
{
        struct guard g;
        int r;

        if (p->n_writes == 0)
                return 0;
        r = guard_init(&g, m, state);
        if (r == 0)
                r = guard_writes(&g, p);
        guard_done(&g);
        return r;
}
