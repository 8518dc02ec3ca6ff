/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor.h"

#include <errno.h>
#include <libudev.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "common/monitor-filter.h"

/* A terabyte plugged in as blocks of 128 MiB causes 16384 events, for each of which the kernel
 * counts about a kilobyte. Without CAP_NET_ADMIN net.core.rmem_max limits the size. Events that the
 * kernel drops lead to a pass like others. */
#define RECEIVE_BUFFER (16 << 20)

/* Events received by one system call, and the number of such calls before signals and the watchdog
 * get their turn in a storm. */
#define BATCH   64
#define BATCHES 16

/* The beginning of an event says enough (lib/kobject_uevent.c): ACTION@DEVPATH, ACTION=...,
 * DEVPATH=..., SUBSYSTEM=..., each ended by a NUL. */
#define EVENT_SIZE 1024

/* In a storm, at most so many wake-ups in that time. */
#define WAKE_UP_USEC  20000
#define WAKE_UP_BURST 2

struct monitor {
        struct udev *udev;
        struct udev_monitor *udev_monitor;
        sd_event_source *source;
        monitor_fn fn;
        void *userdata;

        struct mmsghdr headers[BATCH];
        struct iovec iov[BATCH];
        struct sockaddr_nl senders[BATCH];
        char events[BATCH][EVENT_SIZE];
};

static bool is_one_of(const char *s, const char *const *list)
{
        for (; *list; list++)
                if (streq(s, *list))
                        return true;
        return false;
}

static const char *const subsystems[] = { "memory", "node", "memory_tiering",
                                          "cxl",    "dax",  "module",
                                          "cpu",    NULL };

/* Where a node's memory comes before its CPUs, only their event says what kind of node it is. No
 * tier goes with a CPU. */
static void classify_cpu(const char *action, struct monitor_news *news)
{
        static const char *const relevant[] = { "add", "remove", "online", "offline", NULL };

        if (!is_one_of(action, relevant))
                return;
        news->any = true;
        news->complete = news->complete || streq(action, "online");
}

void monitor_classify(const char *subsystem, const char *action, struct monitor_news *news)
{
        static const char *const completing[] = { "online", "bind", "change", NULL };
        static const char *const removing[] = { "offline", "remove", "unbind", NULL };

        if (!subsystem || !action || !is_one_of(subsystem, subsystems))
                return;
        if (streq(subsystem, "cpu")) {
                classify_cpu(action, news);
                return;
        }
        news->any = true;
        news->complete =
                news->complete || is_one_of(action, completing) || streq(subsystem, "module");
        news->online = news->online || streq(action, "online");
        news->removal = news->removal || is_one_of(action, removing);
        news->offline =
                news->offline || (is_one_of(action, removing) && streq(subsystem, "memory"));
}

/* The kernel puts these four first, in this order. In a storm this is most of the work: therefore
 * no more is read, and nothing twice. */
void monitor_read_event(const char *text, size_t length, struct monitor_news *news)
{
        static const char *const order[] = { NULL, "ACTION=", "DEVPATH=", "SUBSYSTEM=" };
        const char *end = text + length, *at = text, *value = NULL, *action = NULL;

        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                if (at >= end)
                        return;
                value = order[i] ? startswith(at, order[i]) : at;
                if (!value)
                        return;
                if (i == 1)
                        action = value;
                at += strlen(at) + 1;
        }
        monitor_classify(value, action, news);
}

/* Done once: what the kernel changes in the headers does not matter for the next call. */
static void prepare(struct monitor *m)
{
        for (unsigned i = 0; i < BATCH; i++) {
                m->iov[i] = (struct iovec){ m->events[i], EVENT_SIZE - 1 };
                m->headers[i].msg_hdr = (struct msghdr){
                        .msg_name = &m->senders[i],
                        .msg_namelen = sizeof(m->senders[i]),
                        .msg_iov = &m->iov[i],
                        .msg_iovlen = 1,
                };
        }
}

/* libudev receives one event per call and makes a device of it, which in a storm costs as much as
 * everything that udevadm monitor does. Returns whether more may wait. */
static bool receive(struct monitor *m, struct monitor_news *news)
{
        int n;

        n = recvmmsg(udev_monitor_get_fd(m->udev_monitor), m->headers, BATCH, MSG_DONTWAIT, NULL);
        if (n < 0 && errno == ENOBUFS) {
                news->any = news->lost = news->removal = news->offline = true;
                return true;
        }
        for (int i = 0; i < n; i++) {
                size_t length = m->headers[i].msg_len;

                if (m->senders[i].nl_pid != 0)
                        continue; /* not sent by the kernel */
                m->events[i][length] = '\0';
                monitor_read_event(m->events[i], length, news);
        }
        return n == BATCH;
}

void monitor_drain(struct monitor *m, struct monitor_news *news)
{
        *news = (struct monitor_news){ 0 };
        for (unsigned i = 0; i < BATCHES && receive(m, news); i++)
                ;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct monitor *m = userdata;
        struct monitor_news news;

        monitor_drain(m, &news);
        return news.any ? m->fn(&news, m->userdata) : 0;
}

/* The kernel's own group, not udev's. It needs no udevd, and it is not late when udevd has
 * thousands of memory blocks to process. Being late would be dangerous: nodelist may be read only
 * after memory has been quiet. */
static int open_monitor(struct monitor *m)
{
        int r = 0;

        m->udev = udev_new();
        if (m->udev)
                m->udev_monitor = udev_monitor_new_from_netlink(m->udev, "kernel");
        if (!m->udev_monitor)
                return errno > 0 ? -errno : -ENOMEM;
        for (const char *const *s = subsystems; r >= 0 && *s; s++)
                r = udev_monitor_filter_add_match_subsystem_devtype(m->udev_monitor, *s, NULL);
        if (r < 0)
                return r;
        udev_monitor_set_receive_buffer_size(m->udev_monitor, RECEIVE_BUFFER);
        r = udev_monitor_enable_receiving(m->udev_monitor);
        if (r < 0)
                return r;
        return monitor_filter_attach(udev_monitor_get_fd(m->udev_monitor));
}

int monitor_new(sd_event *event, monitor_fn fn, void *userdata, struct monitor **ret)
{
        _cleanup_(monitor_freep) struct monitor *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        m->fn = fn;
        m->userdata = userdata;
        prepare(m);
        r = open_monitor(m);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &m->source, udev_monitor_get_fd(m->udev_monitor), EPOLLIN,
                            on_readable, m);
        if (r >= 0)
                r = sd_event_source_set_ratelimit(m->source, WAKE_UP_USEC, WAKE_UP_BURST);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

struct monitor *monitor_free(struct monitor *m)
{
        if (!m)
                return NULL;
        sd_event_source_disable_unref(m->source);
        udev_monitor_unref(m->udev_monitor);
        udev_unref(m->udev);
        free(m);
        return NULL;
}
