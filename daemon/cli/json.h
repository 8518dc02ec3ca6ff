/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints rows of lib/view as JSON. libsmartcols can do that too: it takes five times as long, and
 * knows lists of objects only. */

#include <stddef.h>
#include <stdio.h>

#include "view/table.h"

/* Writes a text as a JSON string. A file of the kernel may hold any bytes, and a message quotes it:
 * bytes that are not UTF-8 are replaced. */
void json_print_text(FILE *f, const char *text);

/* Writes one JSON object that has each table as a member: a list of objects, or if the table is
 * single, one object. Errors stay noted in f. */
void json_print_tables(FILE *f, const struct view_table *tables, size_t n);

/* Writes the fields of a row, separated, on one line and without the braces around them. */
void json_print_members(FILE *f, const struct view_table *t, size_t row);
