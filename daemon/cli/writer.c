/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>

#define SIGNAL_KICK SIGUSR1
#define TICK_USEC   UINT64_C(250000)
#define KICK_USEC   UINT64_C(100000)
/* How long an interrupted write may still take. While another hotplug operation is under way the
 * kernel restarts the write every 5 ms, and no signal ends that
 * (drivers/base/core.c:lock_device_hotplug_sysfs). numatierd gives one block 30 s
 * (daemon/common/onlining.c). */
#define GRACE_USEC UINT64_C(45000000)
/* So often a write is begun again that a signal of nobody here interrupted. */
#define STRAY_MAX 100
/* Signals that are ignored after writer_persist(). */
#define PATIENCE 3

struct writer {
        struct sysroot *root;
        uint64_t deadline_usec;
        writer_tick_fn tick, before_interrupt;
        void *userdata;
        pthread_t thread;
        int signal_fd, job_fd, done_fd;
        unsigned signals, signals_to_end;
        bool is_stuck, must_exit;
        /* Written by one side before it raises the other's event. */
        writer_job_fn job;
        void *data;
        int result;
};

uint64_t monotonic_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void raise_event(int fd)
{
        const uint64_t one = 1;

        while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

static void await_event(int fd)
{
        uint64_t n;

        while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
                ;
}

static void *work(void *userdata)
{
        struct writer *w = userdata;

        for (;;) {
                await_event(w->job_fd);
                if (w->must_exit)
                        return NULL;
                w->result = w->job(w->root, w->data);
                raise_event(w->done_fd);
        }
}

static void on_kick(int signal_number)
{
}

/* SIGHUP is left ignored for who said so (nohup). */
static void fill_signals(sigset_t *set)
{
        struct sigaction old;

        sigemptyset(set);
        sigaddset(set, SIGINT);
        sigaddset(set, SIGTERM);
        if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
                sigaddset(set, SIGHUP);
}

/* The thread inherits a mask that leaves only the kick. */
static int start_thread(struct writer *w)
{
        const struct sigaction kick = { .sa_handler = on_kick };
        sigset_t all, old;
        int r;

        sigfillset(&all);
        sigdelset(&all, SIGNAL_KICK);
        if (sigaction(SIGNAL_KICK, &kick, NULL) < 0)
                return -errno;
        r = pthread_sigmask(SIG_SETMASK, &all, &old);
        if (r == 0) {
                r = pthread_create(&w->thread, NULL, work, w);
                (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        }
        return -r;
}

static void close_all(struct writer *w)
{
        closep(&w->signal_fd);
        closep(&w->job_fd);
        closep(&w->done_fd);
        free(w);
}

int writer_new(struct sysroot *root, uint64_t deadline_usec, writer_tick_fn tick, void *userdata,
               struct writer **ret)
{
        struct writer *w = calloc(1, sizeof(*w));
        sigset_t signals;
        int r = 0;

        if (!w)
                return -ENOMEM;
        fill_signals(&signals);
        (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        w->root = root;
        w->deadline_usec = deadline_usec;
        w->tick = tick;
        w->userdata = userdata;
        w->signals_to_end = 1;
        w->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        w->job_fd = eventfd(0, EFD_CLOEXEC);
        w->done_fd = eventfd(0, EFD_CLOEXEC);
        if (w->signal_fd < 0 || w->job_fd < 0 || w->done_fd < 0)
                r = -errno;
        if (r == 0)
                r = start_thread(w);
        if (r < 0) {
                close_all(w);
                return r;
        }
        *ret = w;
        return 0;
}

void writer_set_before_interrupt(struct writer *w, writer_tick_fn before)
{
        w->before_interrupt = before;
}

struct writer *writer_free(struct writer *w)
{
        if (!w || w->is_stuck)
                return NULL;
        w->must_exit = true;
        raise_event(w->job_fd);
        (void)pthread_join(w->thread, NULL);
        close_all(w);
        return NULL;
}

static void read_signals(struct writer *w)
{
        struct signalfd_siginfo info;

        while (read(w->signal_fd, &info, sizeof(info)) == sizeof(info))
                w->signals++;
}

int writer_check(struct writer *w)
{
        read_signals(w);
        if (w->is_stuck)
                return -EINPROGRESS;
        if (w->signals >= w->signals_to_end)
                return -EINTR;
        if (w->deadline_usec > 0 && monotonic_usec() >= w->deadline_usec)
                return -ETIMEDOUT;
        return 0;
}

void writer_persist(struct writer *w)
{
        read_signals(w);
        w->signals_to_end = w->signals + PATIENCE;
        w->deadline_usec = 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
        return a == 0 || (b > 0 && b < a) ? b : a;
}

/* Waits for an event of fd (-1: none), a signal, or that time. 1: the event. */
static int wait_once(struct writer *w, int fd, uint64_t usec)
{
        struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
                                { .fd = w->signal_fd, .events = POLLIN } };
        uint64_t wait = usec < TICK_USEC ? usec : TICK_USEC;

        (void)poll(fds, ELEMENTSOF(fds), (int)((wait + 999) / 1000));
        if (w->tick)
                w->tick(w->userdata);
        return fds[0].revents != 0;
}

int writer_wait(struct writer *w, uint64_t usec)
{
        uint64_t end = monotonic_usec() + usec, now;
        int r = writer_check(w);

        while (r == 0 && (now = monotonic_usec()) < end) {
                (void)wait_once(w, -1, end - now);
                r = writer_check(w);
        }
        return r;
}

/* Interrupts the job until it ends. */
static int kick(struct writer *w)
{
        uint64_t end = monotonic_usec() + GRACE_USEC;

        while (monotonic_usec() < end) {
                (void)pthread_kill(w->thread, SIGNAL_KICK);
                if (wait_once(w, w->done_fd, KICK_USEC))
                        return 0;
                read_signals(w);
        }
        w->is_stuck = true;
        return -EINPROGRESS;
}

/* What the job returned; if that is -EINTR, why it was interrupted. */
static int run_once(struct writer *w, uint64_t end)
{
        int why = 0;

        raise_event(w->job_fd);
        for (;;) {
                uint64_t now = monotonic_usec(), limit = earlier(end, w->deadline_usec);

                if (wait_once(w, w->done_fd, limit > now ? limit - now : TICK_USEC))
                        break;
                why = writer_check(w);
                if (why == 0 && end > 0 && monotonic_usec() >= end)
                        why = -ETIMEDOUT;
                if (why == 0)
                        continue;
                if (why == -ETIMEDOUT && w->before_interrupt)
                        w->before_interrupt(w->userdata);
                if (kick(w) < 0)
                        return -EINPROGRESS;
                break;
        }
        await_event(w->done_fd);
        return w->result == -EINTR && why < 0 ? why : w->result;
}

int writer_do(struct writer *w, writer_job_fn job, void *data, uint64_t limit_usec)
{
        uint64_t end = limit_usec > 0 ? monotonic_usec() + limit_usec : 0;
        int r = writer_check(w);

        if (r < 0)
                return r;
        w->job = job;
        w->data = data;
        /* a late kick, or a stop by Ctrl-Z, interrupts too: then again */
        for (unsigned i = 0; i < STRAY_MAX; i++) {
                r = run_once(w, end);
                if (r != -EINTR || writer_check(w) < 0)
                        break;
        }
        return r;
}
