/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The texts of rows, owned in one place. Out of memory is noted once, in "failed", so that rows can
 * be filled without a check for each text. */

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct texts {
        char **items;
        size_t n, allocated;
        bool failed;
};

/* A copy; NULL for NULL, and without memory. */
const char *texts_copy(struct texts *t, const char *text);

const char *texts_print(struct texts *t, const char *format, ...) _printf_(2, 3);

void texts_done(struct texts *t);
