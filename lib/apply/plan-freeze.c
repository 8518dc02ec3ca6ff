/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard against a machine that freezes.
 *
 * With memory in more than one tier and demotion on, the kernel takes pages of the last tier for
 * pages that can still be reclaimed (mm/vmscan.c:can_demote), and goes on trying instead of calling
 * the OOM killer. Without swap that can last for minutes, in which nothing else runs. A value of
 * lru_gen/min_ttl_ms other than 0 makes kswapd call the OOM killer when no page is left that has
 * not been used for that long (mm/vmscan.c:lru_gen_age_node). It has an effect only while the
 * multi-generational LRU is in use. And it is per node: kswapd of the fast node does not ask
 * whether slower ones have free memory. Up to Linux 6.12 the age that counts is that of file pages,
 * and the guard was seen to kill only when both nodes were full. Linux 7.3 counts anonymous pages
 * too (evictable_min_seq), and was seen to kill a program as soon as it filled the fast node, with
 * every value from 1 to 1000. There only the administrator sets it.
 *
 * So the guard is written before the first write that makes the hazard, and what it held before is
 * put back only after the last write that ends the hazard. */

#include <errno.h>

#include "apply/freeze.h"
#include "apply/knobs.h"
#include "apply/plan-steps.h"
#include "facts/knobs.h"

/* lru_gen/enabled (mm/vmscan.c:LRU_GEN_CORE) */
#define LRU_GEN_CORE_BIT 1U

enum answer {
        NO,
        YES,
        UNKNOWN, /* what it depends on cannot be read now */
};

enum guard {
        GUARD_STANDS,     /* min_ttl_ms is not 0, and works */
        GUARD_CAN_BE_SET, /* it would work, and the policy lets us set it */
        GUARD_LEFT_OFF,   /* it would work, and the policy wants it off or left alone */
        GUARD_MISSING,    /* this kernel has none, or does not use that LRU, or kills too early */
        GUARD_UNKNOWN,    /* what it depends on cannot be read now */
};

static enum answer both(enum answer a, enum answer b)
{
        if (a == NO || b == NO)
                return NO;
        return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static enum answer demotion_now(const struct machine *m)
{
        if (m->demotion.unreadable)
                return UNKNOWN;
        return m->demotion.present && m->demotion.value > 0 ? YES : NO;
}

static bool turns_demotion(const struct plan_write *w, bool on)
{
        return w->kind == WRITE_DEMOTION && streq(w->value, on ? "true" : "false");
}

static enum answer demotion_after(const struct plan *p, const struct machine *m)
{
        for (size_t i = 0; i < p->n_writes; i++)
                if (p->writes[i].kind == WRITE_DEMOTION)
                        return turns_demotion(&p->writes[i], true) ? YES : NO;
        return demotion_now(m);
}

/* Where a node will be: where the plan moves it, or where it is. A node that is given back goes to
 * the tier that Linux had it in. */
static uint32_t tier_after(const struct plan *p, const struct state *state, const struct node *n)
{
        for (size_t i = 0; i < p->n_writes; i++) {
                const struct plan_write *w = &p->writes[i];
                const struct state_node *s;

                if (w->kind != WRITE_NODE_TIER || w->node != n->id)
                        continue;
                if (w->wanted_tier != TIER_UNKNOWN)
                        return w->wanted_tier;
                s = state_get_node(state, n->id);
                return s ? s->original_tier : TIER_UNKNOWN;
        }
        return n->present_tier;
}

static enum answer has_several_tiers(const struct plan *p, const struct machine *m,
                                     const struct state *state)
{
        uint32_t first = TIER_UNKNOWN;
        unsigned nodes = 0;
        bool unknown = false;

        for (size_t i = 0; i < m->n_nodes; i++) {
                uint32_t tier;

                if (!m->nodes[i].has_memory)
                        continue;
                nodes++;
                tier = tier_after(p, state, &m->nodes[i]);
                if (tier == TIER_UNKNOWN)
                        unknown = true;
                else if (first == TIER_UNKNOWN)
                        first = tier;
                else if (tier != first)
                        return YES;
        }
        return unknown && nodes > 1 ? UNKNOWN : NO;
}

static bool holds_memory(const struct machine *m, uint32_t tier)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].present_tier == tier)
                        return true;
        return false;
}

