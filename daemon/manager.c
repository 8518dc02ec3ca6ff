/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "common/quiet.h"
#include "common/session.h"
#include "facts/tiers.h"
#include "job.h"
#include "monitor.h"
#include "online/wanted.h"
#include "policy/files.h"
#include "publish/journal.h"
#include "publish/log.h"
#include "publish/status.h"
#include "schedule.h"
#include "worker.h"

#define USEC_PER_SEC 1000000ULL

/* A command that takes longer than this waits for the kernel; the status repeats it as often. */
#define SLOW_USEC (30 * USEC_PER_SEC)

/* After SIGTERM, so long is waited for a block that is between two zones. */
#define STOP_USEC (5 * USEC_PER_SEC)

struct manager {
        struct input input;
        int lock_fd;
        sd_event *event;
        sd_event_source *slow_timer; /* the running command takes long */
        struct monitor *monitor;     /* NULL if the root is a copy: nothing happens to it */
        struct schedule *schedule;
        struct worker *worker;
        struct sysroot *events_root; /* what the event loop reads; the other root is the job's */

        struct policy *policy;
        time_t policy_loaded;      /* when it was; 0: not yet */
        struct snapshot *snapshot; /* the last that has a machine; the next pass gets it */
        struct job job;            /* the worker's while a command runs */
        bool job_ready;
        bool memory_went; /* since the last withdrawal */
        int count_error;  /* why events could not be counted before the pass: a negative errno, or 0
                           */
        /* Since then no pass has begun: nothing is known that could be wrong. */
        bool tiers_withdrawn, placements_withdrawn;
        uint64_t command_started;

        struct journal journal;
        struct status status;
        char *summary;        /* of the last pass */
        char *online;         /* what is not as [online] says: status_format_online(), or NULL */
        enum command command; /* the last that began */
        /* The count of uevents before the last slice, if that found that only an event can bring
         * anything to do. */
        bool online_settled;
        uint64_t online_seqnum;
        bool stopping;
        bool find_rivals; /* the policy is new: who else brings memory online? */
        bool ready, reloading, policy_refused, events_lost_reported;
};

