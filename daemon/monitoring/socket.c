/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "base/util.h"
#include "common/monitor-filter.h"

/* The multicast group of the kernel's own uevents; group 2 is udev's. */
#define KERNEL_GROUP 1

/* As the daemon's: a terabyte of blocks of 128 MiB causes 16384 events, and the kernel counts about
 * a kilobyte for each. Without CAP_NET_ADMIN net.core.rmem_max limits the size. */
#define RECEIVE_BUFFER (16 << 20)

#define BATCH      32
#define EVENT_SIZE 2048 /* include/linux/kobject.h: UEVENT_BUFFER_SIZE */

static void enlarge(int fd)
{
        int size = RECEIVE_BUFFER;

        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
                (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

int socket_open(void)
{
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
        int fd =
                socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
        int r;

        if (fd < 0)
                return -errno;
        enlarge(fd);
        r = monitor_filter_attach(fd);
        if (r == 0 && bind(fd, (const void *)&address, sizeof(address)) < 0)
                r = -errno;
        if (r == 0)
                return fd;
        close(fd);
        return r;
}

struct batch {
        struct mmsghdr headers[BATCH];
        struct iovec iov[BATCH];
        struct sockaddr_nl senders[BATCH];
        char events[BATCH][EVENT_SIZE];
};

static int receive(int fd, struct batch *b)
{
        for (unsigned i = 0; i < BATCH; i++) {
                b->iov[i] = (struct iovec){ b->events[i], EVENT_SIZE };
                b->headers[i].msg_hdr = (struct msghdr){
                        .msg_name = &b->senders[i],
                        .msg_namelen = sizeof(b->senders[i]),
                        .msg_iov = &b->iov[i],
                        .msg_iovlen = 1,
                };
        }
        return recvmmsg(fd, b->headers, BATCH, MSG_DONTWAIT, NULL);
}

bool socket_receive(int fd, void (*fn)(const struct uevent *e, void *userdata), void *userdata)
{
        struct batch b;
        struct uevent e;
        bool lost = false;
        int n;

        for (;;) {
                n = receive(fd, &b);
                if (n < 0 && errno == ENOBUFS) {
                        lost = true;
                        continue;
                }
                if (n <= 0)
                        return lost;
                for (int i = 0; i < n; i++)
                        if (b.senders[i].nl_pid == 0 && /* sent by the kernel */
                            uevent_parse(b.events[i], b.headers[i].msg_len, &e))
                                fn(&e, userdata);
        }
}
