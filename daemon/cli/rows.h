/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints rows of lib/view: all of them as JSON, and single values as people read them. */

#include "base/units.h"
#include "cli/output.h"
#include "view/table.h"

/* One JSON object that has each table as a member. 0 or a negative errno. */
int json_print_tables(const struct view_table *tables, size_t n);

/* Sets a cell, unless the number is unknown. */
void table_set_number(struct libscols_line *line, size_t column, struct view_number number);

/* "120 ns", "2x", "40 GiB/s" */
const char *format_value_of(double value, bool relative, bool is_latency,
                            char buf[static UNIT_STRING_MAX]);
