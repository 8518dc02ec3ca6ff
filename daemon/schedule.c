/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schedule.h"

#include <assert.h>
#include <errno.h>

#include "common/quiet.h"
#include "facts/knobs.h"
#include "facts/tiers.h"
#include "settle.h"
#include "state/state.h"

#define USEC_PER_SEC 1000000ULL

/* After a pass that failed, found a file busy or could not see the tiers: again after this, twice
 * this, and so on. */
#define RETRY_MIN_USEC TIERS_QUIET_USEC
#define RETRY_MAX_USEC (60 * USEC_PER_SEC)

/* The same while the kernel is still bringing a node up. */
#define UNSETTLED_MIN_USEC (USEC_PER_SEC / 50)
#define UNSETTLED_MAX_USEC (USEC_PER_SEC / 2)

enum timer {
        TIMER_SETTLE, /* events have been quiet, or have gone on for too long */
        TIMER_RETRY,  /* the last pass was inconclusive */
        TIMER_RESCAN, /* for what no event reports */
        TIMERS,
};

struct schedule {
        sd_event *event;
        sd_event_source *timers[TIMERS];
        struct sysroot *root;
        schedule_due_fn due;
        void *userdata;

        struct settle settle;
        uint64_t rescan_usec; /* 0: never */
        bool live;            /* else nothing happens to the machine: it is always quiet */
        bool receives;        /* events; else only the count of events says that there were any */
        struct quiet quiet;   /* that count, sampled when a pass is prepared */
        uint64_t last_event;  /* when memory last was not quiet */
        uint64_t retry_usec;  /* the last delay, or 0 */
        struct nodeset seen;  /* nodes with memory that a pass has classified */
};

static uint64_t get_now(const struct schedule *s)
{
        uint64_t now = 0;
        int r = sd_event_now(s->event, CLOCK_MONOTONIC, &now);

        assert(r >= 0);
        return now;
}

static int arm_timer(struct schedule *s, enum timer t, uint64_t usec)
{
        int r;

        if (usec == SETTLE_NEVER)
                return sd_event_source_set_enabled(s->timers[t], SD_EVENT_OFF);
        r = sd_event_source_set_time(s->timers[t], usec);
        return r < 0 ? r : sd_event_source_set_enabled(s->timers[t], SD_EVENT_ONESHOT);
}

static int disarm_timer(struct schedule *s, enum timer t)
{
        return arm_timer(s, t, SETTLE_NEVER);
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct schedule *s = userdata;

        settle_done(&s->settle);
        return s->due(s->userdata);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct schedule *s = userdata;

        return s->due(s->userdata);
}

static int add_timers(struct schedule *s)
{
        static const sd_event_time_handler_t handlers[] = {
                [TIMER_SETTLE] = on_settled,
                [TIMER_RETRY] = on_time,
                [TIMER_RESCAN] = on_time,
        };
        /* How much later than asked it may be, so that wake-ups fall together with others'. */
        static const uint64_t accuracy[] = {
                [TIMER_SETTLE] = USEC_PER_SEC / 20,
                [TIMER_RETRY] = USEC_PER_SEC / 200,
                [TIMER_RESCAN] = USEC_PER_SEC,
        };
        int r;

        static_assert(ELEMENTSOF(handlers) == TIMERS && ELEMENTSOF(accuracy) == TIMERS,
                      "one row a timer");
        for (unsigned t = 0; t < TIMERS; t++) {
                r = sd_event_add_time(s->event, &s->timers[t], CLOCK_MONOTONIC, UINT64_MAX,
                                      accuracy[t], handlers[t], s);
                if (r >= 0)
                        r = disarm_timer(s, t);
                if (r < 0)
                        return r;
        }
        return 0;
}

