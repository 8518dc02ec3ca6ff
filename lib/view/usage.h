/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who uses which tier, as rows. */

#include "usage/usage.h"
#include "view/view.h"

/* The tiers of the policy, in its order: the index of each is that in v->tiers. Slow are those
 * below the tier of the baseline node; if that is in none, no tier is slow. */
void view_get_usage_tiers(const struct view *v, struct usage_tiers *ret);

/* The name of a tier by its index, or NULL: nodes in no tier. */
const char *view_get_usage_tier(const struct view *v, unsigned tier);

/* Bytes by what they hold, and the share of the user's memory in percent. */
struct view_bytes {
        uint64_t bytes, anon_bytes, file_bytes;
        struct view_number kernel_bytes; /* unknown for processes */
        struct view_real share;          /* unknown if the user has nothing */
};

/* share: that in slow tiers. */
struct view_user {
        const char *name, *cgroup; /* cgroup NULL: it is a process */
        struct view_number pid;
        uint64_t slow_bytes;
        struct view_bytes all;
};

/* What a user has in a tier, or on a node of it. Rows of a user are contiguous. */
struct view_user_part {
        const char *name, *cgroup;
        struct view_number pid;
        const char *tier; /* NULL: in no tier */
        struct view_number node;
        bool slow;
        struct view_bytes part;
};

struct view_user_sum {
        uint64_t users;
        uint64_t slow_bytes;
        struct view_bytes all;
};

/* The texts are those of the view and of the users, which must stay. */
struct view_usage {
        struct view_user *users;
        size_t n_users;
        struct view_user_part *tiers; /* without those where a user has nothing, unless it is one */
        size_t n_tiers;
        struct view_user_part *nodes; /* only of one user: by tier, and then by node */
        size_t n_nodes;
        struct view_user_sum sum;    /* of a list: also those that are not shown */
        bool is_list, users_overlap; /* as in struct usage_list: then there is no sum */
};

/* 0 or -ENOMEM. */
int view_usage_new(const struct view *v, const struct usage_tiers *tiers,
                   const struct usage_list *l, struct view_usage **ret);
int view_usage_new_one(const struct view *v, const struct usage_tiers *tiers,
                       const struct usage_user *u, const struct usage_nodes *nodes,
                       struct view_usage **ret);

struct view_usage *view_usage_free(struct view_usage *u);
DEFINE_CLEANUP(struct view_usage *, view_usage_free)

/* Returns how many there are. */
#define VIEW_USAGE_TABLES 3
size_t view_usage_get_tables(const struct view_usage *u,
                             struct view_table ret[static VIEW_USAGE_TABLES]);
