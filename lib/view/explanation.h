/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How one node came to its tier, as rows: each source's values, each tier that was tried. */

#include "classify/assignment.h"
#include "view/table.h"
#include "view/texts.h"

struct explanation {
        struct view_candidate *values; /* by source */
        size_t n_values;
        struct view_trial *trials;
        size_t n_trials;
        struct view_condition *conditions; /* by trial */
        size_t n_conditions;
        struct texts texts;
};

/* 0 or -ENOMEM. */
int explanation_new(const struct assignment *a, const struct node_assignment *n,
                    struct explanation **ret);

struct explanation *explanation_free(struct explanation *e);
DEFINE_CLEANUP(struct explanation *, explanation_free)

struct view_table explanation_get_values(const struct explanation *e);
struct view_table explanation_get_rules(const struct explanation *e);
