/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Parses memory.numa_stat of a control group: one line for each kind of memory, with the bytes of
 * it on each node (mm/memcontrol.c:memory_numa_stat_show). */

#include "base/span.h"

struct numa_stat_line {
        struct span name;  /* "anon" */
        struct span nodes; /* "N0=4096 N1=0" */
};

/* Takes the first line out of *text. 1; 0: there is no other; -EBADMSG: it is not a line of
 * numa_stat. */
int numa_stat_next(struct span *text, struct numa_stat_line *ret);

/* Takes the first node out of the line. 1; 0: there is no other; -EBADMSG: what stands there is not
 * a node. */
int numa_stat_next_node(struct numa_stat_line *line, unsigned *ret_node, uint64_t *ret_bytes);
