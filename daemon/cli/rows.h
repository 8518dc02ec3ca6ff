/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values of rows (lib/view) as people read them. */

#include "base/units.h"
#include "cli/output.h"
#include "view/rows.h"

/* Sets a cell, unless the number is unknown. */
void table_set_number(struct libscols_line *line, size_t column, struct view_number number);

/* "120 ns", "2x", "40 GiB/s" */
const char *format_value_of(double value, bool relative, bool is_latency,
                            char buf[static UNIT_STRING_MAX]);
