/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "common/quiet.h"
#include "monitoring/burst.h"
#include "monitoring/journal.h"
#include "monitoring/socket.h"
#include "sysroot/sysroot.h"

#define USEC_PER_SEC  1000000U
#define NSEC_PER_USEC 1000U

static volatile sig_atomic_t ended;

struct loop {
        const struct loop_arguments *arguments;
        struct sysroot *root;
        sd_journal *journal; /* NULL: it cannot be read */
        int uevents;         /* -1: the kernel sends none */
        struct members members;
        struct burst burst;
        sigset_t waiting; /* the signals that are blocked while it waits */
        int error;
};

static uint64_t clock_usec(clockid_t clock)
{
        struct timespec now;

        (void)clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / NSEC_PER_USEC;
}

/* Printing */

static void print(const struct change *c, void *userdata)
{
        const struct loop *l = userdata;

        change_print(stdout, c, l->arguments->json);
}

static void print_burst(struct loop *l)
{
        int r;

        if (l->burst.n == 0)
                return;
        r = members_update(&l->members, l->root);
        if (r < 0)
                l->error = r;
        burst_take(&l->burst, &l->members, print, l);
}

static void print_lost(struct loop *l)
{
        const struct change c = {
                .usec = clock_usec(CLOCK_REALTIME),
                .source = "monitor",
                .kind = "events_lost",
                .text = "the kernel sent events faster than they could be received, and some were "
                        "lost",
        };

        print_burst(l);
        print(&c, l);
}

/* Uevents */

/* Of a node or tier the kernel sends no other. */
static bool is_known(const struct uevent *e)
{
        return e->subject == UEVENT_BLOCK || e->action == UEVENT_ADD || e->action == UEVENT_REMOVE;
}

static void take_uevent(const struct uevent *e, void *userdata)
{
        struct loop *l = userdata;
        int r;

        if (!is_known(e))
                return;
        if (burst_contradicts(&l->burst, e))
                print_burst(l);
        r = burst_add(&l->burst, e, clock_usec(CLOCK_MONOTONIC), clock_usec(CLOCK_REALTIME));
        if (r < 0)
                l->error = r;
}

/* Setup */

static void end(int signal)
{
        (void)signal;
        ended = true;
}

/* They only arrive while the loop waits. */
static void catch_signals(struct loop *l)
{
        static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
        struct sigaction action = { .sa_handler = end };
        sigset_t blocked;

        (void)sigemptyset(&action.sa_mask);
        (void)sigemptyset(&blocked);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                (void)sigaddset(&blocked, signals[i]);
                (void)sigaction(signals[i], &action, NULL);
        }
        (void)sigprocmask(SIG_BLOCK, &blocked, &l->waiting);
}

static void report_journal(int error)
{
        if (error == -EACCES)
                fprintf(stderr,
                        "numatier: the journal cannot be read: expected root or a user in the "
                        "group systemd-journal; only the kernel's events are shown\n");
        else if (error == -ENOENT)
                fprintf(stderr,
                        "numatier: there is no journal; only the kernel's events are shown\n");
        else
                fprintf(stderr,
                        "numatier: the journal cannot be read: %s; only the kernel's events are "
                        "shown\n",
                        strerror(-error));
}

static void report_uevents(int error)
{
        if (error < 0)
                fprintf(stderr, "numatier: the kernel's events cannot be received: %s\n",
                        strerror(-error));
        else
                fprintf(stderr, "numatier: the kernel sends no events to this network namespace; "
                                "only numatierd's reports are shown\n");
}

static int start(struct loop *l)
{
        int r;

        l->uevents = socket_open();
        if (l->uevents < 0)
                report_uevents(l->uevents);
        else if (!quiet_receives_uevents())
                report_uevents(0);
        r = journal_open(l->arguments->lines, &l->journal);
        if (r < 0)
                report_journal(r);
        if (l->uevents < 0 && !l->journal)
                return -ENODATA;
        r = sysroot_open("/", &l->root);
        if (r == 0)
                r = members_update(&l->members, l->root);
        if (r < 0)
                fprintf(stderr, "numatier: cannot start: %s\n", strerror(-r));
        return r;
}

/* The loop */

static uint64_t find_due_usec(const struct loop *l)
{
        uint64_t due = burst_due_usec(&l->burst), journal;

        /* on a file system that reports no changes */
        if (l->journal && sd_journal_get_timeout(l->journal, &journal) >= 0 && journal < due)
                due = journal;
        return due;
}

/* Nothing wakes it while nothing happens; a reader that closes its pipe does. */
static int wait_for_news(const struct loop *l, bool *ret_closed)
{
        struct pollfd fds[] = {
                { .fd = l->uevents, .events = POLLIN },
                { .fd = l->journal ? sd_journal_get_fd(l->journal) : -1, .events = POLLIN },
                { .fd = STDOUT_FILENO },
        };
        const uint64_t due = find_due_usec(l), now = clock_usec(CLOCK_MONOTONIC);
        const uint64_t left = due > now ? due - now : 0;
        const struct timespec timeout = { (time_t)(left / USEC_PER_SEC),
                                          (long)(left % USEC_PER_SEC * NSEC_PER_USEC) };

        if (ppoll(fds, ELEMENTSOF(fds), due == UINT64_MAX ? NULL : &timeout, &l->waiting) < 0 &&
            errno != EINTR)
                return -errno;
        *ret_closed = fds[2].revents & (POLLERR | POLLHUP | POLLNVAL);
        return 0;
}

static void take_journal(struct loop *l)
{
        int r = l->journal ? journal_read(l->journal, print, l) : 0;

        if (r == 0)
                return;
        report_journal(r);
        l->journal = journal_close(l->journal);
}

static int run(struct loop *l)
{
        bool closed = false;
        int r = 0;

        take_journal(l);
        while (r == 0 && !closed && !ended && fflush(stdout) == 0) {
                r = wait_for_news(l, &closed);
                if (l->uevents >= 0 && socket_receive(l->uevents, take_uevent, l))
                        print_lost(l);
                take_journal(l);
                if (burst_due_usec(&l->burst) <= clock_usec(CLOCK_MONOTONIC))
                        print_burst(l);
                if (r == 0)
                        r = l->error;
        }
        if (!closed)
                print_burst(l);
        if (r < 0)
                fprintf(stderr, "numatier: cannot go on: %s\n", strerror(-r));
        return r;
}

int loop_run(const struct loop_arguments *a)
{
        struct loop l = { .arguments = a, .uevents = -1 };
        int r;

        catch_signals(&l);
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        r = start(&l);
        if (r == 0)
                r = run(&l);
        burst_done(&l.burst);
        members_done(&l.members);
        closep(&l.uevents);
        journal_close(l.journal);
        sysroot_free(l.root);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
