/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "usage/list.h"
#include "usage/stat-file.h"
#include "usage/walk.h"

struct collection {
        struct usage_builder builder;
        struct usage_nodes *nodes;
        struct stat_file file;
};

/* "cron.service", "user@1000.service/init.scope" (of a user's manager), "/docker/1234" */
static char *make_name(const struct walk *w, const char *name, const char *outer)
{
        if (!unit_is_group(name))
                return strdup(walk_get_cgroup(w));
        if (!outer)
                return strdup(unit_unescape(name));
        return text_new("%.*s/%s", (int)strcspn(outer, "/"), unit_unescape(outer),
                        unit_unescape(name));
}

/* NULL in *ret: this group has no such file, or cannot be read now. */
static int read_whole(struct walk *w, struct usage_user **ret)
{
        struct collection *c = w->userdata;
        int r;

        memcpy(w->path + w->length, STAT_FILE, sizeof(STAT_FILE));
        r = stat_file_read(&c->file, w->root, w->path, c->nodes);
        w->path[w->length] = '\0';
        *ret = NULL;
        if (r < 0)
                return sysroot_is_absent(r) ? 0 : walk_note_unreadable(w, r, STAT_FILE);
        *ret = usage_sum_up(c->nodes, c->builder.tiers);
        return *ret ? 0 : -ENOMEM;
}

static int add_group(struct walk *w, struct usage_user *u, const char *name, const char *outer)
{
        struct collection *c = w->userdata;

        u->name = make_name(w, name, outer);
        u->cgroup = strdup(walk_get_cgroup(w));
        if (!u->name || !u->cgroup) {
                usage_user_free(u);
                return -ENOMEM;
        }
        return usage_builder_add(&c->builder, u);
}

/* memory.numa_stat has what the groups below have, too: they are read after it, and taken off. */
static int collect(struct walk *w, const char *name, const char *outer, struct usage_user *below)
{
        const struct collection *c = w->userdata;
        const struct usage_tiers *tiers = c->builder.tiers;
        _cleanup_(usage_user_freep) struct usage_user *own = NULL, *within = usage_user_new(tiers);
        int r;

        if (!within)
                return -ENOMEM;
        r = read_whole(w, &own);
        if (r == 0)
                r = walk_down(w, walk_find_outer(name, outer), within, collect);
        if (r < 0)
                return r;
        if (below)
                usage_user_add(below, own ?: within, tiers);
        if (!own)
                return 0;
        usage_user_subtract(own, within, tiers);
        return add_group(w, TAKE_PTR(own), name, outer);
}

int usage_list_cgroups(struct sysroot *root, const struct usage_tiers *tiers,
                       const struct usage_order *order, struct messages *problems,
                       struct usage_list **ret)
{
        struct collection c = { .nodes = malloc(sizeof(*c.nodes)) };
        struct walk w = { .userdata = &c };
        int r;

        r = c.nodes ? cgroups_check(root) : -ENOMEM;
        if (r == 0)
                r = usage_builder_start(&c.builder, tiers, order);
        if (r == 0)
                r = walk_start(&w, root, problems, collect);
        if (r == 0) {
                usage_builder_sort(&c.builder);
                c.builder.list->has_kernel = true;
                *ret = TAKE_PTR(c.builder.list);
        }
        usage_builder_done(&c.builder);
        free(c.file.text);
        free(c.nodes);
        return r;
}
/* Whether a path leaves the directory of groups. */
static bool leaves(const char *cgroup)
{
        for (const char *at = strstr(cgroup, ".."); at; at = strstr(at + 2, ".."))
                if ((at == cgroup || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
                        return true;
        return false;
}

int usage_read_cgroup(struct sysroot *root, const char *cgroup, struct messages *errors,
                      struct usage_nodes *ret)
{
        const char *slash = cgroup[0] == '/' ? "" : "/";
        bool is_root = cgroup[strspn(cgroup, "/")] == '\0';
        struct stat_file f = { 0 };
        char path[PATH_MAX];
        int r = cgroups_check(root), n;

        if (is_root)
                cgroup = slash = "";
        n = snprintf(path, sizeof(path), CGROUP_DIR "%s%s" STAT_FILE, slash, cgroup);
        if (r == 0 && (n < 0 || (size_t)n >= sizeof(path)))
                r = -ENAMETOOLONG;
        if (r == 0 && leaves(cgroup))
                r = -ENOENT;
        if (r == 0)
                r = stat_file_read(&f, root, path, ret);
        free(f.text);
        if (is_root && sysroot_is_absent(r)) {
                messages_add(errors, "/: expected a control group below the root, which has no "
                                     "memory.numa_stat");
                return r;
        }
        return r < 0 ? cgroups_explain(errors, cgroup, r) : 0;
}
