/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>

#include "cli/writer.h"
#include "state/state.h"

/* Free memory changes without an event. */
#define INTERVAL_MSEC 5000
/* After the first event of a burst: each memory block of a device has its own. */
#define SETTLE_MSEC     300
#define SETTLE_MAX_MSEC 2000

/* The multicast group of the kernel's own uevents; group 2 is udev's. */
#define KERNEL_GROUP 1

static void end(int signal)
{
        (void)signal;
        _exit(EXIT_SUCCESS); /* only reads are interrupted by it */
}

static int open_uevents(void)
{
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
        int fd =
                socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

        if (fd >= 0 && bind(fd, (const void *)&address, sizeof(address)) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* The file is replaced at each change: its directory is watched. */
static int open_view(const struct input *in)
{
        char path[4096];
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK), n;

        if (fd < 0)
                return -1;
        n = snprintf(path, sizeof(path), "%s/" STATE_VIEW_PATH, in->root ?: "");
        *strrchr(path, '/') = '\0';
        if (n >= (int)sizeof(path) || inotify_add_watch(fd, path, IN_MOVED_TO | IN_DELETE) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

void watch_begin(const struct input *in, struct watch *ret)
{
        struct sigaction action = { .sa_handler = end };

        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(SIGINT, &action, NULL);
        ret->uevents = in->root ? -1 : open_uevents();
        ret->view = open_view(in);
}

void watch_end(struct watch *w)
{
        closep(&w->uevents);
        closep(&w->view);
}

bool watch_concerns_tiers(const char *uevent, size_t length)
{
        static const char *const subsystems[] = { "memory", "node", "memory_tiering" };
        const char *end_of_text = uevent + length;

        for (const char *s = uevent; s < end_of_text;
             s += strnlen(s, (size_t)(end_of_text - s)) + 1) {
                const size_t rest = (size_t)(end_of_text - s), prefix = strlen("SUBSYSTEM=");

                if (rest <= prefix || memcmp(s, "SUBSYSTEM=", prefix) != 0)
                        continue;
                for (size_t i = 0; i < ELEMENTSOF(subsystems); i++)
                        if (rest - prefix > strlen(subsystems[i]) &&
                            streq(s + prefix, subsystems[i]))
                                return true;
                return false;
        }
        return false;
}

/* Takes all that has come. Where events were lost (ENOBUFS), one may have concerned us. */
static bool take_uevents(int fd)
{
        char buf[8192 + 1];
        bool found = false;

        for (;;) {
                ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

                if (n < 0 && errno == ENOBUFS)
                        found = true;
                else if (n <= 0)
                        return found;
                if (n <= 0)
                        continue;
                buf[n] = '\0';
                found = found || watch_concerns_tiers(buf, (size_t)n + 1);
        }
}

static bool take_view(int fd)
{
        _Alignas(struct inotify_event) char buf[4096];
        const char *name = strrchr(STATE_VIEW_PATH, '/') + 1;
        bool found = false;
        ssize_t n;

        while ((n = read(fd, buf, sizeof(buf))) > 0) {
                const struct inotify_event *e;

                for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
                        e = (const void *)(buf + at);
                        found = found || (e->len > 0 && streq(e->name, name));
                }
        }
        return found;
}

static long now_msec(void)
{
        return (long)(monotonic_usec() / 1000);
}

/* Whether something changed within that time. */
static bool poll_once(struct watch *w, long msec)
{
        struct pollfd fds[] = { { .fd = w->uevents, .events = POLLIN },
                                { .fd = w->view, .events = POLLIN } };
        bool changed = false;

        if (poll(fds, ELEMENTSOF(fds), (int)msec) <= 0)
                return false;
        if (fds[0].revents)
                changed = take_uevents(w->uevents);
        if (fds[1].revents)
                changed = take_view(w->view) || changed;
        return changed;
}

void watch_wait(struct watch *w)
{
        long start = now_msec(), end_of_wait = start + INTERVAL_MSEC, last = 0, now = start;

        while (now < end_of_wait) {
                if (poll_once(w, end_of_wait - now)) {
                        now = now_msec();
                        if (last == 0)
                                end_of_wait = now + SETTLE_MAX_MSEC;
                        last = now;
                } else {
                        now = now_msec();
                }
                if (last > 0 && last + SETTLE_MSEC < end_of_wait)
                        end_of_wait = last + SETTLE_MSEC;
        }
}
