/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "common/lock.h"
#include "common/quiet.h"
#include "facts/knobs.h"
#include "facts/tiers.h"
#include "job.h"
#include "monitor.h"
#include "policy/files.h"
#include "publish/journal.h"
#include "publish/log.h"
#include "publish/status.h"
#include "settle.h"
#include "worker.h"

#define USEC_PER_SEC 1000000ULL

/* A job that takes longer than this waits for the kernel; said again in the status as often. */
#define SLOW_USEC (30 * USEC_PER_SEC)

/* After a look that failed, found a file busy or could not see the tiers: again after this, twice
 * this, and so on. */
#define RETRY_MIN_USEC TIERS_QUIET_USEC
#define RETRY_MAX_USEC (60 * USEC_PER_SEC)

/* The same where the kernel was caught bringing a node up. */
#define UNSETTLED_MIN_USEC (USEC_PER_SEC / 50)
#define UNSETTLED_MAX_USEC (USEC_PER_SEC / 2)

enum timer {
        TIMER_SETTLE, /* events have been quiet, or have gone on for too long */
        TIMER_RETRY,  /* the last look was not conclusive */
        TIMER_RESCAN, /* the net for what no event tells */
        TIMER_SLOW,   /* the running job takes long */
        TIMERS,
};

struct manager {
        struct manager_options options;
        int lock_fd;
        sd_event *event;
        sd_event_source *timers[TIMERS];
        struct monitor *monitor; /* NULL when the root is a copy: nothing happens to it */
        struct worker *worker;

        struct sysroot *root;        /* the job's, which tells what it reads */
        struct sysroot *events_root; /* the same, for the event loop */
        struct policy *policy;
        struct policy *retired; /* replaced while a job was using it */
        struct state *state;    /* the job's while one runs */
        struct job job;

        struct settle settle;
        struct nodeset seen; /* nodes with memory that a look has judged */
        uint64_t last_event; /* when memory last was not quiet */
        struct quiet quiet;  /* of the count of uevents */
        uint64_t job_started;
        uint64_t retry_usec; /* the last delay, or 0 */
        bool look_wanted;    /* something came while a job was running */
        bool tiers_suspect;  /* a removal: what is remembered of tiers may be wrong */
        bool memory_suspect; /* of memory: and so may be where each node was put */

        struct announcer announcer;
        struct status status;
        char *summary; /* of the last look */
        bool ready, reloading, policy_refused, events_lost_told;
};

static uint64_t get_now(const struct manager *m)
{
        uint64_t now = 0;

        sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        return now;
}

