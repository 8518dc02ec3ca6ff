/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>

#include "facts/numa-maps.h"
#include "usage/list.h"

#define PATH_SIZE  64
#define PF_KTHREAD 0x00200000U /* include/linux/sched.h */
#define STAT_SIZE  1024
#define NO_PROCESS "there is no such process"
#define HAS_ENDED  "it ended while it was read"

struct reading {
        struct usage_nodes *nodes;
        struct numa_map map;
        bool has_bad_line;
};

/* Of a private mapping of a file, some pages are copies, and so anonymous: the file says how many,
 * but not on which nodes. They are taken to be spread as all its pages are; rounded so that the sum
 * is right. */
static int add_map(const struct numa_map *m, struct usage_nodes *nodes)
{
        uint64_t anon = m->anon, pages = m->pages;

        for (size_t i = 0; i < m->n_nodes; i++) {
                struct usage_amount *a = usage_nodes_get(nodes, m->nodes[i].node);
                uint64_t here = m->nodes[i].pages, page = m->page_kib * UINT64_C(1024);
                uint64_t copies =
                        pages > 0 ? (uint64_t)((unsigned __int128)here * anon / pages) : 0;

                if (__builtin_add_overflow(a->anon, copies * page, &a->anon) ||
                    __builtin_add_overflow(a->file, (here - copies) * page, &a->file))
                        return -EBADMSG;
                anon -= copies;
                pages -= here;
        }
        return 0;
}

static int add_lines(const char *text, size_t size, void *userdata)
{
        struct reading *reading = userdata;
        const char *at = text;
        int r;

        while ((r = numa_maps_next(&at, text + size, &reading->map)) != 0)
                if (r < 0 || add_map(&reading->map, reading->nodes) < 0)
                        reading->has_bad_line = true;
        return 0;
}

static int read_maps(struct sysroot *root, pid_t pid, struct reading *reading)
{
        char path[PATH_SIZE];
        int r;

        snprintf(path, sizeof(path), "proc/%ld/numa_maps", (long)pid);
        usage_nodes_clear(reading->nodes);
        reading->has_bad_line = false;
        r = sysroot_scan(root, path, add_lines, reading);
        return r == 0 && reading->has_bad_line ? -EBADMSG : r;
}

struct process {
        char state;
        bool is_kernel_thread;
        unsigned threads;
};

/* "7 (my cmd) S 1 7 7 0 -1 4194560 ...": what is in the brackets may be anything. */
static int read_process(struct sysroot *root, pid_t pid, struct process *ret)
{
        char line[STAT_SIZE], path[PATH_SIZE];
        const char *rest;
        unsigned flags;
        ssize_t n;
        int read;

        snprintf(path, sizeof(path), "proc/%ld/stat", (long)pid);
        n = sysroot_read(root, path, line, sizeof(line));
        if (n < 0)
                return (int)n;
        rest = memrchr(line, ')', (size_t)n);
        ret->threads = 1;
        read = rest ? sscanf(rest + 1,
                             " %c %*d %*d %*d %*d %*d %u"
                             " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %u",
                             &ret->state, &flags, &ret->threads)
                    : 0;
        if (read < 2)
                return -EBADMSG;
        ret->is_kernel_thread = flags & PF_KTHREAD;
        return 0;
}

/* Of all processes. */
struct listing {
        struct sysroot *root;
        struct usage_builder builder;
        struct reading reading;
        size_t n_read, n_absent, n_refused, n_unreadable;
        pid_t refused, unreadable; /* the first */
        int refused_error, error;
};

static bool is_gone(int error)
{
        return error == -ESRCH || sysroot_is_absent(error);
}

static void note_failure(struct listing *l, pid_t pid, int error)
{
        if (is_gone(error)) {
                l->n_absent += error == -ENOENT;
        } else if (error == -EACCES || error == -EPERM) {
                if (l->n_refused++ == 0) {
                        l->refused = pid;
                        l->refused_error = error;
                }
        } else if (l->n_unreadable++ == 0) {
                l->unreadable = pid;
                l->error = error;
        }
}

/* That which ps(1) prints. */
int usage_read_name(struct sysroot *root, pid_t pid, char **ret)
{
        char name[64], path[PATH_SIZE];
        ssize_t n;

        snprintf(path, sizeof(path), "proc/%ld/comm", (long)pid);
        n = sysroot_read(root, path, name, sizeof(name));
        if (n < 0)
                return (int)n;
        if (n > 0 && name[n - 1] == '\n')
                name[n - 1] = '\0';
        *ret = strdup(name);
        return *ret ? 0 : -ENOMEM;
}

/* 0; -ENOMEM; -ESRCH: the process has ended. A name that cannot be read is left out. */
static int set_name(struct sysroot *root, struct usage_user *u)
{
        int r = u->name ? 0 : usage_read_name(root, u->pid, &u->name);

        if (r < 0 && r != -ENOMEM)
                r = is_gone(r) ? -ESRCH : 0;
        return r;
}

