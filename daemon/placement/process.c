/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

#define MEMORY_FIELD "\nMems_allowed_list:"
/* include/linux/sched.h:PF_KTHREAD */
#define FLAG_KERNEL 0x00200000ULL
/* The fields after the name: state, ppid, pgrp, session, tty, tpgid, flags. */
#define FLAGS_FIELD 7
#define END_MSEC    1000

static void copy_name(const char *from, size_t n, char name[static PROCESS_NAME_MAX])
{
        if (n >= PROCESS_NAME_MAX)
                n = PROCESS_NAME_MAX - 1;
        for (size_t i = 0; i < n; i++)
                name[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
        name[n] = '\0';
}

/* The name may hold anything, also parentheses. */
int process_parse_stat(const char *text, char name[static PROCESS_NAME_MAX], bool *ret_kernel,
                       bool *ret_zombie)
{
        const char *open = strchr(text, '('), *close = strrchr(text, ')'), *at = close;
        unsigned long long flags;
        char *end;

        if (!open || !close || close < open)
                return -EBADMSG;
        for (int i = 0; i < FLAGS_FIELD; i++) {
                at = strchr(at + 1, ' ');
                if (!at)
                        return -EBADMSG;
        }
        flags = strtoull(at + 1, &end, 10);
        if (end == at + 1)
                return -EBADMSG;
        copy_name(open + 1, (size_t)(close - open) - 1, name);
        *ret_zombie = close[1] == ' ' && close[2] == 'Z';
        *ret_kernel = (flags & FLAG_KERNEL) != 0;
        return 0;
}

int process_parse_memory(const char *text, struct nodeset *ret)
{
        _cleanup_(freep) char *list = NULL;
        const char *at = strstr(text, MEMORY_FIELD);

        if (!at)
                return -EBADMSG;
        at += strlen(MEMORY_FIELD);
        at += strspn(at, " \t");
        list = strndup(at, strcspn(at, "\n"));
        if (!list)
                return -ENOMEM;
        return nodeset_parse(list, ret) < 0 ? -EBADMSG : 0;
}

static int read_stat(struct sysroot *root, pid_t pid, struct process *p, bool *ret_kernel,
                     bool *ret_zombie)
{
        char text[1024];
        ssize_t n = sysroot_readf(root, text, sizeof(text), "proc/%d/stat", (int)pid);

        return n < 0 ? (int)n : process_parse_stat(text, p->name, ret_kernel, ret_zombie);
}

static int read_memory(struct sysroot *root, pid_t pid, struct nodeset *ret)
{
        _cleanup_(freep) char *text = NULL;
        int r = sysroot_read_allocf(root, &text, "proc/%d/status", (int)pid);

        return r < 0 ? r : process_parse_memory(text, ret);
}

/* The pidfd first: what is read afterwards is of the same process as long as that lives. */
static int open_pidfd(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);

        return fd < 0 ? -errno : fd;
}

/* The system calls take the number in the namespace of this program, and /proc may be mounted for
 * another one. A pidfd says by which number /proc has its process; -1: it has ended. */
static int check_namespace(struct sysroot *root, const struct process *p, struct messages *errors)
{
        char text[1024] = "", same[32];

        (void)sysroot_readf(root, text, sizeof(text), "proc/self/fdinfo/%d", p->fd);
        snprintf(same, sizeof(same), "\nPid:\t%d\n", (int)p->pid);
        if (strstr(text, same))
                return 0;
        if (strstr(text, "\nPid:\t-1\n"))
                return -ESRCH;
        messages_add(errors,
                     "process %d: /proc does not show the process that has this number here: it is "
                     "mounted for another PID namespace",
                     (int)p->pid);
        return -EXDEV;
}

static int fail(struct messages *errors, pid_t pid, int error)
{
        if (error == -ESRCH || error == -ENOENT) {
                messages_add(errors, "there is no process %d", (int)pid);
                return -ESRCH;
        }
        messages_add(errors, "process %d: cannot be read: %s", (int)pid, strerror(-error));
        return error;
}

int process_open(struct sysroot *root, pid_t pid, struct messages *errors, struct process *ret)
{
        struct process p = { .pid = pid, .fd = -1 };
        bool is_kernel = false, is_zombie = false;
        int r = 0;

        if (sysroot_is_live(root)) {
                p.fd = open_pidfd(pid);
                /* the latter since Linux 6.16 (kernel/fork.c:pidfd_prepare) */
                if (p.fd == -EINVAL || p.fd == -ENOENT) {
                        messages_add(errors, "%d is a thread, and not a process", (int)pid);
                        return -EINVAL;
                }
                r = p.fd < 0 ? p.fd : check_namespace(root, &p, errors);
                if (r == -EXDEV) {
                        process_close(&p);
                        return r;
                }
        }
        if (r == 0)
                r = read_stat(root, pid, &p, &is_kernel, &is_zombie);
        if (r == 0 && !is_zombie)
                r = read_memory(root, pid, &p.memory);
        if (r == 0 && is_kernel) {
                process_close(&p);
                messages_add(errors,
                             "process %d (%s) is a thread of the kernel, and has no memory of its "
                             "own",
                             (int)pid, p.name);
                return -EINVAL;
        }
        if (r == 0 && is_zombie) {
                process_close(&p);
                messages_add(errors,
                             "process %d (%s) has ended, or its first thread has: then /proc does "
                             "not show its memory",
                             (int)pid, p.name);
                return -ESRCH;
        }
        if (r < 0) {
                process_close(&p);
                return fail(errors, pid, r);
        }
        *ret = p;
        return 0;
}

void process_close(struct process *p)
{
        closep(&p->fd);
        p->fd = -1;
}

static bool has_ended(const struct process *p, int wait_msec)
{
        struct pollfd poll_fd = { .fd = p->fd, .events = POLLIN };

        return p->fd >= 0 && poll(&poll_fd, 1, wait_msec) > 0;
}

bool process_is_alive(const struct process *p)
{
        return !has_ended(p, 0);
}

bool process_is_ending(const struct process *p)
{
        return has_ended(p, END_MSEC);
}
