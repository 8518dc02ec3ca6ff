/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/apply.h"

#include <errno.h>

#include "facts/knobs.h"
#include "facts/tiers.h"

#define VALUE_MAX 128

const char *outcome_name(enum outcome o)
{
        static const char *const names[] = {
                [OUTCOME_DONE] = "done",       [OUTCOME_ALREADY] = "already",
                [OUTCOME_IGNORED] = "ignored", [OUTCOME_UNVERIFIED] = "unverified",
                [OUTCOME_GONE] = "gone",       [OUTCOME_BUSY] = "busy",
                [OUTCOME_FAILED] = "failed",   [OUTCOME_HELD] = "held",
        };

        return names[o];
}

struct report *report_free(struct report *r)
{
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->n_entries; i++)
                free(r->entries[i].after);
        free(r->entries);
        free(r);
        return NULL;
}

static enum outcome outcome_of_error(int error)
{
        switch (-error) {
        case ENOENT:
        case ENODEV:
                return OUTCOME_GONE;
        case EAGAIN:
        case EBUSY:
        case EINTR:
                return OUTCOME_BUSY;
        default:
                return OUTCOME_FAILED;
        }
}

static enum outcome fail(struct report_entry *e, int error)
{
        e->error = error;
        return outcome_of_error(error);
}

static enum outcome fail_write(struct report_entry *e, int error)
{
        enum outcome o = fail(e, error);

        /* mm/mempolicy.c:weighted_interleave_auto_store, when no bandwidth is known */
        return e->write->kind == WRITE_WEIGHT_AUTO && error == -ENODEV ? OUTCOME_FAILED : o;
}

/* Reads the file of a write as one line. */
static int read_value(struct sysroot *root, const char *path, char value[static VALUE_MAX])
{
        ssize_t n = sysroot_read(root, path, value, VALUE_MAX);

        if (n < 0)
                return (int)n;
        value[strcspn(value, "\n")] = '\0';
        return 0;
}

static bool is_override(const struct plan_write *w)
{
        return w->kind == WRITE_NODE_TIER && w->interface == INTERFACE_MEMTIER_OVERRIDE;
}

static bool is_offset(const struct plan_write *w)
{
        return w->kind == WRITE_NODE_TIER && w->interface == INTERFACE_ADISTANCE_OFFSET;
}

static bool gives_back(const struct plan_write *w)
{
        return w->kind == WRITE_NODE_TIER && w->wanted_tier == TIER_UNKNOWN;
}

static bool same_tier(const char *a, const char *b)
{
        uint32_t x, y;

        return tiers_parse_override(a, &x) == 0 && tiers_parse_override(b, &y) == 0 && x == y;
}

static bool same_value(const struct plan_write *w, const char *a, const char *b)
{
        return is_override(w) ? same_tier(a, b) : streq(a, b);
}

static bool same_min_ttl(const char *shown, const char *written)
{
        unsigned a, b;

        return parse_unsigned(shown, UINT32_MAX, &a) == 0 &&
               parse_unsigned(written, UINT32_MAX, &b) == 0 && min_ttl_is(a, b);
}

/* An override that is to be given back is to be cleared, whatever tier the node is in. */
static bool is_fulfilled(const struct plan_write *w, const char *value)
{
        if (w->kind == WRITE_MIN_TTL)
                return same_min_ttl(value, w->expect);
        return !(is_override(w) && gives_back(w)) && same_value(w, value, w->expect);
}

static enum outcome read_back(struct sysroot *root, struct report_entry *e)
{
        const struct plan_write *w = e->write;
        char value[VALUE_MAX];
        int r;

        r = read_value(root, w->path, value);
        if (r < 0) {
                e->error = r;
                return outcome_of_error(r) == OUTCOME_FAILED ? OUTCOME_UNVERIFIED
                                                             : outcome_of_error(r);
        }
        e->after = strdup(value);
        if (is_override(w) && gives_back(w))
                return OUTCOME_DONE; /* wherever the kernel put it is right */
        if (!is_fulfilled(w, value))
                return OUTCOME_IGNORED;
        /* That the offset was stored does not say that the node moved. Only nodelist does, and that
         * may not be read right after a move: the next quiet look at the machine tells. */
        return is_offset(w) ? OUTCOME_UNVERIFIED : OUTCOME_DONE;
}

