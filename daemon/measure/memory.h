/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Memory that is on one node only. */

#include <stddef.h>

#include "base/messages.h"

struct memory {
        unsigned node;
        char *start; /* aligned to a huge page */
        size_t size;
        void *mapping;
        size_t mapped;
};

/* Maps memory that the kernel will take from that node only, in huge pages if possible. Nothing is
 * allocated before it is touched. 0, or a negative errno and a message in errors; call
 * memory_done() in both cases. */
int memory_map(unsigned node, size_t size, struct messages *errors, struct memory *ret);

/* Asks the kernel on which node a sample of the touched pages is. 0, -EXDEV (some are on another
 * node) or the error of move_pages(2); a message in errors explains each. */
int memory_verify(const struct memory *m, struct messages *errors);

void memory_done(struct memory *m);