static uint64_t get_now(const struct manager *m)
{
        uint64_t now = 0;

        sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* What is reported to systemd */

static void send_status(const struct manager *m, const char *states)
{
        sd_notifyf(false, "%sSTATUS=%s%s%s", states,
                   m->policy_refused ? "A new policy was refused (see the journal), the previous "
                                       "one stays in force; "
                                     : "",
                   m->summary ?: "Reading the machine", m->online ?: "");
}

static void send_ready(struct manager *m)
{
        if (!m->ready)
                journal_started(m->summary ?: "");
        m->ready = true;
        m->reloading = false;
        send_status(m, "READY=1\n");
}

/* READY=1 also ends a reload; but the first one says that the first pass is over. */
static void end_reload(struct manager *m)
{
        if (m->ready)
                send_ready(m);
        else
                send_status(m, "");
}

static void set_summary(struct manager *m, char *summary)
{
        free(m->summary);
        m->summary = summary;
}

static void publish(struct manager *m, const struct snapshot *r, int error)
{
        journal_pass(&m->journal, r, error);
        status_note(&m->status, r, time(NULL));
        set_summary(m, status_format(&m->status, r, error));
        journal_summary(r, m->summary);
        if (!m->ready || m->reloading)
                send_ready(m);
        else
                send_status(m, "");
}

/* The worker's commands */

static int arm_slow_timer(struct manager *m, uint64_t usec)
{
        int r;

        r = sd_event_source_set_time(m->slow_timer, usec);
        return r < 0 ? r : sd_event_source_set_enabled(m->slow_timer, SD_EVENT_ONESHOT);
}

static int on_slow(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct manager *m = userdata;
        uint64_t now = get_now(m), waited = now - m->command_started;
        unsigned seconds = (unsigned)(waited / USEC_PER_SEC);
        char place[JOB_PLACE_MAX];

        if (!worker_is_busy(m->worker))
                return 0;
        job_get_place(&m->job, place);
        if (waited < 2 * SLOW_USEC)
                journal_waiting(place, seconds);
        /* Who starts the unit need not wait for the kernel, which may never come back: apt, for
         * example, holds its lock meanwhile. And systemd must not give up on a unit that reloads.
         */
        sd_notifyf(false,
                   "%sEXTEND_TIMEOUT_USEC=%llu\nSTATUS=Waiting for the kernel for %u s; last file "
                   "read: /%s",
                   m->ready ? "" : "READY=1\n", 4 * SLOW_USEC, seconds, place);
        return arm_slow_timer(m, now + SLOW_USEC);
}

static void note_news(struct manager *m, const struct monitor_news *news)
{
        if (news->removal && (!m->tiers_withdrawn || (news->offline && !m->placements_withdrawn))) {
                m->memory_went = m->memory_went || news->offline;
                (void)worker_push(m->worker, COMMAND_WITHDRAW); /* on_failed() handles errors */
        }
        if (news->lost && !m->events_lost_reported) {
                journal_events_lost();
                m->events_lost_reported = true;
        }
}

/* Events that wait in the socket count before memory is taken to be quiet. */
static void note_waiting_news(struct manager *m)
{
        struct monitor_news news;

        if (!m->monitor)
                return;
        monitor_drain(m->monitor, &news);
        if (!news.any)
                return;
        note_news(m, &news);
        (void)schedule_note_early_events(m->schedule);
}

static void prepare_command(enum command c, void *userdata)
{
        struct manager *m = userdata;

        m->job.policy_loaded = (uint64_t)m->policy_loaded;
        m->job.policy_refused = m->policy_refused;
        if (c == COMMAND_PASS) {
                /* before the events that it counts are read */
                m->count_error = schedule_prepare_pass(m->schedule);
                note_waiting_news(m);
                m->tiers_withdrawn = m->placements_withdrawn = false;
                job_prepare_pass(&m->job, m->policy, m->snapshot, schedule_begin_pass(m->schedule));
        } else if (c == COMMAND_ONLINE) {
                m->online_settled = tiers_get_uevent_seqnum(m->events_root, &m->online_seqnum) == 0;
                job_prepare_online(&m->job, m->policy, m->snapshot);
                m->job.find_rivals = m->job.find_rivals || m->find_rivals;
                m->find_rivals = false;
        } else if (c == COMMAND_WITHDRAW) {
                m->job.memory_went = m->memory_went;
                m->memory_went = false;
        }
        m->command = c;
        m->command_started = get_now(m);
        (void)arm_slow_timer(m, m->command_started + SLOW_USEC);
}

static void run_command(enum command c, void *userdata)
{
        struct manager *m = userdata;

        if (c == COMMAND_PASS)
                job_run_pass(&m->job);
        else if (c == COMMAND_ONLINE)
                job_run_online(&m->job);
        else if (c == COMMAND_PUBLISH)
                job_run_publish(&m->job);
        else
                job_run_withdraw(&m->job);
}

static void set_online(struct manager *m, char *text)
{
        free(m->online);
        m->online = text;
}

/* Of thousands of blocks, an idle daemon reads none. */
static bool is_online_settled(const struct manager *m)
{
        uint64_t seqnum;

        return m->online_settled && tiers_get_uevent_seqnum(m->events_root, &seqnum) == 0 &&
               seqnum == m->online_seqnum;
}

/* Nothing is read for it where nobody wants it. */
static int begin_online(struct manager *m)
{
        bool wanted = wanted_any(m->policy);

        if (!wanted)
                set_online(m, NULL);
        if (!m->snapshot || m->stopping ||
            (!wanted && !m->job.any_drained && !m->job.any_pending) || is_online_settled(m))
                return 0;
        return worker_push(m->worker, COMMAND_ONLINE);
}

/* Other commands that wait come first. */
static int finish_online(struct manager *m)
{
        _cleanup_(online_result_freep) struct online_result *result =
                TAKE_PTR(m->job.online_result);

        m->online_settled = m->online_settled && result && m->job.online_error == 0 &&
                            result->settled && m->job.policy == m->policy;
        journal_online(&m->journal, result, m->job.online_error, &m->job.rivals);
        if (result && wanted_any(m->policy))
                set_online(m, status_format_online(result));
        send_status(m, "");
        job_drop_arguments(&m->job);
        if (!result || m->job.online_error < 0 || result->remaining == 0 || m->stopping) {
                malloc_trim(0); /* as after a pass: a machine may have 100000 blocks */
                return 0;
        }
        return worker_push(m->worker, COMMAND_ONLINE);
}

static int finish_pass(struct manager *m)
{
        _cleanup_(snapshot_unrefp) struct snapshot *result = TAKE_PTR(m->job.result);
        int r;

        if (result)
                quiet_report(m->count_error, &result->problems);
        publish(m, result, m->job.error);
        r = schedule_end_pass(m->schedule, result);
        if (result && result->machine) {
                snapshot_unref(m->snapshot);
                m->snapshot = TAKE_PTR(result);
        }
        job_drop_arguments(&m->job);
        if (r == 0)
                r = begin_online(m);
        /* A machine of a thousand nodes took megabytes, and the next pass may be long in coming. */
        malloc_trim(0);
        return r;
}

static int on_command_done(enum command c, void *userdata)
{
        struct manager *m = userdata;

        (void)sd_event_source_set_enabled(m->slow_timer, SD_EVENT_OFF);
        if (m->stopping)
                (void)sd_event_exit(m->event, 0);
        if (c == COMMAND_PASS)
                return finish_pass(m);
        if (c == COMMAND_ONLINE)
                return finish_online(m);
        if (c == COMMAND_PUBLISH)
                return 0;
        m->tiers_withdrawn = true;
        m->placements_withdrawn = m->placements_withdrawn || m->job.memory_went;
        m->job.memory_went = false;
        return 0;
}

/* The queue keeps its commands; the next pass that is due starts them. So what a withdrawal was
 * given is still to be withdrawn. */
static int on_failed(int error, void *userdata)
{
        struct manager *m = userdata;

        m->memory_went = m->memory_went || m->job.memory_went;
        m->job.memory_went = false;

        (void)sd_event_source_set_enabled(m->slow_timer, SD_EVENT_OFF);
        log_error_errno(error, "A thread cannot be started");
        return schedule_end_pass(m->schedule, NULL);
}

static int on_due(void *userdata)
{
        struct manager *m = userdata;

        return worker_push(m->worker, COMMAND_PASS);
}

static int on_news(const struct monitor_news *news, void *userdata)
{
        struct manager *m = userdata;

        note_news(m, news);
        return schedule_note_events(m->schedule, news);
}

/* The policy */

static int use_policy(struct manager *m, struct policy *policy)
{
        policy_unref(m->policy);
        m->policy = policy;
        m->policy_loaded = time(NULL);
        m->policy_refused = false;
        m->online_settled = false;
        if (wanted_any(policy))
                m->find_rivals = true;
        journal_policy(policy);
        return schedule_set_policy(m->schedule, policy);
}

/* The policy is the system's own, even where the root is another machine's. */
static int load_policy(const struct manager *m, struct policy **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages errors = MESSAGES_INIT;
        int r;

        r = sysroot_open("/", &root);
        if (r >= 0)
                r = config_load(root, m->input.config, &errors, ret);
        if (r < 0 && errors.n == 0)
                messages_add(&errors, "The policy cannot be read: %s", strerror(-r));
        if (r < 0)
                journal_policy_refused(&errors, m->policy != NULL);
        else
                policy_forget_settings(*ret);
        messages_done(&errors);
        return r;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        struct manager *m = userdata;
        struct policy *policy;
        int r;

        sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=Reloading the policy",
                   get_now(m));
        if (load_policy(m, &policy) < 0) {
                m->policy_refused = true;
                end_reload(m);
                return worker_push(m->worker, COMMAND_PUBLISH);
        }
        r = use_policy(m, policy);
        if (r < 0)
                return r;
        /* READY=1 when the new policy has been applied; but that may take the kernel a while. */
        m->reloading = true;
        if (worker_is_busy(m->worker))
                end_reload(m);
        return worker_push(m->worker, COMMAND_PASS);
}

