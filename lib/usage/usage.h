/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who uses the memory of which node: control groups of version 2 (memory.numa_stat,
 * mm/memcontrol.c) and processes (numa_maps). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "base/util.h"
#include "sysroot/sysroot.h"

/* Bytes, by what they hold. */
struct usage_amount {
        uint64_t anon;
        uint64_t file;   /* page cache, with shared memory */
        uint64_t kernel; /* page tables, slab and stacks; 0 for a process, where it is not known */
};

uint64_t usage_amount_sum(const struct usage_amount *a);

/* What one user has on each node. Large: allocate it. */
struct usage_nodes {
        struct nodeset nodes;                  /* those where it has something */
        struct usage_amount amounts[NODE_MAX]; /* not initialized for other nodes */
        bool has_kernel;
};

/* Which nodes are summed up, and which of the sums are slow tiers (view/usage.h makes it). */
struct usage_tiers {
        unsigned n;                 /* tiers, the fastest first; n stands for nodes in no tier */
        unsigned first_slow;        /* this one and those after it are slow; n: none is */
        unsigned of_node[NODE_MAX]; /* up to n */
};

struct usage_user {
        char *name;   /* "cron.service", "/kubepods/pod1", or of a process its command. Any bytes */
        char *cgroup; /* "/system.slice/cron.service"; NULL: it is a process */
        pid_t pid;
        struct usage_amount amount;
        uint64_t total, slow;        /* bytes; slow: those in slow tiers */
        struct usage_amount tiers[]; /* in each tier, and then in nodes of no tier */
};

enum usage_key {
        USAGE_BY_SLOW,
        USAGE_BY_TOTAL,
        USAGE_BY_ANON,
        USAGE_BY_FILE,
        USAGE_BY_KERNEL,
        USAGE_BY_TIER,
        USAGE_BY_NAME, /* the others: the largest first */
};

struct usage_order {
        enum usage_key key;
        unsigned tier; /* of USAGE_BY_TIER: its index */
        size_t limit;  /* keep no more than the first; 0: all */
};

struct usage_list {
        struct usage_user **users;
        size_t n;
        size_t n_found;         /* with those beyond the limit */
        struct usage_user *sum; /* of all that were found; it has no name */
        bool has_kernel;
        bool users_overlap; /* processes share memory: it is counted for each, and so in sum */
};

/* Reads all control groups that are units (slices among them) or belong to none, without those that
 * use nothing. Each byte is counted for one user: a unit that contains others has what they have
 * not, such as memory that services left behind when they ended.
 *
 * Groups that vanish meanwhile are left out. Those that cannot be read now are reported in problems
 * once, and their memory is counted for the group above. 0; -EOPNOTSUPP: there is no memory
 * controller of version 2; -ENOMEM. */
int usage_list_cgroups(struct sysroot *root, const struct usage_tiers *tiers,
                       const struct usage_order *order, struct messages *problems,
                       struct usage_list **ret);

/* The same for processes. Kernel threads are left out, since they have no memory of their own.
 * -EOPNOTSUPP: there is no numa_maps; -ENOENT: no process either, since this is a recording. */
int usage_list_processes(struct sysroot *root, const struct usage_tiers *tiers,
                         const struct usage_order *order, struct messages *problems,
                         struct usage_list **ret);

struct usage_list *usage_list_free(struct usage_list *l);
DEFINE_CLEANUP(struct usage_list *, usage_list_free)

/* What a control group has, with all below it ("/system.slice"; "/" is the root, which has such a
 * file only in a container), or a process. 0; -ENOMEM; else what is wrong is said in errors:
 * -ENOENT and -ESRCH (it is not there, or no longer), -EACCES, -EOPNOTSUPP and so on. */
int usage_read_cgroup(struct sysroot *root, const char *cgroup, struct messages *errors,
                      struct usage_nodes *ret);
int usage_read_process(struct sysroot *root, pid_t pid, struct messages *errors,
                       struct usage_nodes *ret);

/* The command's name, any bytes: 0, -ENOMEM, or what reading it says (-ESRCH, -ENOENT: it ended).
 */
int usage_read_name(struct sysroot *root, pid_t pid, char **ret);

/* Finds the control group of a unit: "cron" is cron.service. A unit of the system's manager comes
 * before those of users and containers. 0; -ENOMEM; else said in errors: -ENOENT (none), -ENOTUNIQ
 * (several), -EOPNOTSUPP and so on. */
int usage_find_unit(struct sysroot *root, const char *name, struct messages *errors, char **ret);

/* What a user has in each tier: without name. NULL: out of memory. */
struct usage_user *usage_sum_up(const struct usage_nodes *nodes, const struct usage_tiers *tiers);

struct usage_user *usage_user_free(struct usage_user *u);
DEFINE_CLEANUP(struct usage_user *, usage_user_free)
