/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/unit.h"

#include <errno.h>

#define CGROUP_DIR "sys/fs/cgroup"
#define HYBRID_DIR CGROUP_DIR "/unified" /* where version 1 is in use as well */
#define PROCESSES  "cgroup.procs"

static const char *const suffixes[] = { ".service", ".scope",  ".slice",    ".socket",
                                        ".mount",   ".swap",   ".timer",    ".path",
                                        ".target",  ".device", ".automount" };

char *unit_complete_name(const char *name)
{
        size_t n = strlen(name);

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                size_t k = strlen(suffixes[i]);

                if (n > k && streq(name + n - k, suffixes[i]))
                        return strdup(name);
        }
        return text_new("%s.service", name);
}

/* Directories yet to be visited, each below one that was. */
struct paths {
        char **items;
        size_t n, allocated;
        const char *parent; /* of what is listed now */
};

static int add_path(struct paths *p, char *path)
{
        if (!path || array_grow(&p->items, &p->allocated, p->n + 1, sizeof(*p->items)) < 0) {
                free(path);
                return -ENOMEM;
        }
        p->items[p->n++] = path;
        return 0;
}

static void paths_done(struct paths *p)
{
        for (size_t i = 0; i < p->n; i++)
                free(p->items[i]);
        free(p->items);
}

/* Files too: whether it is a directory is seen when it is listed. But those of the kernel's
 * interface are left out by their names. */
static int add_entry(const char *name, void *userdata)
{
        struct paths *p = userdata;

        if (startswith(name, "cgroup.") || startswith(name, "memory.") ||
            startswith(name, "cpu.") || startswith(name, "io."))
                return 0;
        return add_path(p, text_new("%s/%s", p->parent, name));
}

/* Breadth first; called for each directory. */
typedef int (*visit_fn)(struct sysroot *root, const char *path, void *userdata);

static int walk(struct sysroot *root, const char *top, visit_fn visit, void *userdata)
{
        struct paths paths = { 0 };
        int r = add_path(&paths, strdup(top));

        for (size_t i = 0; r == 0 && i < paths.n; i++) {
                paths.parent = paths.items[i];
                r = sysroot_list(root, paths.parent, add_entry, &paths);
                if (r == 0)
                        r = visit(root, paths.items[i], userdata);
                else if (r != -ENOMEM)
                        r = 0; /* a file, or gone */
        }
        paths_done(&paths);
        return r;
}

struct search {
        const char *name;
        struct paths found;
};

/* systemd puts "_" before a name that the kernel could use itself. */
static int match(struct sysroot *root, const char *path, void *userdata)
{
        struct search *s = userdata;
        const char *last = last_component(path);

        if (!streq(last, s->name) && !(*last == '_' && streq(last + 1, s->name)))
                return 0;
        return add_path(&s->found, strdup(path));
}

static const char *find_top(struct sysroot *root)
{
        char text[16];

        return sysroot_is_absent(sysroot_read(root, HYBRID_DIR "/cgroup.procs", text, sizeof(text)))
                       ? CGROUP_DIR
                       : HYBRID_DIR;
}

int unit_find(struct sysroot *root, const char *name, struct messages *errors, char **ret)
{
        struct search s = { .name = name };
        int r = walk(root, find_top(root), match, &s);

        if (r == 0 && s.found.n == 0) {
                messages_add(errors, "no unit %s is running: /" CGROUP_DIR " has no group of it",
                             name);
                r = -ENOENT;
        } else if (r == 0 && s.found.n > 1) {
                messages_add(errors,
                             "several units %s are running: /%s, /%s. Give the number of a process",
                             name, s.found.items[0], s.found.items[1]);
                r = -EEXIST;
        } else if (r == 0) {
                *ret = TAKE_PTR(s.found.items[0]);
        }
        paths_done(&s.found);
        return r;
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

static int add_processes(struct sysroot *root, const char *path, void *userdata)
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
                        r = add_pid(userdata, (pid_t)pid);
                if (r < 0)
                        return r;
        }
        return 0;
}

int unit_add_processes(struct sysroot *root, const char *path, pid_t **pids, size_t *n,
                       size_t *allocated)
{
        return walk(root, path, add_processes, &(struct pids){ pids, n, allocated });
}

/* "0::/system.slice/foo.service": the one line of version 2 */
#define VERSION_2 "0::"

bool unit_has_process(struct sysroot *root, const char *path, pid_t pid)
{
        const char *below = startswith(path, HYBRID_DIR) ?: startswith(path, CGROUP_DIR);
        _cleanup_(freep) char *text = NULL;
        char *rest, *line;

        if (!below || sysroot_read_allocf(root, &text, "proc/%d/cgroup", (int)pid) < 0)
                return false;
        rest = text;
        while ((line = strsep(&rest, "\n"))) {
                const char *group = startswith(line, VERSION_2);
                const char *deeper = group ? startswith(group, below) : NULL;

                if (deeper && (*deeper == '\0' || *deeper == '/'))
                        return true;
        }
        return false;
}
