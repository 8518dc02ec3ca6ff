/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why there can be no table. It counts what it says, so that a message for which there is no memory
 * still refuses. */

#include <stddef.h>

#include "base/messages.h"

struct refusals {
        struct messages *messages;
        size_t n; /* more than messages has: there was no memory for the others */
};

void refusals_add(struct refusals *r, const char *format, ...) _printf_(2, 3);
