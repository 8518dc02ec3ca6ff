/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What firmware (or the kernel) says of memory and cannot be true. */

#include "base/messages.h"
#include "base/nodeset.h"
#include "classify/assignment.h"

enum sanity_kind {
        SANITY_DRAM_DIFFERS,  /* by so much that Linux does not use HMAT */
        SANITY_INCOMPLETE,    /* HMAT describes a node, and leaves values out */
        SANITY_PICOSECONDS,   /* a kernel has computed a CXL latency wrongly: it is not used */
        SANITY_CXL_FAST,      /* CXL memory that is faster than DRAM */
        SANITY_CONTRADICTION, /* latency and bandwidth do not go together */
        SANITY_KINDS,
};

struct sanity_bug {
        enum sanity_kind kind;
        struct nodeset nodes;
        const struct node *first; /* of them: its values are in the text */
        char *text;               /* a sentence without its full stop */
        char *correction;         /* what in the policy would correct it */
};

/* Calls fn for each cause, with its nodes. The bug is valid only during the call. Only values in
 * use that came from firmware are checked: an administrator who gave values, or measured them, has
 * corrected it. */
typedef void (*sanity_fn)(const struct sanity_bug *bug, void *userdata);
void sanity_find(const struct assignment *a, sanity_fn fn, void *userdata);

/* The same as one message for each cause. */
void sanity_check(const struct assignment *a, struct messages *bugs);
