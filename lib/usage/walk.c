/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/walk.h"

#include <errno.h>

#include "base/text.h"
#include "usage/stat-file.h"

void names_done(struct names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->items[i]);
        free(names->items);
}

int names_add(const char *name, void *userdata)
{
        struct names *names = userdata;

        if (array_grow(&names->items, &names->allocated, names->n + 1, sizeof(char *)) < 0)
                return -ENOMEM;
        names->items[names->n] = strdup(name);
        return names->items[names->n] ? (names->n++, 0) : -ENOMEM;
}

static bool ends_with(const char *s, const char *end)
{
        size_t n = strlen(s), n_end = strlen(end);

        return n > n_end && streq(s + n - n_end, end);
}

static bool is_slice(const char *name)
{
        return ends_with(name, ".slice");
}

bool unit_is_group(const char *name)
{
        static const char *const kinds[] = { ".service", ".scope", ".slice",
                                             ".socket",  ".mount", ".swap" };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (ends_with(name, kinds[i]))
                        return true;
        return false;
}

const char *unit_unescape(const char *name)
{
        return name[0] == '_' ? name + 1 : name;
}

const char *walk_get_cgroup(const struct walk *w)
{
        return w->path[strlen(CGROUP_DIR)] == '/' ? w->path + strlen(CGROUP_DIR) : "/";
}

int walk_note_unreadable(struct walk *w, int error, const char *file)
{
        if (error == -ENOMEM)
                return error;
        if (w->n_unreadable++ == 0)
                w->unreadable = text_new("/%s%s: cannot be read: %s", w->path, file,
                                         stat_file_describe(error));
        return 0;
}

static void report_unreadable(struct walk *w)
{
        _cleanup_(freep) char *text = w->unreadable ? text_escape(w->unreadable) : NULL;

        if (text && w->n_unreadable > 1)
                messages_add(w->problems, "%s (and %zu other control groups)", text,
                             w->n_unreadable - 1);
        else if (text)
                messages_add(w->problems, "%s", text);
        free(w->unreadable);
}

static int walk_into(struct walk *w, const char *name, const char *outer, struct usage_user *below,
                     walk_fn enter)
{
        size_t before = w->length;
        int n = snprintf(w->path + before, sizeof(w->path) - before, "/%s", name);
        int r;

        if (n < 0 || (size_t)n >= sizeof(w->path) - before - strlen(STAT_FILE)) {
                w->path[before] = '\0';
                return walk_note_unreadable(w, -ENAMETOOLONG, "");
        }
        w->length += (size_t)n;
        r = enter(w, w->path + before + 1, outer, below);
        w->length = before;
        w->path[before] = '\0';
        return r;
}

int walk_down(struct walk *w, const char *outer, struct usage_user *below, walk_fn enter)
{
        struct names names = { 0 };
        int r = sysroot_list_directories(w->root, w->path, names_add, &names);

        if (r < 0)
                r = sysroot_is_absent(r) ? 0 : walk_note_unreadable(w, r, "");
        for (size_t i = 0; r == 0 && i < names.n; i++)
                if (!outer || unit_is_group(names.items[i]))
                        r = walk_into(w, names.items[i], outer, below, enter);
        names_done(&names);
        return r;
}

const char *walk_find_outer(const char *name, const char *outer)
{
        return outer ?: name && unit_is_group(name) && !is_slice(name) ? name : NULL;
}

int walk_start(struct walk *w, struct sysroot *root, struct messages *problems, walk_fn enter)
{
        int r;

        w->root = root;
        w->problems = problems;
        strcpy(w->path, CGROUP_DIR);
        w->length = strlen(CGROUP_DIR);
        r = enter(w, "", NULL, NULL);
        report_unreadable(w);
        return r;
}

int cgroups_check(struct sysroot *root)
{
        char line[4096], *rest = line, *name;
        int r = sysroot_read_line(root, CGROUP_DIR "/cgroup.controllers", line, sizeof(line));

        if (r < 0)
                return sysroot_is_absent(r) ? -EOPNOTSUPP : r;
        while ((name = strsep(&rest, " ")))
                if (streq(name, "memory"))
                        return 0;
        return -EOPNOTSUPP;
}

int cgroups_explain(struct messages *errors, const char *cgroup, int error)
{
        _cleanup_(freep) char *text = text_escape(cgroup);

        if (!text || error == -ENOMEM)
                return -ENOMEM;
        if (error == -EOPNOTSUPP)
                messages_add(errors, "/" CGROUP_DIR ": expected control groups of version 2 with "
                                     "the memory controller");
        else if (sysroot_is_absent(error))
                messages_add(errors,
                             "%s: there is no such control group below /" CGROUP_DIR
                             ", it has ended, or it has no memory controller",
                             text);
        else
                messages_add(errors, "/" CGROUP_DIR "%s" STAT_FILE ": cannot be read: %s", text,
                             stat_file_describe(error));
        return error;
}