/* Whether a write makes the hazard: demotion on, or, while it is on, a node into a tier that holds
 * no memory yet. */
static bool is_hazardous(const struct machine *m, const struct plan_write *w)
{
        if (w->kind == WRITE_NODE_TIER)
                return demotion_now(m) != NO &&
                       (w->wanted_tier == TIER_UNKNOWN || !holds_memory(m, w->wanted_tier));
        return turns_demotion(w, true);
}

static bool has_hazardous_write(const struct plan *p, const struct machine *m)
{
        for (size_t i = 0; i < p->n_writes; i++)
                if (is_hazardous(m, &p->writes[i]))
                        return true;
        return false;
}

/* Whether the guard kills only when it has to. Nothing is known of kernels between the two. */
static bool guard_is_precise(const struct machine *m)
{
        unsigned major, minor;

        return m->kernel && sscanf(m->kernel, "%u.%u", &major, &minor) == 2 &&
               (major < 6 || (major == 6 && minor <= 12));
}

static enum guard classify_guard(const struct machine *m, const struct policy *policy)
{
        bool off = policy->min_ttl == MIN_TTL_SET && policy->min_ttl_ms == 0;

        if (m->lru_gen.unreadable || (m->lru_gen.present && m->min_ttl.unreadable))
                return policy->min_ttl == MIN_TTL_LEAVE || off ? GUARD_LEFT_OFF : GUARD_UNKNOWN;
        if (!(m->lru_gen.value & LRU_GEN_CORE_BIT) || !m->min_ttl.present)
                return GUARD_MISSING;
        if (policy->min_ttl == MIN_TTL_SET)
                return off                                                ? GUARD_LEFT_OFF
                       : min_ttl_is(m->min_ttl.value, policy->min_ttl_ms) ? GUARD_STANDS
                                                                          : GUARD_CAN_BE_SET;
        if (m->min_ttl.value > 0)
                return GUARD_STANDS;
        if (policy->min_ttl == MIN_TTL_LEAVE)
                return GUARD_LEFT_OFF;
        return guard_is_precise(m) ? GUARD_CAN_BE_SET : GUARD_MISSING;
}

enum freeze_risk freeze_find_risk_of_demotion(const struct assignment *a)
{
        static const enum freeze_risk risks[] = {
                [GUARD_STANDS] = FREEZE_GUARDED,     [GUARD_CAN_BE_SET] = FREEZE_CAN_BE_GUARDED,
                [GUARD_LEFT_OFF] = FREEZE_UNGUARDED, [GUARD_MISSING] = FREEZE_HAS_NO_GUARD,
                [GUARD_UNKNOWN] = FREEZE_UNKNOWN,
        };
        const struct machine *m = a->machine;
        enum guard guard;

        if ((m->lru_gen.value & LRU_GEN_CORE_BIT) && m->min_ttl.present && m->min_ttl.value > 0)
                return FREEZE_GUARDED;
        guard = classify_guard(m, a->policy);
        if (guard == GUARD_LEFT_OFF && !guard_is_precise(m))
                return FREEZE_HAS_NO_GUARD; /* min-ttl = auto would not set it either */
        return risks[guard];
}

enum freeze_risk freeze_find_risk_with_mglru(const struct assignment *a)
{
        struct machine m = *a->machine;
        struct assignment with = *a;

        if (!m.lru_gen.present)
                return m.lru_gen.unreadable ? FREEZE_UNKNOWN : FREEZE_HAS_NO_GUARD;
        m.lru_gen.value |= LRU_GEN_CORE_BIT;
        with.machine = &m;
        return freeze_find_risk_of_demotion(&with);
}

enum freeze_risk freeze_find_risk(const struct assignment *a)
{
        static const struct plan nothing = { 0 }; /* as the machine is */
        const struct machine *m = a->machine;
        enum answer hazard = both(has_several_tiers(&nothing, m, NULL), demotion_now(m));

        if (hazard != YES)
                return hazard == NO ? FREEZE_IMPOSSIBLE : FREEZE_UNKNOWN;
        return freeze_find_risk_of_demotion(a);
}

static bool is_unguarded(enum guard guard)
{
        return guard == GUARD_MISSING || guard == GUARD_LEFT_OFF;
}

static bool has_swap(const struct machine *m)
{
        return m->swap.present && m->swap.value > 0;
}

