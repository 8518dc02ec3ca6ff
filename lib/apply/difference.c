/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/difference.h"

#include <errno.h>

#include "apply/knobs.h"
#include "apply/plan-steps.h"
#include "base/units.h"
#include "facts/knobs.h"

/* The entry of a write that the kernel ignored last time, and would again: same value, and the file
 * reads as it did after that. NULL: it may be tried now. */
static const struct state_ignored *find_ignored(const struct state *state,
                                                const struct plan_write *w)
{
        const struct state_ignored *i = state_get_ignored(state, w->path);

        if (!i || state->now >= i->retry || !streq(i->value, w->value) ||
            !knob_of_write(w)->same(i->after, w->before))
                return NULL;
        return i;
}

static unsigned minutes_up(uint64_t usec)
{
        return (unsigned)((usec + 59999999) / 60000000);
}

static int back_off_write(struct plan *p, size_t i, const struct state *state,
                          const struct state_ignored *ignored)
{
        _cleanup_(freep) char *reason = text_new(
                "the kernel accepted this value and did not use it (%u time%s). It is tried again "
                "in %u min at the latest",
                ignored->times, plural(ignored->times),
                minutes_up(state_retry_delay(ignored->times)));
        int r;

        if (!reason)
                return -ENOMEM;
        r = plan_hold(p, i, reason);
        if (r == 0)
                p->held[p->n_held - 1].retry_usec = ignored->retry - state->now;
        return r;
}

/* Holds the writes that the kernel ignored before, until it is time for the next try. */
static int back_off(struct plan *p, const struct state *state)
{
        for (size_t i = p->n_writes; i-- > 0;) {
                const struct state_ignored *ignored = find_ignored(state, &p->writes[i]);
                int r = ignored ? back_off_write(p, i, state, ignored) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static bool has_role(const struct plan *p, enum guard_role role)
{
        for (size_t i = 0; i < p->n_writes; i++)
                if (p->writes[i].guard == role)
                        return true;
        return false;
}

/* The guard itself may be what the kernel ignores: what needs it then waits too. */
static int back_off_guard(struct plan *p, const struct state *state)
{
        bool raised = has_role(p, GUARD_RAISE), moves = false;
        int r;

        r = back_off(p, state);
        if (r < 0 || !raised || has_role(p, GUARD_RAISE))
                return r;
        for (size_t i = p->n_writes; i-- > 0;) {
                if (p->writes[i].guard != GUARD_NEED)
                        continue;
                moves = moves || p->writes[i].kind == WRITE_NODE_TIER;
                r = plan_hold(p, i,
                              "the kernel ignores the guard against memory exhaustion that this "
                              "needs, min_ttl_ms");
                if (r < 0)
                        return r;
        }
        return moves ? plan_hold_after_moves(p) : 0;
}

static bool is_held(const struct plan *p, enum write_kind kind)
{
        for (size_t i = 0; i < p->n_held; i++)
                if (p->held[i].kind == kind)
                        return true;
        return false;
}

/* A weight switches the kernel's own weights off: that they were on must be in the journal then. */
static int hold_weights(struct plan *p, const struct machine *m)
{
        const char *reason = NULL;

        if (m->weight_auto.unreadable)
                reason = "/" WEIGHT_AUTO_PATH " cannot be read, and this would change it";
        else if (is_held(p, WRITE_WEIGHT_AUTO))
                reason = "the kernel's own weights could not be switched off";
        if (!reason)
                return 0;
        for (size_t i = p->n_writes; i-- > 0;) {
                int r = p->writes[i].kind == WRITE_WEIGHT ? plan_hold(p, i, reason) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

int plan_new(const struct assignment *a, const struct state *state, struct messages *warnings,
             struct plan **ret)
{
        _cleanup_(plan_freep) struct plan *p = calloc(1, sizeof(*p));
        int r = 0;

        if (!p)
                return -ENOMEM;
        p->interface = plan_choose_interface(a->machine, a->policy, warnings);
        for (size_t i = 0; i < a->n_nodes; i++) {
                r = plan_node(p, a, state, &a->nodes[i]);
                if (r < 0)
                        return r;
        }
        r = plan_keep_from_top_tier(p, a->machine, state);
        /* After the moves, which tiering mode would make unsafe */
        if (r == 0)
                r = plan_knobs(p, a, state, warnings);
        /* What is not written makes no hazard, and ends none */
        if (r == 0)
                r = back_off(p, state);
        if (r == 0)
                r = hold_weights(p, a->machine);
        if (r == 0)
                r = plan_against_freeze(p, a, state, warnings);
        if (r == 0)
                r = back_off_guard(p, state);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}
