/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table of "numatier status": tiers, and below each its nodes; and the marks in it. */

#include <stdbool.h>
#include <stddef.h>

#include "view/view.h"

enum status_column {
        STATUS_TIER,
        STATUS_NOW,
        STATUS_WANTED,
        STATUS_ORIGINAL,
        STATUS_ADISTANCE,
        STATUS_LATENCY,
        STATUS_BANDWIDTH,
        STATUS_SOURCE,
        STATUS_SIZE,
        STATUS_FREE,
        STATUS_USED,
        STATUS_TARGET,
        STATUS_WEIGHT,
        STATUS_DEVICE,
        STATUS_REASON,
        STATUS_COLUMNS,
};

/* Those of one table, in order. More cannot be asked for. */
#define STATUS_COLUMNS_MAX 64

struct status_columns {
        enum status_column items[STATUS_COLUMNS_MAX];
        size_t n;
};

/* Parses "NOW,size" or, to add to the usual ones, "+SOURCE"; NULL is the usual ones. What is wrong
 * with it is reported on standard error: -EINVAL. */
int status_columns_parse(const char *list, struct status_columns *ret);

/* What a table has that may need to be explained. */
enum status_mark {
        MARK_UNKNOWN,    /* "?" */
        MARK_MULTIPLE,   /* "1.5x" */
        MARK_GUESS,      /* "~200 ns" */
        MARK_SLIT_ONLY,  /* "(SLIT only)": the same, beside the source */
        MARK_REMEMBERED, /* "(remembered)" */
        MARK_KEPT,       /* "(kept)" */
        MARKS,
};

/* Explains a mark in one sentence. */
const char *status_mark_text(enum status_mark m);

/* Prints the table. marks: set for those that it has. 0 or a negative errno. */
int status_table_print(const struct view *v, const struct status_columns *columns, bool bytes,
                       bool legend, bool marks[static MARKS]);
