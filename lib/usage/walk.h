/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A walk over all control groups below /sys/fs/cgroup. For the files of this directory. */

#include <limits.h>

#include "usage/usage.h"

#define CGROUP_DIR "sys/fs/cgroup"
#define STAT_FILE  "/memory.numa_stat"

struct names {
        char **items;
        size_t n, allocated;
};

int names_add(const char *name, void *names); /* a copy: 0 or -ENOMEM */
void names_done(struct names *names);

/* Those kinds of units that have processes, and so a group. */
bool unit_is_group(const char *name);

/* systemd puts a _ before names that could be files of the kernel (cg_escape()). */
const char *unit_unescape(const char *name);

struct walk {
        struct sysroot *root;
        char path[PATH_MAX]; /* of the group, below the root */
        size_t length;
        struct messages *problems;
        size_t n_unreadable;
        char *unreadable; /* the first, and why */
        void *userdata;
};

/* Gets each group. name: the last part of its path. outer: the unit around it, or NULL. below: of
 * its caller. Groups within it are entered by walk_down(). */
typedef int (*walk_fn)(struct walk *w, const char *name, const char *outer,
                       struct usage_user *below);

/* Enters the root, which has no name. What could not be read is reported in problems, once. 0,
 * -ENOMEM or what enter returned. */
int walk_start(struct walk *w, struct sysroot *root, struct messages *problems, walk_fn enter);

/* Enters the groups in this one. Within a unit only other units count: a unit may make groups of
 * its own, which are a part of it. */
int walk_down(struct walk *w, const char *outer, struct usage_user *below, walk_fn enter);

/* The unit around the groups in this one: slices do not count. */
const char *walk_find_outer(const char *name, const char *outer);

/* The path of the group as people know it: "/system.slice/cron.service". */
const char *walk_get_cgroup(const struct walk *w);

/* 0, or -ENOMEM if that was it. */
int walk_note_unreadable(struct walk *w, int error, const char *file);

/* Whether there are groups of version 2 with the memory controller: 0, -EOPNOTSUPP, or what reading
 * that says. */
int cgroups_check(struct sysroot *root);

/* Says in errors what an error with a group means, and returns it. */
int cgroups_explain(struct messages *errors, const char *cgroup, int error);
