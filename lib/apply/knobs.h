/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files that numatier may write to: one table, a row for each. */

#include <stdbool.h>

#include "apply/plan.h"
#include "facts/machine.h"

struct knob_row {
        const char *path; /* below the root; %u stands for a node's number */
        enum write_kind kind;
        enum interface interface; /* WRITE_NODE_TIER */
        /* Whether two texts of the file say the same. */
        bool (*same)(const char *a, const char *b);
        /* Whether the file shows what was written. */
        bool (*shows)(const char *shown, const char *written);
        /* What to write to undo: a new string, or NULL without memory. */
        char *(*undo)(const struct machine *m, const char *original);
        /* What undoing it has to do with the guard against a frozen machine. */
        enum guard_role (*undo_role)(const char *original);
        bool goes_with_node; /* the value is gone when the node's file is */
};

/* The row of a path, or NULL: numatier does not write there. ret_node, which may be NULL: the
 * number in the path, if there is one. */
const struct knob_row *knob_of_path(const char *path, unsigned *ret_node);

const struct knob_row *knob_of_write(const struct plan_write *w);

/* The path of a row, with the node's number where there is one. NULL without memory. */
char *knob_make_path(enum write_kind kind, enum interface interface, unsigned node);
