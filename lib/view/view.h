/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A snapshot as rows. */

#include "base/messages.h"
#include "base/util.h"
#include "online/plan.h"
#include "snapshot.h"
#include "view/table.h"
#include "view/texts.h"

enum view_rows {
        VIEW_ROWS_TIERS,
        VIEW_ROWS_NODES,
        VIEW_ROWS_DEVICES,
        VIEW_ROWS_CACHES,
        VIEW_ROWS_WRITES,
        VIEW_ROWS_UNMET,
        VIEW_ROWS_HELD,
        VIEW_ROWS_MEMORY,   /* of view_set_memory() */
        VIEW_ROWS_SETTINGS, /* one row */
        VIEW_ROWS_WARNINGS,
        VIEW_ROWS,
};

struct view {
        struct view_tier *tiers;
        size_t n_tiers;
        struct view_node *nodes; /* ascending */
        size_t n_nodes;
        struct view_device *devices; /* by node */
        size_t n_devices;
        struct view_cache *caches; /* by node */
        size_t n_caches;
        struct view_write *writes; /* what the plan writes; with a report, what came of it */
        size_t n_writes;
        struct view_unmet *unmet;
        size_t n_unmet;
        struct view_write *held;
        size_t n_held;
        struct view_memory *memory;
        size_t n_memory;
        struct view_settings *settings; /* the caller fills in daemon_pid */
        size_t n_settings;
        struct view_warning *warnings;
        size_t n_warnings;
        bool has_tiers; /* the kernel has memory tiers */
        bool live;      /* it is the running kernel, and not a recording of one */
        bool withheld;  /* the present tiers could not be read safely */
        struct texts texts;
};

/* A snapshot of a pass that succeeded. live: whether its root is the running kernel. 0 or -ENOMEM.
 */
int view_new(const struct snapshot *s, bool live, struct view **ret);

/* Only what a plan writes, and with a report (may be NULL) what came of it. 0 or -ENOMEM. */
int view_new_changes(const struct plan *plan, const struct report *report, struct view **ret);

/* Adds what is done with memory blocks: it is found out after the pass, with problems of its own. 0
 * or -ENOMEM. */
int view_set_memory(struct view *v, const struct online_plan *p, const struct messages *problems);

struct view *view_free(struct view *v);
DEFINE_CLEANUP(struct view *, view_free)

struct view_table view_get_table(const struct view *v, enum view_rows rows);

/* Of nodes, devices or caches, those of one node. */
struct view_table view_get_table_of_node(const struct view *v, enum view_rows rows, unsigned node);

/* The row of a node, or NULL: it is not online. */
const struct view_node *view_get_node(const struct view *v, unsigned node);

/* Whether the policy sorts the nodes into several tiers, and the kernel has none. */
bool view_lacks_tiers(const struct view *v);
