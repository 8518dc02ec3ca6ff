/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Prints what was measured. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "measure/measure.h"

struct measure_result {
        struct measurement measurement;
        bool stored;
};

/* A table for people. Nothing if there are no results. 0 or a negative errno. */
int measure_print_table(const struct measure_result *results, size_t n, bool legend);

/* One JSON object with an array, which is empty if there are no results. 0 or -ENOMEM. */
int measure_print_json(FILE *f, const struct measure_result *results, size_t n);
