/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A list of users while it is made: for the files of this directory. */

#include "usage/usage.h"

/* Makes all of it 0, but keeps that it has no nodes. */
static inline void usage_nodes_clear(struct usage_nodes *n)
{
        n->nodes = (struct nodeset){ 0 };
        n->has_kernel = false;
}

/* The amount of a node, 0 at first. */
struct usage_amount *usage_nodes_get(struct usage_nodes *n, unsigned node);

struct usage_user *usage_user_new(const struct usage_tiers *tiers);

/* Adds b to a, or takes it away: never below 0, since both were read at different times. */
void usage_user_add(struct usage_user *a, const struct usage_user *b,
                    const struct usage_tiers *tiers);
void usage_user_subtract(struct usage_user *a, const struct usage_user *b,
                         const struct usage_tiers *tiers);

struct usage_builder {
        const struct usage_tiers *tiers;
        const struct usage_order *order;
        struct usage_list *list;
        size_t allocated;
};

/* 0 or -ENOMEM; usage_builder_done() in any case. */
int usage_builder_start(struct usage_builder *b, const struct usage_tiers *tiers,
                        const struct usage_order *order);
/* Takes the user over, also if it fails. One that uses nothing is left out. */
int usage_builder_add(struct usage_builder *b, struct usage_user *u);
/* Takes a user out again. */
void usage_builder_drop(struct usage_builder *b, size_t i);
/* Sorts, and cuts at the limit. */
void usage_builder_sort(struct usage_builder *b);
void usage_builder_done(struct usage_builder *b);