static int arm_timer(struct manager *m, enum timer t, uint64_t usec)
{
        sd_event_source *s = m->timers[t];
        int r;

        if (usec == SETTLE_NEVER)
                return sd_event_source_set_enabled(s, SD_EVENT_OFF);
        r = sd_event_source_set_time(s, usec);
        return r < 0 ? r : sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int disarm_timer(struct manager *m, enum timer t)
{
        return arm_timer(m, t, SETTLE_NEVER);
}

/* What systemd is told */

static void send_status(const struct manager *m, const char *states)
{
        sd_notifyf(false, "%sSTATUS=%s%s", states,
                   m->policy_refused ? "A new policy was refused (see the journal), the one before "
                                       "stays; "
                                     : "",
                   m->summary ?: "Looking at the machine");
}

static void send_ready(struct manager *m)
{
        if (!m->ready)
                announce_started(m->summary ?: "");
        m->ready = true;
        m->reloading = false;
        send_status(m, "READY=1\n");
}

/* READY=1 also ends a reload; but the first one says that the first look is over. */
static void end_reload(struct manager *m)
{
        if (m->ready)
                send_ready(m);
        else
                send_status(m, "");
}

/* The job */

static int on_slow(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct manager *m = userdata;
        uint64_t now = get_now(m), waited = now - m->job_started;
        unsigned seconds = (unsigned)(waited / USEC_PER_SEC);
        char place[JOB_PLACE_MAX];

        if (!worker_is_busy(m->worker))
                return 0;
        job_get_place(&m->job, place);
        if (waited < 2 * SLOW_USEC)
                announce_waiting(place, seconds);
        /* A unit that starts or reloads is not to be given up on because the kernel is busy. */
        sd_notifyf(false,
                   "EXTEND_TIMEOUT_USEC=%llu\nSTATUS=The kernel has kept numatierd waiting for %u "
                   "s, since it read /%s",
                   4 * SLOW_USEC, seconds, place);
        return arm_timer(m, TIMER_SLOW, now + SLOW_USEC);
}

/* Returns whether any was known. */
static bool forget_known_tiers(struct state *state)
{
        bool known = false;

        for (size_t i = 0; i < state->n_nodes; i++) {
                known = known || state->nodes[i].present_tier != TIER_UNKNOWN;
                state->nodes[i].present_tier = TIER_UNKNOWN;
        }
        return known;
}

/* After a removal, what is known of tiers may be wrong; the command line, which asks the state for
 * it, is to know that at once. While a job runs, the state is the job's: then before the next one.
 */
static void withdraw_tiers(struct manager *m)
{
        if (!m->tiers_suspect || worker_is_busy(m->worker))
                return;
        m->tiers_suspect = false;
        if (m->memory_suspect)
                state_doubt_placements(m->state);
        m->memory_suspect = false;
        if (forget_known_tiers(m->state))
                state_save(m->root, m->state);
}

static void note_news(struct manager *m, const struct monitor_news *news)
{
        m->last_event = get_now(m);
        (void)quiet_sample(&m->quiet, m->events_root, m->last_event);
        m->tiers_suspect = m->tiers_suspect || news->removal;
        m->memory_suspect = m->memory_suspect || news->offline;
        withdraw_tiers(m);
        if (news->lost && !m->events_lost_told) {
                announce_events_lost();
                m->events_lost_told = true;
        }
}

/* What waits in the socket counts before it is claimed that memory has been quiet. */
static int note_waiting_news(struct manager *m)
{
        struct monitor_news news;

        if (!m->monitor)
                return 0;
        monitor_drain(m->monitor, &news);
        if (!news.any)
                return 0;
        note_news(m, &news);
        settle_event(&m->settle, m->last_event, false);
        return arm_timer(m, TIMER_SETTLE, settle_deadline(&m->settle));
}

static struct tier_reading choose_tier_reading(struct manager *m, uint64_t now)
{
        if (!m->monitor)
                return TIERS_READ;
        (void)quiet_sample(&m->quiet, m->events_root, now);
        return now >= m->last_event + TIERS_QUIET_USEC ? quiet_get_reading(&m->quiet, now)
                                                       : TIERS_KNOWN_ONLY;
}

/* Starts a job, or notes that one is wanted after the one that runs. */
static int look(struct manager *m)
{
        uint64_t now = get_now(m);
        int r;

        if (worker_is_busy(m->worker)) {
                m->look_wanted = true;
                return 0;
        }
        r = note_waiting_news(m);
        if (r < 0)
                return r;
        withdraw_tiers(m);
        m->look_wanted = false;
        m->job.policy = m->policy;
        m->job.tiers = choose_tier_reading(m, now);
        m->job_started = now;
        disarm_timer(m, TIMER_RETRY);
        arm_timer(m, TIMER_SLOW, now + SLOW_USEC);
        r = worker_start(m->worker);
        if (r >= 0)
                return 0;
        log_error_errno(r, "Cannot start a thread");
        return arm_timer(m, TIMER_RETRY, now + RETRY_MAX_USEC);
}

static void run_job(void *userdata)
{
        struct manager *m = userdata;

        job_run(&m->job);
}

static void release_job(struct manager *m)
{
        if (m->job.error == 0) {
                snapshot_unref(m->job.previous);
                m->job.previous = TAKE_PTR(m->job.result);
        }
        m->job.result = snapshot_unref(m->job.result);
        m->retired = policy_unref(m->retired);
        /* A machine of a thousand nodes took megabytes, and the next look may be long in coming. */
        malloc_trim(0);
}

/* Says what the job did, and lets go of it. */
static void take_result(struct manager *m)
{
        struct snapshot *r = m->job.result;
        char *summary;

        announce_look(&m->announcer, r, m->job.error);
        status_note(&m->status, r, time(NULL));
        summary = status_format(&m->status, r, m->job.error);
        if (!summary || !m->summary || !streq(summary, m->summary)) {
                free(m->summary);
                m->summary = summary;
        } else {
                free(summary);
        }
        announce_looked(r, m->summary);
        if (!m->ready || m->reloading)
                send_ready(m);
        else
                send_status(m, "");
}

static bool note_seen(struct manager *m, const struct machine *machine)
{
        bool unsettled = false;

        m->seen = machine->memory;
        for (size_t i = 0; i < machine->n_nodes; i++) {
                if (!machine->nodes[i].unsettled)
                        continue;
                nodeset_remove(&m->seen, machine->nodes[i].id);
                unsettled = true;
        }
        return unsettled;
}

/* Whether the last look leaves a question that time answers. */
static bool is_inconclusive(const struct job *j)
{
        const struct report *report = j->result->report;

        return j->error < 0 || j->result->machine->tiers_withheld ||
               (report && report->count[OUTCOME_BUSY] + report->count[OUTCOME_GONE] +
                                          report->count[OUTCOME_UNVERIFIED] >
                                  0);
}

/* Memory that was not quiet is looked at as soon as it may be; anything else, at growing intervals.
 */
static int schedule_retry(struct manager *m, bool inconclusive, bool unsettled)
{
        uint64_t now = get_now(m), quiet = m->last_event + TIERS_QUIET_USEC;

        if (unsettled) {
                m->retry_usec = m->retry_usec == 0 ? UNSETTLED_MIN_USEC : m->retry_usec * 2;
                if (m->retry_usec > UNSETTLED_MAX_USEC)
                        m->retry_usec = UNSETTLED_MAX_USEC;
                return arm_timer(m, TIMER_RETRY, now + m->retry_usec);
        }
        if (!inconclusive) {
                m->retry_usec = 0;
                return 0;
        }
        if (m->monitor && quiet > now)
                return arm_timer(m, TIMER_RETRY, quiet);
        m->retry_usec = m->retry_usec == 0 ? RETRY_MIN_USEC : m->retry_usec * 2;
        if (m->retry_usec > RETRY_MAX_USEC)
                m->retry_usec = RETRY_MAX_USEC;
        return arm_timer(m, TIMER_RETRY, now + m->retry_usec);
}

static int on_job_done(void *userdata)
{
        struct manager *m = userdata;
        bool inconclusive = is_inconclusive(&m->job), unsettled = false;
        int r;

        if (m->job.result->machine)
                unsettled = note_seen(m, m->job.result->machine);

        disarm_timer(m, TIMER_SLOW);
        take_result(m);
        release_job(m);
        if (m->look_wanted)
                return look(m);
        r = schedule_retry(m, inconclusive, unsettled);
        if (r < 0 || m->policy->rescan_usec == 0)
                return r;
        return arm_timer(m, TIMER_RESCAN, get_now(m) + m->policy->rescan_usec);
}

/* Triggers */

/* Whether memory came to a node that no look has seen: it is to be in its tier at once, whatever
 * else is going on. */
static bool has_new_node(struct manager *m)
{
        char buf[NODESET_STRING_MAX + 2];
        struct nodeset memory;
        bool new = false;

        if (sysroot_read(m->events_root, NODE_DIR "/has_memory", buf, sizeof(buf)) < 0 ||
            nodeset_parse(buf, &memory) < 0)
                return false;
        nodeset_foreach (id, &memory)
                new = new || !nodeset_has(&m->seen, id);
        nodeset_foreach (id, &m->seen)
                if (!nodeset_has(&memory, id))
                        nodeset_remove(&m->seen, id);
        return new;
}

static int on_news(const struct monitor_news *news, void *userdata)
{
        struct manager *m = userdata;
        bool hurry;
        int r;

        note_news(m, news);
        m->retry_usec = 0;
        hurry = settle_event(&m->settle, m->last_event, news->complete);
        if ((news->online || news->removal) && has_new_node(m))
                hurry = hurry || news->online;
        r = arm_timer(m, TIMER_SETTLE, settle_deadline(&m->settle));
        return r < 0 || !hurry ? r : look(m);
}

static int on_settled(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct manager *m = userdata;

        settle_done(&m->settle);
        return look(m);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        return look(userdata);
}

static void use_policy(struct manager *m, struct policy *policy)
{
        if (m->policy && worker_is_busy(m->worker) && m->job.policy == m->policy)
                m->retired = m->policy;
        else
                policy_unref(m->policy);
        m->policy = policy;
        m->policy_refused = false;
        m->settle.quiet = policy->settle_usec;
        m->settle.max = policy->settle_max_usec;
        announce_policy(policy);
}

/* The policy is the system's own, whatever machine is looked at. */
static int load_policy(const struct manager *m, struct policy **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages errors = MESSAGES_INIT;
        int r;

        r = sysroot_open("/", &root);
        if (r >= 0)
                r = config_load(root, m->options.config, &errors, ret);
        if (r < 0 && errors.n == 0)
                messages_add(&errors, "The policy cannot be read: %s", strerror(-r));
        if (r < 0)
                announce_policy_refused(&errors, m->policy != NULL);
        messages_done(&errors);
        return r;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        struct manager *m = userdata;
        struct policy *policy;

        sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reloading the policy",
                   get_now(m));
        if (load_policy(m, &policy) < 0) {
                m->policy_refused = true;
                end_reload(m);
                return 0;
        }
        use_policy(m, policy);
        if (m->policy->rescan_usec == 0)
                disarm_timer(m, TIMER_RESCAN);
        /* READY=1 when the new policy has been applied; but that may take the kernel a while. */
        m->reloading = true;
        if (worker_is_busy(m->worker))
                end_reload(m);
        return look(m);
}