/* Moves a write to another place in the plan. */
static void reorder(struct plan *p, size_t from, size_t to)
{
        struct plan_write w = p->writes[from];

        if (from > to)
                memmove(&p->writes[to + 1], &p->writes[to], (from - to) * sizeof(w));
        else
                memmove(&p->writes[from], &p->writes[from + 1], (to - from) * sizeof(w));
        p->writes[to] = w;
}

int plan_hold_after_moves(struct plan *p)
{
        for (size_t i = p->n_writes; i-- > 0;)
                if (p->writes[i].after_moves) {
                        int r = plan_hold(p, i,
                                          "a node's move is held back, and would no longer be safe "
                                          "after this");

                        if (r < 0)
                                return r;
                }
        return 0;
}

static int hold_hazardous(struct plan *p, const struct machine *m, const char *reason)
{
        bool moves = false;

        for (size_t i = p->n_writes; i-- > 0;) {
                bool move = p->writes[i].kind == WRITE_NODE_TIER;
                int r = is_hazardous(m, &p->writes[i]) ? plan_hold(p, i, reason) : 1;

                if (r < 0)
                        return r;
                moves = moves || (move && r == 0);
        }
        return moves ? plan_hold_after_moves(p) : 0;
}

static int add_guard(struct plan *p, const struct machine *m, const char *value,
                     enum guard_role role, const char *reason)
{
        return plan_add_write(p, (struct plan_write){
                                         .kind = WRITE_MIN_TTL,
                                         .guard = role,
                                         .path = knob_make_path(WRITE_MIN_TTL, INTERFACE_NONE, 0),
                                         .value = strdup(value),
                                         .before = text_new("%u", m->min_ttl.value),
                                         .expect = strdup(value),
                                         .reason = strdup(reason),
                                 });
}

/* Before all others, and those that make the hazard depend on it. */
static int raise_guard(struct plan *p, const struct assignment *a, unsigned ms, const char *reason)
{
        const struct machine *m = a->machine;
        char value[32];
        int r;

        snprintf(value, sizeof(value), "%u", ms);
        r = add_guard(p, m, value, GUARD_RAISE, reason);
        if (r < 0)
                return r;
        reorder(p, p->n_writes - 1, 0);
        for (size_t i = 1; i < p->n_writes; i++)
                if (a->policy->demotion != SWITCH_FORCE && is_hazardous(m, &p->writes[i]))
                        p->writes[i].guard = GUARD_NEED;
        return 0;
}

/* After all others. What is not the value that "auto" writes is somebody else's, and stays. */
static int lower_guard(struct plan *p, const struct machine *m, const struct state *state)
{
        const struct state_original *o = state_get_original(state, MIN_TTL_PATH);

        if (!o || !m->min_ttl.present || !min_ttl_is(m->min_ttl.value, MIN_TTL_AUTO_MS) ||
            min_ttl_is((unsigned)atoi(o->value), MIN_TTL_AUTO_MS))
                return 0;
        return add_guard(p, m, o->value, GUARD_LOWER,
                         "[apply] min-ttl = auto: no longer needed, as there is no demotion "
                         "between tiers");
}

static int plan_auto(struct plan *p, const struct assignment *a, const struct state *state,
                     enum guard guard, enum answer hazard)
{
        const struct machine *m = a->machine;

        if (hazard == NO)
                return lower_guard(p, m, state);
        if (guard != GUARD_CAN_BE_SET || (hazard == UNKNOWN && !has_hazardous_write(p, m)))
                return 0;
        return raise_guard(p, a, MIN_TTL_AUTO_MS,
                           "[apply] min-ttl = auto: with demotion between tiers, memory exhaustion "
                           "could freeze the machine");
}

static int plan_fixed(struct plan *p, const struct assignment *a, struct messages *warnings)
{
        const struct policy *policy = a->policy;
        const struct machine *m = a->machine;

        if (!m->min_ttl.present && !m->min_ttl.unreadable)
                messages_add(warnings, "The policy sets min-ttl, which this kernel does not have");
        if (!m->min_ttl.present || min_ttl_is(m->min_ttl.value, policy->min_ttl_ms))
                return 0;
        if (policy->min_ttl_ms == 0)
                return add_guard(p, m, "0", GUARD_NONE, "[apply] min-ttl");
        return raise_guard(p, a, policy->min_ttl_ms, "[apply] min-ttl");
}