static int add_process(struct listing *l, pid_t pid)
{
        struct usage_user *u;
        int r = read_maps(l->root, pid, &l->reading);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                note_failure(l, pid, r);
                return 0;
        }
        l->n_read++;
        u = usage_sum_up(l->reading.nodes, l->builder.tiers);
        if (!u)
                return -ENOMEM;
        u->pid = pid;
        r = l->builder.order->key == USAGE_BY_NAME ? set_name(l->root, u) : 0;
        if (r == 0)
                return usage_builder_add(&l->builder, u);
        usage_user_free(u);
        return r == -ENOMEM ? r : 0;
}

static int visit(const char *name, void *userdata)
{
        unsigned pid;

        if (!isdigit((unsigned char)name[0]) || parse_unsigned(name, INT32_MAX, &pid) < 0)
                return 0;
        return add_process(userdata, (pid_t)pid);
}

/* Names are read at the end, of those that are shown. */
static int read_names(struct listing *l)
{
        struct usage_list *list = l->builder.list;
        size_t i = 0;

        while (i < list->n) {
                int r = set_name(l->root, list->users[i]);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        usage_builder_drop(&l->builder, i);
                else
                        i++;
        }
        return 0;
}

static void report(const struct listing *l, struct messages *problems)
{
        if (l->n_refused > 0)
                messages_add(
                        problems,
                        "/proc/%ld/numa_maps: %s: %zu process%s of other users cannot be read; "
                        "run this as root",
                        (long)l->refused, strerror(-l->refused_error), l->n_refused,
                        l->n_refused == 1 ? "" : "es");
        if (l->n_unreadable > 0)
                messages_add(
                        problems, "/proc/%ld/numa_maps: %s (%zu process%s)", (long)l->unreadable,
                        l->error == -EBADMSG ? "a line is not as expected" : strerror(-l->error),
                        l->n_unreadable, l->n_unreadable == 1 ? "" : "es");
}

/* There are processes, but none has the file. */
static int check_any(const struct listing *l)
{
        if (l->n_read + l->n_refused + l->n_unreadable > 0)
                return 0;
        return l->n_absent > 0 ? -EOPNOTSUPP : -ENOENT;
}

int usage_list_processes(struct sysroot *root, const struct usage_tiers *tiers,
                         const struct usage_order *order, struct messages *problems,
                         struct usage_list **ret)
{
        struct listing *l = calloc(1, sizeof(*l));
        int r = -ENOMEM;

        if (!l)
                return r;
        l->root = root;
        l->reading.nodes = malloc(sizeof(*l->reading.nodes));
        if (l->reading.nodes)
                r = usage_builder_start(&l->builder, tiers, order);
        if (r == 0)
                r = sysroot_list(root, "proc", visit, l);
        if (r == 0)
                r = check_any(l);
        if (r == 0) {
                usage_builder_sort(&l->builder);
                r = read_names(l);
        }
        if (r == 0) {
                report(l, problems);
                l->builder.list->users_overlap = true;
                *ret = TAKE_PTR(l->builder.list);
        }
        usage_builder_done(&l->builder);
        free(l->reading.nodes);
        free(l);
        return r;
}

static int refuse(struct messages *errors, pid_t pid, int error, const char *why)
{
        messages_add(errors, "process %ld: %s", (long)pid, why);
        return error;
}

/* Why a process has no mappings, or no file of them. 0: there is no reason. */
static int explain_absence(struct sysroot *root, pid_t pid, bool has_file, struct messages *errors)
{
        struct process p;
        int r = read_process(root, pid, &p);

        if (r < 0)
                return refuse(errors, pid, -ESRCH, has_file ? HAS_ENDED : NO_PROCESS);
        if (p.is_kernel_thread)
                return refuse(errors, pid, -EINVAL,
                              "it is a kernel thread, which has no memory of its own");
        if (p.state == 'Z' && p.threads > 1)
                return refuse(errors, pid, -ESRCH,
                              "its first thread has ended: expected "
                              "the number of another one, from /proc/PID/task");
        if (p.state == 'Z' || p.state == 'X')
                return refuse(errors, pid, -ESRCH, "it has ended, and waits for its parent");
        if (!has_file)
                return refuse(errors, pid, -EOPNOTSUPP,
                              "this kernel has no /proc/PID/numa_maps (CONFIG_NUMA)");
        return 0;
}

static int explain_error(pid_t pid, int error, struct messages *errors)
{
        if (error == -EACCES || error == -EPERM)
                messages_add(errors,
                             "/proc/%ld/numa_maps: %s: expected the user of that process, or root "
                             "(CAP_SYS_PTRACE)",
                             (long)pid, strerror(-error));
        else
                messages_add(errors, "/proc/%ld/numa_maps: %s", (long)pid,
                             error == -EBADMSG ? "a line is not as expected" : strerror(-error));
        return error;
}

/* The file of a process that ends is shorter, without an error: so it is asked for again, after. */
int usage_read_process(struct sysroot *root, pid_t pid, struct messages *errors,
                       struct usage_nodes *ret)
{
        struct reading *reading = malloc(sizeof(*reading));
        int r, absence;

        if (!reading)
                return -ENOMEM;
        reading->nodes = ret;
        r = read_maps(root, pid, reading);
        free(reading);
        if (r == -ENOMEM)
                return r;
        if (r < 0 && !is_gone(r))
                return explain_error(pid, r, errors);
        absence = explain_absence(root, pid, r != -ENOENT, errors);
        return absence < 0 || r == 0 ? absence : refuse(errors, pid, r, HAS_ENDED);
}