/* Beginning and end */

static int add_timers(struct manager *m)
{
        static const sd_event_time_handler_t handlers[TIMERS] = {
                [TIMER_SETTLE] = on_settled,
                [TIMER_RETRY] = on_time,
                [TIMER_RESCAN] = on_time,
                [TIMER_SLOW] = on_slow,
        };
        /* How much later than asked it may be, so that wake-ups fall together with others'. */
        static const uint64_t accuracy[TIMERS] = {
                [TIMER_SETTLE] = USEC_PER_SEC / 20,
                [TIMER_RETRY] = USEC_PER_SEC / 200,
                [TIMER_RESCAN] = USEC_PER_SEC,
                [TIMER_SLOW] = USEC_PER_SEC,
        };
        int r;

        for (unsigned t = 0; t < TIMERS; t++) {
                r = sd_event_add_time(m->event, &m->timers[t], CLOCK_MONOTONIC, UINT64_MAX,
                                      accuracy[t], handlers[t], m);
                if (r >= 0)
                        r = disarm_timer(m, t);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_signals(struct manager *m)
{
        int r;

        r = sd_event_add_signal(m->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, NULL,
                                        NULL);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK,
                                        on_reload, m);
        return r;
}

static int open_event_loop(struct manager *m)
{
        int r;

        r = sd_event_default(&m->event);
        if (r >= 0)
                r = add_timers(m);
        if (r >= 0)
                r = add_signals(m);
        if (r >= 0)
                r = worker_new(m->event, run_job, on_job_done, m, &m->worker);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        return r < 0 ? log_error_errno(r, "Cannot set up the event loop") : 0;
}

static int take_lock(struct manager *m)
{
        pid_t holder = 0;
        int r;

        r = lock_take(m->options.root, &m->lock_fd, &holder);
        if (r == -EBUSY) {
                log_error("Another numatierd or numatier is at work here (pid %ld holds /%s)",
                          (long)holder, LOCK_PATH);
                return r;
        }
        return r < 0 ? log_error_errno(r, "Cannot lock /%s", LOCK_PATH) : 0;
}

/* What an earlier run knew of tiers may have changed while none was looking. */
static int load_state(struct manager *m)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = state_load(m->root, &problems, &m->state);
        for (size_t i = 0; i < problems.n; i++)
                log_error("%s", problems.items[i]);
        messages_done(&problems);
        if (r < 0)
                return log_error_errno(r, "Cannot load the state of this boot");
        forget_known_tiers(m->state);
        m->state->daemon = getpid();
        r = state_save(m->root, m->state);
        return r < 0 ? log_error_errno(r, "Cannot save the state to /%s", STATE_UNDO_PATH) : 0;
}

