/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/unit.h"

#include <errno.h>

#define CGROUP_DIR "sys/fs/cgroup"
#define PROCESSES  "cgroup.procs"

/* Groups yet to be visited, each below one that was. */
struct groups {
        char **items;
        size_t n, allocated;
        const char *parent; /* of what is listed now */
};

static int add_group(struct groups *g, char *path)
{
        if (!path || array_grow(&g->items, &g->allocated, g->n + 1, sizeof(*g->items)) < 0) {
                free(path);
                return -ENOMEM;
        }
        g->items[g->n++] = path;
        return 0;
}

static int add_entry(const char *name, void *userdata)
{
        struct groups *g = userdata;

        return add_group(g, text_new("%s/%s", g->parent, name));
}

struct pids {
        pid_t **items;
        size_t *n, *allocated;
};

static int add_pid(struct pids *p, pid_t pid)
{
        int r = array_grow(p->items, p->allocated, *p->n + 1, sizeof(**p->items));

        if (r == 0)
                (*p->items)[(*p->n)++] = pid;
        return r;
}

static int add_processes(struct sysroot *root, const char *path, struct pids *pids)
{
        _cleanup_(freep) char *file = text_new("%s/" PROCESSES, path);
        _cleanup_(freep) char *text = NULL;
        char *rest, *line;
        int r;

        if (!file)
                return -ENOMEM;
        r = sysroot_read_alloc(root, file, &text);
        if (r < 0) /* a threaded group: its processes are in one above */
                return r == -ENOMEM ? r : 0;
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
                unsigned pid;

                /* 0: a process of another PID namespace */
                if (parse_unsigned(line, INT32_MAX, &pid) == 0 && pid > 0)
                        r = add_pid(pids, (pid_t)pid);
                if (r < 0)
                        return r;
        }
        return 0;
}

int unit_add_processes(struct sysroot *root, const char *group, pid_t **pids, size_t *n,
                       size_t *allocated)
{
        struct pids found = { pids, n, allocated };
        struct groups groups = { 0 };
        int r = add_group(&groups, text_new(CGROUP_DIR "%s", group));

        for (size_t i = 0; r == 0 && i < groups.n; i++) {
                groups.parent = groups.items[i];
                r = sysroot_list_directories(root, groups.parent, add_entry, &groups);
                if (r != -ENOMEM) /* or it is gone */
                        r = add_processes(root, groups.items[i], &found);
        }
        for (size_t i = 0; i < groups.n; i++)
                free(groups.items[i]);
        free(groups.items);
        return r;
}

/* "0::/system.slice/foo.service": the one line of version 2 */
#define VERSION_2 "0::"

bool unit_has_process(struct sysroot *root, const char *group, pid_t pid)
{
        _cleanup_(freep) char *text = NULL;
        char *rest, *line;

        if (sysroot_read_allocf(root, &text, "proc/%d/cgroup", (int)pid) < 0)
                return false;
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
                const char *found = startswith(line, VERSION_2);
                const char *deeper = found ? startswith(found, group) : NULL;

                if (deeper && (*deeper == '\0' || *deeper == '/'))
                        return true;
        }
        return false;
}