int schedule_new(sd_event *event, struct sysroot *root, schedule_due_fn due, void *userdata,
                 struct schedule **ret)
{
        _cleanup_(schedule_freep) struct schedule *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->root = root;
        s->due = due;
        s->userdata = userdata;
        r = add_timers(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

struct schedule *schedule_free(struct schedule *s)
{
        if (!s)
                return NULL;
        for (unsigned t = 0; t < TIMERS; t++)
                sd_event_source_disable_unref(s->timers[t]);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

int schedule_set_policy(struct schedule *s, const struct policy *p)
{
        s->settle.quiet = p->settle_usec;
        s->settle.max = p->settle_max_usec;
        s->rescan_usec = p->rescan_usec;
        /* else the pass that applies the policy arms it */
        return s->rescan_usec == 0 ? disarm_timer(s, TIMER_RESCAN) : 0;
}

void schedule_set_live(struct schedule *s, bool receives)
{
        s->live = true;
        s->receives = receives;
        s->last_event = get_now(s);
}

/* Whether memory came to a node that no pass has seen: it must be in its tier at once, whatever
 * else is going on. */
static bool has_new_node(struct schedule *s)
{
        char buf[NODESET_STRING_MAX + 2];
        struct nodeset memory;
        bool new = false;

        if (sysroot_read(s->root, NODE_DIR "/has_memory", buf, sizeof(buf)) < 0 ||
            nodeset_parse(buf, &memory) < 0)
                return false;
        nodeset_foreach (id, &memory)
                new = new || !nodeset_has(&s->seen, id);
        nodeset_foreach (id, &s->seen)
                if (!nodeset_has(&memory, id))
                        nodeset_remove(&s->seen, id);
        return new;
}

/* Returns whether a pass is due at once. */
static bool note_event(struct schedule *s, bool complete)
{
        s->last_event = get_now(s);
        s->retry_usec = 0;
        return settle_event(&s->settle, s->last_event, complete);
}

int schedule_note_early_events(struct schedule *s)
{
        (void)note_event(s, false);
        return arm_timer(s, TIMER_SETTLE, settle_deadline(&s->settle));
}

int schedule_note_events(struct schedule *s, const struct monitor_news *news)
{
        bool hurry = note_event(s, news->complete);
        int r;

        if ((news->online || news->removal) && has_new_node(s))
                hurry = hurry || news->online;
        r = arm_timer(s, TIMER_SETTLE, settle_deadline(&s->settle));
        return r < 0 || !hurry ? r : s->due(s->userdata);
}

/* Sampled before the events in the socket are received: an event that this count contains is either
 * among those, or was received before. */
int schedule_prepare_pass(struct schedule *s)
{
        int r;

        if (!s->live)
                return 0;
        r = quiet_sample(&s->quiet, s->root, get_now(s));
        if (!s->receives && s->quiet.known && s->quiet.since_usec > s->last_event)
                s->last_event = s->quiet.since_usec;
        return r;
}

/* An event that has nothing to do with memory is not received, but counted: while the pass runs it
 * only withholds the tiers, and the pass is repeated. */
struct tier_reading schedule_begin_pass(struct schedule *s)
{
        (void)disarm_timer(s, TIMER_RETRY);
        if (!s->live)
                return TIERS_READ;
        if (!s->quiet.known || get_now(s) < s->last_event + TIERS_QUIET_USEC)
                return TIERS_KNOWN_ONLY;
        return TIERS_QUIET_AT(s->quiet.seqnum);
}

/* Notes what the pass saw. Returns whether the kernel is still bringing a node up. */
static bool note_seen(struct schedule *s, const struct machine *m)
{
        bool unsettled = false;

        s->seen = m->memory;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (!n->unsettled && !n->coming && !n->half_there)
                        continue;
                nodeset_remove(&s->seen, n->id);
                unsettled = unsettled || !n->half_there;
        }
        return unsettled;
}

/* True if the pass was inconclusive and must be repeated. */
static bool is_inconclusive(const struct snapshot *r)
{
        if (!r || r->error < 0 || r->machine->tiers_withheld)
                return true;
        return r->report && r->report->count[OUTCOME_BUSY] + r->report->count[OUTCOME_GONE] +
                                            r->report->count[OUTCOME_UNVERIFIED] >
                                    0;
}

static uint64_t double_delay(uint64_t usec, uint64_t min, uint64_t max)
{
        if (usec == 0)
                return min;
        return usec * 2 < max ? usec * 2 : max;
}

/* How long until a write that the kernel ignored is to be tried again, or SETTLE_NEVER. One that
 * was ignored just now is not in the plan yet: the next pass says when it is to be tried. */
static uint64_t find_next_try(const struct snapshot *r)
{
        uint64_t usec = SETTLE_NEVER;

        if (!r || !r->plan)
                return usec;
        if (r->report && r->report->count[OUTCOME_IGNORED] > 0)
                usec = STATE_RETRY_MIN_USEC;
        for (size_t i = 0; i < r->plan->n_held; i++) {
                uint64_t retry = r->plan->held[i].retry_usec;

                if (retry > 0 && retry < usec)
                        usec = retry;
        }
        return usec;
}

/* How long until the pass is to be repeated, or SETTLE_NEVER. Memory that was not quiet is read as
 * soon as it may be; for anything else the intervals grow. */
static uint64_t find_repetition(struct schedule *s, bool inconclusive, bool unsettled)
{
        uint64_t now = get_now(s), quiet = s->last_event + TIERS_QUIET_USEC;

        if (unsettled) {
                s->retry_usec = double_delay(s->retry_usec, UNSETTLED_MIN_USEC, UNSETTLED_MAX_USEC);
                return s->retry_usec;
        }
        if (!inconclusive) {
                s->retry_usec = 0;
                return SETTLE_NEVER;
        }
        if (s->live && quiet > now)
                return quiet - now;
        s->retry_usec = double_delay(s->retry_usec, RETRY_MIN_USEC, RETRY_MAX_USEC);
        return s->retry_usec;
}

int schedule_end_pass(struct schedule *s, const struct snapshot *result)
{
        bool unsettled = result && result->machine && note_seen(s, result->machine);
        uint64_t repetition = find_repetition(s, is_inconclusive(result), unsettled);
        uint64_t next_try = find_next_try(result), delay;
        int r = 0;

        delay = repetition < next_try ? repetition : next_try;
        if (delay != SETTLE_NEVER)
                r = arm_timer(s, TIMER_RETRY, get_now(s) + delay);
        if (r < 0 || s->rescan_usec == 0)
                return r;
        return arm_timer(s, TIMER_RESCAN, get_now(s) + s->rescan_usec);
}