/* Compare, write, read back. */
static enum outcome carry_out(struct sysroot *root, struct report_entry *e)
{
        const struct plan_write *w = e->write;
        char value[VALUE_MAX];
        int r;

        r = read_value(root, w->path, value);
        if (r < 0)
                return fail(e, r);
        if (is_fulfilled(w, value))
                return OUTCOME_ALREADY;
        /* Somebody else is at it: what was judged is no longer what is there. */
        if (!same_value(w, value, w->before))
                return fail(e, -EBUSY);
        r = sysroot_write(root, w->path, w->value);
        if (r < 0)
                return fail_write(e, r);
        return read_back(root, e);
}

static bool took_effect(enum outcome o)
{
        return o == OUTCOME_DONE || o == OUTCOME_ALREADY || o == OUTCOME_UNVERIFIED;
}

/* Whether a write depends on an earlier one that did not take effect. A node that is to be moved
 * behind "demotion off" waits for it; demotion that restore switches on waits for the nodes; the
 * guard stays until all that ends the need for it is done. */
static bool depends_on(const struct plan_write *w, const struct report_entry *earlier)
{
        enum write_kind kind = earlier->write->kind;

        switch (w->guard) {
        case GUARD_NEED:
                return earlier->write->guard == GUARD_RAISE;
        case GUARD_NEED_OFF:
                return kind == WRITE_DEMOTION;
        case GUARD_NEED_MOVES:
                return kind == WRITE_NODE_TIER;
        case GUARD_LOWER:
                return kind == WRITE_NODE_TIER || kind == WRITE_DEMOTION;
        default:
                return false;
        }
}

/* What comes before decides. The guard itself must have been read back. */
static bool is_to_be_held(const struct report *so_far, const struct plan_write *w)
{
        for (size_t i = 0; i < so_far->n_entries; i++) {
                const struct report_entry *e = &so_far->entries[i];

                if (depends_on(w, e) &&
                    (!took_effect(e->outcome) ||
                     (w->guard == GUARD_NEED && e->outcome == OUTCOME_UNVERIFIED)))
                        return true;
        }
        return false;
}

/* Our own write is known without reading it anywhere else. */
static void note_effect(struct state *state, const struct report_entry *e)
{
        const struct plan_write *w = e->write;
        struct state_node *n;

        if (w->kind != WRITE_NODE_TIER || !took_effect(e->outcome))
                return;
        n = state_make_node(state, w->node);
        if (!n)
                return;
        n->present_tier = w->wanted_tier;
        n->placed = e->outcome == OUTCOME_UNVERIFIED ? TIER_UNKNOWN : w->wanted_tier;
        if (gives_back(w)) {
                n->original_tier = TIER_UNKNOWN;
                if (e->after && is_override(w))
                        tiers_parse_override(e->after, &n->present_tier);
        }
}

/* An offset that is as it was before our first write was reset when other memory came: where the
 * node is now, Linux put it. plan_offset() counts from there likewise. */
static bool is_first_write(const struct state *state, const struct plan_write *w)
{
        const struct state_original *o = state_get_original(state, w->path);

        return !o || (is_offset(w) && streq(o->value, w->before));
}

static int note_originals(const struct plan *plan, struct state *state)
{
        for (size_t i = 0; i < plan->n_writes; i++) {
                const struct plan_write *w = &plan->writes[i];
                struct state_node *n;
                int r;

                if (gives_back(w) || w->guard == GUARD_LOWER || !is_first_write(state, w))
                        continue;
                r = state_note_original(state, w->path, w->before);
                if (r < 0)
                        return r;
                if (w->kind != WRITE_NODE_TIER)
                        continue;
                n = state_make_node(state, w->node);
                if (!n)
                        return -ENOMEM;
                n->original_tier = w->present_tier;
        }
        return 0;
}

static bool switches_tiering(const struct plan_write *w)
{
        return w->kind == WRITE_NUMA_BALANCING && balancing_is_tiering(w->value);
}

/* That the mode was on, or will be, is to be known whatever becomes of this process. Returns
 * whether that is news. */