/* Beginning and end */

static int on_late(sd_event_source *source, uint64_t usec, void *userdata)
{
        return sd_event_exit(((struct manager *)userdata)->event, 0);
}

/* A block that is between two zones is brought back first, if the kernel lets us: the next
 * numatierd would do it, but there may be none. */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        struct manager *m = userdata;

        if (m->stopping || !worker_is_busy(m->worker) || m->command != COMMAND_ONLINE)
                return sd_event_exit(m->event, 0);
        m->stopping = true;
        onlining_stop(&m->job.online);
        return sd_event_add_time_relative(m->event, NULL, CLOCK_MONOTONIC, STOP_USEC, 0, on_late,
                                          m);
}

static int add_signals(struct manager *m)
{
        int r;

        r = sd_event_add_signal(m->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_stop, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_stop,
                                        m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK,
                                        on_reload, m);
        return r;
}

static int add_slow_timer(struct manager *m)
{
        int r;

        r = sd_event_add_time(m->event, &m->slow_timer, CLOCK_MONOTONIC, UINT64_MAX, USEC_PER_SEC,
                              on_slow, m);
        return r < 0 ? r : sd_event_source_set_enabled(m->slow_timer, SD_EVENT_OFF);
}

static int open_event_loop(struct manager *m)
{
        static const struct worker_handler handler = {
                .prepare = prepare_command,
                .run = run_command,
                .done = on_command_done,
                .failed = on_failed,
        };
        int r;

        r = sd_event_default(&m->event);
        if (r >= 0)
                r = add_slow_timer(m);
        if (r >= 0)
                r = add_signals(m);
        if (r >= 0)
                r = schedule_new(m->event, m->events_root, on_due, m, &m->schedule);
        if (r >= 0)
                r = worker_new(m->event, &handler, m, &m->worker);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        return r < 0 ? log_error_errno(r, "The event loop cannot be set up") : 0;
}