#define MAY_FREEZE                                                                                 \
        "memory exhaustion can freeze this machine for minutes instead of killing a process"

static const char *say_swap(const struct machine *m)
{
        if (m->swap.unreadable)
                return "it is not known whether there is swap";
        return has_swap(m) ? "swap helps only until it is full" : "there is no swap";
}

static void warn_of_hazard(const struct machine *m, const struct policy *policy, enum guard guard,
                           struct messages *warnings)
{
        if (guard == GUARD_LEFT_OFF && policy->min_ttl == MIN_TTL_LEAVE && m->min_ttl.present &&
            m->min_ttl.value == 0)
                messages_add(warnings, "Demotion is on between memory tiers, /" MIN_TTL_PATH
                                       " is 0, and the policy says min-ttl = leave: " MAY_FREEZE);
        else if (is_unguarded(guard) && policy->demotion != SWITCH_FORCE)
                messages_add(warnings,
                             "Demotion is on between memory tiers, %s, and no guard is set against "
                             "it: " MAY_FREEZE " (see numatierd.conf(5), demotion)",
                             say_swap(m));
}

/* Where nothing protects, demotion is not switched on unless the policy insists. */
static int refuse_demotion(struct plan *p, const struct machine *m)
{
        for (size_t i = 0; i < p->n_writes; i++) {
                if (!turns_demotion(&p->writes[i], true))
                        continue;
                if (m->swap.unreadable)
                        return plan_hold(p, i,
                                         "/" SWAPS_PATH
                                         " cannot be read, and without swap " MAY_FREEZE);
                return plan_hold(p, i,
                                 "demotion = yes is refused: there is no swap, and without a "
                                 "guard " MAY_FREEZE " (see numatierd.conf(5), demotion)");
        }
        return 0;
}

static bool is_off_held(const struct plan *p)
{
        for (size_t i = 0; i < p->n_held; i++)
                if (turns_demotion(&p->held[i], false))
                        return true;
        return false;
}

/* Demotion is switched off before nodes move, so that they make no hazard on their way; if it
 * cannot be, they wait unless something else guards them. */
static int put_demotion_off_first(struct plan *p, const struct machine *m, enum guard guard)
{
        size_t i = 0;

        /* a guard that can be set will be, and one that is not known is held back for below */
        if (is_off_held(p) && is_unguarded(guard))
                return hold_hazardous(
                        p, m,
                        "demotion could not be switched off, and without a guard " MAY_FREEZE);
        while (i < p->n_writes && !turns_demotion(&p->writes[i], false))
                i++;
        if (i == p->n_writes)
                return 0;
        reorder(p, i, 0);
        if (guard == GUARD_STANDS)
                return 0;
        for (i = 1; i < p->n_writes; i++)
                if (is_hazardous(m, &p->writes[i]))
                        p->writes[i].guard = GUARD_NEED_OFF;
        return 0;
}

int plan_against_freeze(struct plan *p, const struct assignment *a, const struct state *state,
                        struct messages *warnings)
{
        const struct policy *policy = a->policy;
        const struct machine *m = a->machine;
        enum guard guard = classify_guard(m, policy);
        enum answer hazard;
        int r;

        r = put_demotion_off_first(p, m, guard);
        if (r < 0)
                return r;
        if (guard == GUARD_UNKNOWN && policy->demotion != SWITCH_FORCE &&
            demotion_after(p, m) != NO)
                r = hold_hazardous(p, m,
                                   "/" MIN_TTL_PATH " or /" LRU_GEN_PATH
                                   " cannot be read, and without that guard " MAY_FREEZE);
        else if (is_unguarded(guard) && policy->demotion != SWITCH_FORCE && !has_swap(m))
                r = refuse_demotion(p, m);
        if (r < 0)
                return r;
        hazard = both(has_several_tiers(p, m, state), demotion_after(p, m));
        if (hazard == YES)
                warn_of_hazard(m, policy, guard, warnings);
        if (policy->min_ttl == MIN_TTL_SET)
                return plan_fixed(p, a, warnings);
        return policy->min_ttl == MIN_TTL_AUTO ? plan_auto(p, a, state, guard, hazard) : 0;
}