static bool note_tiering(const struct plan *plan, struct state *state)
{
        bool before = state->tiering;

        for (size_t i = 0; i < plan->n_writes; i++)
                if (switches_tiering(&plan->writes[i]) ||
                    (plan->writes[i].kind == WRITE_NUMA_BALANCING &&
                     balancing_is_tiering(plan->writes[i].before)))
                        state->tiering = true;
        return state->tiering && !before;
}

static bool a_move_was_held(const struct report *so_far)
{
        for (size_t i = 0; i < so_far->n_entries; i++)
                if (so_far->entries[i].write->kind == WRITE_NODE_TIER &&
                    so_far->entries[i].outcome == OUTCOME_HELD)
                        return true;
        return false;
}

static enum outcome carry_out_in_turn(struct sysroot *root, const struct report *report,
                                      struct report_entry *e)
{
        if (is_to_be_held(report, e->write))
                return OUTCOME_HELD;
        if (e->write->after_moves && report->count[OUTCOME_BUSY] > 0)
                return fail(e, -EAGAIN);
        if (e->write->after_moves && a_move_was_held(report))
                return OUTCOME_HELD;
        return carry_out(root, e);
}

static int carry_out_all(struct sysroot *root, const struct plan *plan, struct state *state,
                         bool forget, struct report **ret)
{
        _cleanup_(report_freep) struct report *report = calloc(1, sizeof(*report));

        if (!report)
                return -ENOMEM;
        report->entries = calloc(plan->n_writes ?: 1, sizeof(*report->entries));
        if (!report->entries)
                return -ENOMEM;
        for (; report->n_entries < plan->n_writes; report->n_entries++) {
                struct report_entry *e = &report->entries[report->n_entries];

                e->write = &plan->writes[report->n_entries];
                e->outcome = carry_out_in_turn(root, report, e);
                report->count[e->outcome]++;
                note_effect(state, e);
                if (took_effect(e->outcome) &&
                    (forget || gives_back(e->write) || e->write->guard == GUARD_LOWER))
                        state_forget_original(state, e->write->path);
        }
        *ret = TAKE_PTR(report);
        return 0;
}

/* An original says that the setting was written to, and with it that tiering mode may have been on:
 * not so if that write was never made. */
static void unnote_balancing(const struct report *report, struct state *state)
{
        for (size_t i = 0; i < report->n_entries; i++) {
                const struct report_entry *e = &report->entries[i];

                if (e->write->kind == WRITE_NUMA_BALANCING && !took_effect(e->outcome) &&
                    e->outcome != OUTCOME_IGNORED)
                        state_forget_original(state, BALANCING_PATH);
        }
}

/* It was noted only because of a write that was never made. */
static void unnote_tiering(const struct report *report, struct state *state)
{
        for (size_t i = 0; i < report->n_entries; i++) {
                const struct report_entry *e = &report->entries[i];

                if (switches_tiering(e->write) && !took_effect(e->outcome) &&
                    e->outcome != OUTCOME_IGNORED && !balancing_is_tiering(e->write->before))
                        state->tiering = false;
        }
}

int apply_plan(struct sysroot *root, const struct plan *plan, struct state *state,
               struct report **ret)
{
        bool was_written = state_get_original(state, BALANCING_PATH) != NULL;
        bool was_tiering = state->tiering;
        int r;

        r = note_originals(plan, state);
        if (r < 0)
                return r;
        note_tiering(plan, state);
        if (plan->n_writes > 0) {
                r = state_save(root, state);
                if (r < 0)
                        return r;
        }
        r = carry_out_all(root, plan, state, false, ret);
        if (r < 0)
                return r;
        if (!was_written)
                unnote_balancing(*ret, state);
        if (!was_tiering)
                unnote_tiering(*ret, state);
        return 0;
}

int apply_restore(struct sysroot *root, const struct plan *plan, struct state *state,
                  struct report **ret)
{
        bool was_tiering = state->tiering;
        int r = 0;

        if (note_tiering(plan, state))
                r = state_save(root, state);
        if (r == 0)
                r = carry_out_all(root, plan, state, true, ret);
        if (r < 0)
                return r;
        if (!was_tiering)
                unnote_tiering(*ret, state);
        return state_save(root, state);
}