static int open_roots(struct manager *m, struct sysroot **ret_job_root)
{
        const char *path = m->input.root ?: "/";
        int r;

        r = sysroot_open(path, ret_job_root);
        if (r == 0)
                r = sysroot_open(path, &m->events_root);
        return r < 0 ? log_error_errno(r, "%s: cannot be opened as a root directory", path) : 0;
}

static int open_session(struct manager *m)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = open_roots(m, &root);
        if (r < 0)
                return r;
        r = session_lock(&m->input, &problems, &m->lock_fd);
        if (r == 0)
                r = job_init(&m->job, root, m->input.root, &problems);
        if (r == 0) {
                m->job_ready = true;
                TAKE_PTR(root);
        }
        log_messages(&problems);
        messages_done(&problems);
        return r;
}

int manager_new(const struct input *in, struct manager **ret)
{
        _cleanup_(manager_freep) struct manager *m = calloc(1, sizeof(*m));
        struct policy *policy;
        int r;

        if (!m)
                return log_error_errno(-ENOMEM, "The daemon cannot be set up");
        m->input = *in;
        m->lock_fd = -1;
        r = load_policy(m, &policy);
        if (r < 0)
                return r;
        m->policy = policy;
        r = open_session(m);
        if (r == 0)
                r = open_event_loop(m);
        if (r == 0)
                r = use_policy(m, policy_ref(policy));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

int manager_start(struct manager *m)
{
        bool receives = quiet_receives_uevents();
        int r;

        if (sysroot_is_live(m->events_root)) {
                r = monitor_new(m->event, on_news, m, &m->monitor);
                if (r < 0)
                        return log_error_errno(r, "The kernel's events cannot be received");
                schedule_set_live(m->schedule, receives);
                if (!receives)
                        journal_no_events();
        }
        return worker_push(m->worker, COMMAND_PASS);
}

static void stop(struct manager *m)
{
        sd_notify(false, "STOPPING=1\nSTATUS=Stopping; tiers stay as they are");
        journal_stopped();
        if (!worker_is_busy(m->worker)) /* else the state is the worker's */
                job_leave(&m->job);
}

int manager_run(struct manager *m)
{
        int r;

        r = sd_event_loop(m->event);
        stop(m);
        return r < 0 ? log_error_errno(r, "The event loop failed") : 0;
}

/* A command that still runs keeps all it uses: the process is about to end. */
struct manager *manager_free(struct manager *m)
{
        if (!m || (m->worker && worker_is_busy(m->worker)))
                return NULL;
        if (m->job_ready)
                job_done(&m->job);
        worker_free(m->worker);
        schedule_free(m->schedule);
        monitor_free(m->monitor);
        sd_event_source_disable_unref(m->slow_timer);
        sd_event_unref(m->event);
        journal_done(&m->journal);
        free(m->summary);
        free(m->online);
        snapshot_unref(m->snapshot);
        policy_unref(m->policy);
        sysroot_free(m->events_root);
        if (m->lock_fd >= 0)
                close(m->lock_fd);
        free(m);
        return NULL;
}
