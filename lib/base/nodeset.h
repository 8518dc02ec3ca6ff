/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A set of NUMA nodes: fixed at the kernel's largest (CONFIG_NODES_SHIFT=10), so that sparse and
 * high node numbers need no thought. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_MAX 1024U

struct nodeset {
        uint64_t words[NODE_MAX / 64];
};

void nodeset_add(struct nodeset *set, unsigned node);
void nodeset_remove(struct nodeset *set, unsigned node);
bool nodeset_has(const struct nodeset *set, unsigned node);
unsigned nodeset_count(const struct nodeset *set);
bool nodeset_equal(const struct nodeset *a, const struct nodeset *b);

/* The smallest member >= from, or NODE_MAX if there is none. */
unsigned nodeset_next(const struct nodeset *set, unsigned from);

#define nodeset_foreach(node, set)                                                                 \
        for (unsigned node = nodeset_next((set), 0); node < NODE_MAX;                              \
             node = nodeset_next((set), node + 1))

/* Parses the kernel's list format ("0-1,4", "\n" for the empty set; lib/bitmap.c:bitmap_parselist).
 * 0, -EINVAL (not a list), -ERANGE (a node number of NODE_MAX or more). ret is untouched on error.
 */
int nodeset_parse(const char *text, struct nodeset *ret);

/* Formats as the kernel does ("0-1,4", "" for the empty set) into a buffer that always suffices. */
#define NODESET_STRING_MAX (NODE_MAX * 5)
const char *nodeset_format(const struct nodeset *set, char buf[static NODESET_STRING_MAX]);
