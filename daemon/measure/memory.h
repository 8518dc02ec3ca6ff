/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Memory that lies on one node and nowhere else. */

#include <stddef.h>

#include "base/messages.h"

struct memory {
        unsigned node;
        char *start; /* aligned to a huge page */
        size_t size;
        void *mapping;
        size_t mapped;
};

/* Maps memory, to be filled from that node only, with huge pages where there are any. Nothing is
 * taken before it is touched. 0, or a negative errno that errors explains; memory_done() in any
 * case. */
int memory_map(unsigned node, size_t size, struct messages *errors, struct memory *ret);

/* Asks the kernel where a sample of the pages, which were touched, lies. 0; -EXDEV: not all of them
 * on the node; what move_pages(2) says. Each is told in errors. */
int memory_verify(const struct memory *m, struct messages *errors);

void memory_done(struct memory *m);
