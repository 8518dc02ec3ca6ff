/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What "numatier usage" prints for people. */

#include "view/usage.h"

struct usage_table {
        const struct view *v;
        const struct usage_tiers *tiers;
        bool bytes, legend;
};

/* One line a user. 0 or a negative errno. */
int usage_table_print_list(const struct usage_table *t, const struct usage_list *l);

/* One line a tier, and below it one line a node. */
int usage_table_print_one(const struct usage_table *t, const struct view_usage *u);

/* How many units or processes there are, and what they have in slow tiers. */
void usage_print_sum(const struct usage_table *t, const struct usage_list *l);
