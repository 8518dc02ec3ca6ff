/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>

#include "facts/health.h"

/* A reading that may itself hang is of no use here: no file is read that takes a lock which a
 * stuck task may hold. "cmdline" and "environ" are such files (mmap_lock). "stat" and "wchan" are
 * not. "stack" waits for a task that is in execve(2) (fs/proc/base.c:lock_trace), so it is read
 * only where wchan says that the task is elsewhere. */

#define STAT_SIZE     1024
#define PID_MAX_LIMIT (4U << 20) /* include/linux/threads.h */

struct function {
        const char *name;
        enum hotplug_wait wait;
};

/* Functions in which a task that has to do with memory hotplug is seen to wait. */
static const struct function functions[] = {
        { "nodelist_show", WAIT_NODELIST },
        { "kernfs_drain", WAIT_DRAIN },
        { "lock_device_hotplug", WAIT_LOCK },
        { "mem_hotplug_begin", WAIT_LOCK },
        { "get_online_mems", WAIT_LOCK },
        { "clear_node_memory_tier", WAIT_HOTPLUG },
        { "memtier_hotplug_callback", WAIT_HOTPLUG },
        { "offline_pages", WAIT_HOTPLUG },
        { "online_pages", WAIT_HOTPLUG },
        { "memory_block_offline", WAIT_HOTPLUG },
        { "memory_block_online", WAIT_HOTPLUG },
        { "memory_subsys_offline", WAIT_HOTPLUG },
        { "memory_subsys_online", WAIT_HOTPLUG },
        { "offline_and_remove_memory", WAIT_HOTPLUG },
        { "try_remove_memory", WAIT_HOTPLUG },
        { "add_memory_resource", WAIT_HOTPLUG },
};

/* Where such a task may also wait, as others do, and where execve(2) does not: then the stack
 * says which it is. */
static const char *const elsewhere[] = {
        "__flush_work",
        "__synchronize_srcu",
        "__wait_rcu_gp",
        "kernfs_drain",
        "msleep",
        "percpu_rwsem_wait",
        "rcu_barrier",
        "synchronize_rcu",
        "synchronize_rcu_expedited",
        "wait_for_completion",
};

/* Without what the compiler appends to a name: ".isra.0". */
static bool is_function(const char *text, size_t length, const char *name)
{
        const char *dot = memchr(text, '.', length);
        size_t n = dot ? (size_t)(dot - text) : length;

        return strlen(name) == n && memcmp(text, name, n) == 0;
}

static const struct function *find_function(const char *text, size_t length)
{
        for (size_t i = 0; i < ELEMENTSOF(functions); i++)
                if (is_function(text, length, functions[i].name))
                        return &functions[i];
        return NULL;
}

static bool may_read_stack(const char *wchan)
{
        for (size_t i = 0; i < ELEMENTSOF(elsewhere); i++)
                if (is_function(wchan, strlen(wchan), elsewhere[i]))
                        return true;
        return false;
}

/* The first function of a stack that says what the task does. A line of it:
 * "[<0>] kernfs_drain+0x12c/0x150". */
static const struct function *search_stack(const char *stack, const struct function *but)
{
        for (const char *line = stack; line; line = strchr(line, '\n')) {
                const struct function *f;
                const char *name;

                line += *line == '\n';
                name = strstr(line, "] ");
                if (!name)
                        break;
                name += 2;
                f = find_function(name, strcspn(name, "+/ \n"));
                if (f && f != but)
                        return f;
        }
        return NULL;
}

struct task_search {
        struct sysroot *root;
        struct health *health;
        size_t allocated;
        unsigned pid;
};

/* What a task in wchan has to do with memory hotplug, or NULL: nothing. Files of sysfs are removed
 * for many reasons: kernfs_drain counts if the stack names the reason or cannot be read. */
static const struct function *find_wait(struct task_search *s, unsigned tid, const char *wchan)
{
        const struct function *f = find_function(wchan, strlen(wchan)), *below;
        _cleanup_(freep) char *stack = NULL;

        if (f && f->wait != WAIT_DRAIN)
                return f;
        if (!may_read_stack(wchan) ||
            sysroot_read_allocf(s->root, &stack, "proc/%u/task/%u/stack", s->pid, tid) < 0)
                return f;
        below = search_stack(stack, f);
        return below ? f ?: below : NULL;
}