static int open_root(struct manager *m)
{
        const char *path = m->options.root ?: "/";
        int r;

        r = sysroot_open(path, &m->root);
        if (r == 0)
                r = sysroot_open(path, &m->events_root);
        if (r < 0)
                return log_error_errno(r, "Cannot open %s", path);
        r = take_lock(m);
        return r < 0 ? r : load_state(m);
}

int manager_new(const struct manager_options *options, struct manager **ret)
{
        _cleanup_(manager_freep) struct manager *m = calloc(1, sizeof(*m));
        struct policy *policy;
        int r;

        if (!m)
                return -ENOMEM;
        m->options = *options;
        m->lock_fd = -1;
        r = load_policy(m, &policy);
        if (r < 0)
                return r;
        use_policy(m, policy);
        r = open_root(m);
        if (r < 0)
                return r;
        job_init(&m->job, m->root, m->state);
        r = open_event_loop(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

int manager_start(struct manager *m)
{
        int r;

        if (sysroot_is_live(m->root)) {
                r = monitor_new(m->event, on_news, m, &m->monitor);
                if (r < 0)
                        return log_error_errno(r, "Cannot listen to the kernel's events");
        }
        /* What was before this cannot be known: not quiet yet. */
        m->last_event = get_now(m);
        return look(m);
}

static void say_goodbye(struct manager *m)
{
        sd_notify(false, "STOPPING=1\nSTATUS=Stopping; tiers stay as they are");
        announce_stopped();
        if (worker_is_busy(m->worker))
                return; /* the state is the job's, and the job the kernel's */
        m->state->daemon = 0;
        state_save(m->root, m->state);
}

int manager_run(struct manager *m)
{
        int r;

        r = sd_event_loop(m->event);
        say_goodbye(m);
        return r < 0 ? log_error_errno(r, "The event loop failed") : 0;
}

/* A job that still runs keeps all it uses: the process is about to end. */
struct manager *manager_free(struct manager *m)
{
        if (!m || (m->worker && worker_is_busy(m->worker)))
                return NULL;
        if (m->job.root)
                job_done(&m->job);
        for (unsigned t = 0; t < TIMERS; t++)
                sd_event_source_disable_unref(m->timers[t]);
        worker_free(m->worker);
        monitor_free(m->monitor);
        sd_event_unref(m->event);
        announcer_done(&m->announcer);
        free(m->summary);
        policy_unref(m->policy);
        policy_unref(m->retired);
        state_free(m->state);
        sysroot_free(m->root);
        sysroot_free(m->events_root);
        if (m->lock_fd >= 0)
                close(m->lock_fd);
        free(m);
        return NULL;
}
