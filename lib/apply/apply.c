/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply/apply.h"

#include <assert.h>
#include <errno.h>

#include "apply/knobs.h"
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
        static_assert(ELEMENTSOF(names) == OUTCOMES, "each outcome has a name");

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

static bool took_effect(enum outcome o)
{
        return o == OUTCOME_DONE || o == OUTCOME_ALREADY || o == OUTCOME_UNVERIFIED;
}

size_t report_count_undone(const struct report *r)
{
        size_t n = 0;

        for (unsigned o = 0; o < OUTCOMES; o++)
                n += took_effect(o) ? 0 : r->count[o];
        return n;
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

/* Our module takes "default", and the kernel then chooses the tier. Otherwise a node is given back
 * by the number of the tier in which it was. */
static bool resets(const struct plan_write *w)
{
        return is_override(w) && gives_back(w) && streq(w->value, "default");
}

/* An override that is to be reset is to be cleared, whatever tier the node is in. */
static bool is_fulfilled(const struct plan_write *w, const char *value)
{
        return !resets(w) && knob_of_write(w)->shows(value, w->expect);
}

static enum outcome read_back(struct sysroot *root, struct report_entry *e)
{
        const struct plan_write *w = e->write;
        char value[VALUE_MAX];
        int r;

        r = sysroot_read_line(root, w->path, value, sizeof(value));
        if (r < 0) {
                e->error = r;
                return outcome_of_error(r) == OUTCOME_FAILED ? OUTCOME_UNVERIFIED
                                                             : outcome_of_error(r);
        }
        e->after = strdup(value);
        if (resets(w))
                return OUTCOME_DONE; /* wherever the kernel put it is right */
        if (!is_fulfilled(w, value))
                return OUTCOME_IGNORED;
        /* That the offset was stored does not say that the node moved. Only nodelist does, and that
         * may not be read right after a move: a later pass does. */
        return is_offset(w) ? OUTCOME_UNVERIFIED : OUTCOME_DONE;
}

static enum outcome write_value(struct sysroot *root, struct report_entry *e)
{
        int r = sysroot_write(root, e->write->path, e->write->value);

        if (r < 0)
                return fail_write(e, r);
        e->made = true;
        return e->write->unread ? OUTCOME_DONE : read_back(root, e);
}

/* Compare, write, read back. */
static enum outcome carry_out(struct sysroot *root, struct report_entry *e)
{
        const struct plan_write *w = e->write;
        char value[VALUE_MAX];
        int r;

        if (w->unread)
                return write_value(root, e);
        r = sysroot_read_line(root, w->path, value, sizeof(value));
        if (r < 0)
                return fail(e, r);
        if (is_fulfilled(w, value))
                return OUTCOME_ALREADY;
        /* Somebody else is at it: the plan was made for another value. */
        if (!knob_of_write(w)->same(value, w->before))
                return fail(e, -EBUSY);
        return write_value(root, e);
}

/* The kernel's own weights and manual ones exclude each other: a manual weight switches the
 * kernel's off, so the switch comes first, and restore puts it back last. */
static bool weight_depends_on(enum write_kind kind, enum write_kind earlier)
{
        return (kind == WRITE_WEIGHT && earlier == WRITE_WEIGHT_AUTO) ||
               (kind == WRITE_WEIGHT_AUTO && earlier == WRITE_WEIGHT);
}

/* Whether a write depends on an earlier one that did not take effect. A node that is to be moved
 * behind "demotion off" waits for it; demotion that restore switches on waits for the nodes; the
 * guard stays until all that ends the need for it is done. */
static bool depends_on(const struct plan_write *w, const struct report_entry *earlier)
{
        enum write_kind kind = earlier->write->kind;

        if (weight_depends_on(w->kind, kind))
                return true;
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

/* The journal: intents before the writes, effects after each. */

/* An offset that is as it was before our first write was reset when other memory came: where the
 * node is now, Linux put it. plan_offset() counts from there likewise. */
static bool is_first_write(const struct state *state, const struct plan_write *w)
{
        const struct state_original *o = state_get_original(state, w->path);

        return !o || (is_offset(w) && streq(o->value, w->before));
}

/* Restore keeps the original until it is there again: its writes are not noted. */
static bool undoes(const struct plan_write *w)
{
        return gives_back(w) || w->guard == GUARD_LOWER;
}

static const char *find_key(const struct state *state, const struct plan_write *w)
{
        const struct state_node *n =
                w->kind == WRITE_NODE_TIER ? state_get_node(state, w->node) : NULL;

        return n ? n->key : NULL;
}

static int note_intent(struct state *state, const struct plan_write *w)
{
        bool first = is_first_write(state, w);
        struct state_node *n;
        int r;

        r = state_note_original(state, w->path, w->before);
        if (r < 0)
                return r;
        if (first && w->kind == WRITE_NODE_TIER) {
                n = state_make_node(state, w->node);
                if (!n)
                        return -ENOMEM;
                n->original_tier = w->present_tier;
        }
        /* until this write is made, the earlier intent is what may have been carried out */
        if (state_get_original(state, w->path)->unclear)
                return 0;
        return state_note_intent(state, w->path, w->expect, find_key(state, w));
}

static int note_intents(const struct plan *plan, struct state *state)
{
        for (size_t i = 0; i < plan->n_writes; i++) {
                int r = undoes(&plan->writes[i]) ? 0 : note_intent(state, &plan->writes[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* A write that was not made is not to be undone. */
static void drop_intent(struct state *state, const struct plan_write *w)
{
        struct state_node *n = w->kind == WRITE_NODE_TIER ? state_get_node(state, w->node) : NULL;
        const struct state_original *o = state_get_original(state, w->path);

        if (!o || o->written || o->unclear)
                return;
        state_forget_original(state, w->path);
        if (n)
                n->original_tier = TIER_UNKNOWN;
}

static void note_write(struct state *state, const struct report_entry *e)
{
        struct state_original *o = state_get_original(state, e->write->path);

        if (undoes(e->write))
                return;
        if (!e->made) {
                drop_intent(state, e->write);
                return;
        }
        if (o) {
                o->written = true;
                o->unclear = false;
        }
}

/* What an earlier run was to write, and may have written before it was interrupted. */
static void settle_intents(struct sysroot *root, struct state *state)
{
        for (size_t i = state->n_originals; i-- > 0;) {
                struct state_original *o = &state->originals[i];
                const struct knob_row *knob = knob_of_path(o->path, NULL);
                char value[VALUE_MAX];

                if (o->written)
                        continue;
                o->unclear = true;
                if (!knob || sysroot_read_line(root, o->path, value, sizeof(value)) < 0)
                        continue;
                if (!o->intent || knob->same(value, o->value)) {
                        state_forget_original(state, o->path);
                } else if (knob->shows(value, o->intent)) {
                        o->written = true;
                        o->unclear = false;
                }
        }
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
                if (is_override(w) && e->outcome == OUTCOME_ALREADY)
                        (void)tiers_parse_override(w->expect, &n->present_tier);
                else if (is_override(w) && e->after)
                        (void)tiers_parse_override(e->after, &n->present_tier);
        }
}

/* A write that is ignored is not repeated at every pass (difference.c). Without memory for the note
 * it is, once more. */
static void note_ignored(struct state *state, const struct report_entry *e)
{
        if (e->outcome == OUTCOME_IGNORED)
                (void)state_note_ignored(state, e->write->path, e->write->value, e->after ?: "");
        else if (took_effect(e->outcome))
                state_forget_ignored(state, e->write->path);
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

/* It was noted only because of a write that was never made. */
static void unnote_tiering(const struct report *report, struct state *state)
{
        for (size_t i = 0; i < report->n_entries; i++) {
                const struct report_entry *e = &report->entries[i];

                if (switches_tiering(e->write) && !e->made && e->outcome != OUTCOME_ALREADY &&
                    !balancing_is_tiering(e->write->before))
                        state->tiering = false;
        }
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

static void note_entry(struct state *state, const struct report_entry *e, bool restores)
{
        note_effect(state, e);
        note_ignored(state, e);
        if (!restores)
                note_write(state, e);
        if (took_effect(e->outcome) && (restores || undoes(e->write)))
                state_forget_original(state, e->write->path);
}

static int carry_out_all(struct sysroot *root, const struct plan *plan, struct state *state,
                         bool restores, struct report **ret)
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
                note_entry(state, e, restores);
        }
        *ret = TAKE_PTR(report);
        return 0;
}

int apply_plan(struct sysroot *root, const struct plan *plan, struct state *state,
               struct messages *problems, struct report **ret)
{
        bool was_tiering = state->tiering;
        int r;

        settle_intents(root, state);
        r = note_intents(plan, state);
        if (r < 0)
                return r;
        (void)note_tiering(plan, state);
        if (plan->n_writes > 0) {
                state_check_saved(root, state);
                r = state_save(root, state, problems);
        }
        if (r < 0)
                state->tiering = was_tiering; /* nothing is written then */
        if (r == 0)
                r = carry_out_all(root, plan, state, false, ret);
        if (r < 0)
                return r;
        if (!was_tiering)
                unnote_tiering(*ret, state);
        return 0;
}

int apply_restore(struct sysroot *root, const struct plan *plan, struct state *state,
                  struct messages *problems, struct report **ret)
{
        bool was_tiering = state->tiering;
        int r = 0;

        if (note_tiering(plan, state))
                r = state_save(root, state, problems);
        if (r < 0)
                state->tiering = was_tiering; /* nothing is written then */
        if (r == 0)
                r = carry_out_all(root, plan, state, true, ret);
        if (r < 0)
                return r;
        for (size_t i = 0; i < plan->n_settled; i++)
                state_forget_original(state, plan->settled[i]);
        if (!was_tiering)
                unnote_tiering(*ret, state);
        return state_save(root, state, problems);
}