static int add_task(struct task_search *s, const struct waiting_task *task)
{
        struct health *h = s->health;

        if (array_grow(&h->tasks, &s->allocated, h->n_tasks + 1, sizeof(*h->tasks)) < 0)
                return -ENOMEM;
        h->tasks[h->n_tasks++] = *task;
        return 0;
}

/* "123 (comm) D ...": comm may hold anything, and is shown on a terminal. */
static bool parse_stat(const char *stat, struct waiting_task *task)
{
        const char *start = strchr(stat, '('), *end = strrchr(stat, ')');

        if (!start || !end || end < start || end[1] != ' ')
                return false;
        (void)snprintf(task->comm, sizeof(task->comm), "%.*s", (int)(end - start - 1), start + 1);
        for (char *c = task->comm; *c; c++)
                if (iscntrl((unsigned char)*c))
                        *c = '?';
        return end[2] == 'D';
}

static int note_thread(const char *name, void *userdata)
{
        struct task_search *s = userdata;
        struct waiting_task task = { 0 };
        const struct function *f;
        char stat[STAT_SIZE], wchan[sizeof(task.function)];

        if (parse_unsigned(name, PID_MAX_LIMIT, &task.pid) < 0 ||
            sysroot_readf(s->root, stat, sizeof(stat), "proc/%u/task/%u/stat", s->pid, task.pid) <
                    0 ||
            !parse_stat(stat, &task))
                return 0;
        if (sysroot_read_linef(s->root, wchan, sizeof(wchan), "proc/%u/task/%u/wchan", s->pid,
                               task.pid) < 0)
                wchan[0] = '\0';
        if (!isalpha((unsigned char)wchan[0]) && wchan[0] != '_') { /* "0": that is not for us */
                s->health->n_hidden_tasks++;
                return 0;
        }
        f = find_wait(s, task.pid, wchan);
        if (!f)
                return 0;
        task.wait = f->wait;
        (void)snprintf(task.function, sizeof(task.function), "%s", f->name);
        return add_task(s, &task);
}

static int note_process(const char *name, void *userdata)
{
        struct task_search *s = userdata;

        if (!isdigit((unsigned char)name[0]) || parse_unsigned(name, PID_MAX_LIMIT, &s->pid) < 0)
                return 0;
        return sysroot_listf(s->root, note_thread, s, "proc/%u/task", s->pid) == -ENOMEM ? -ENOMEM
                                                                                         : 0;
}

static int compare_tasks(const void *a, const void *b)
{
        const struct waiting_task *x = a, *y = b;

        return (x->pid > y->pid) - (x->pid < y->pid);
}

int health_read_tasks(struct sysroot *root, struct health *h)
{
        struct task_search s = { .root = root, .health = h };

        free(h->tasks);
        h->tasks = NULL;
        h->n_tasks = 0;
        h->n_hidden_tasks = 0;
        if (sysroot_list(root, "proc", note_process, &s) == -ENOMEM)
                return -ENOMEM;
        if (h->n_tasks > 0)
                qsort(h->tasks, h->n_tasks, sizeof(*h->tasks), compare_tasks);
        return 0;
}

static bool has_task(const struct waiting_task *tasks, size_t n, const struct waiting_task *task)
{
        for (size_t i = 0; i < n; i++)
                if (tasks[i].pid == task->pid && tasks[i].wait == task->wait)
                        return true;
        return false;
}

int health_read_tasks_again(struct sysroot *root, struct health *h)
{
        _cleanup_(freep) struct waiting_task *before = TAKE_PTR(h->tasks);
        size_t n_before = h->n_tasks, n = 0;
        int r = health_read_tasks(root, h);

        for (size_t i = 0; i < h->n_tasks; i++)
                if (has_task(before, n_before, &h->tasks[i]))
                        h->tasks[n++] = h->tasks[i];
        h->n_tasks = n;
        return r;
}
