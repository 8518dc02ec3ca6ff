/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which node a memory block is in, also once it is gone: uevents of blocks name no node, and when
 * one is received its block may be gone already. */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "sysroot/sysroot.h"

#define MEMBER_NO_NODE UINT32_MAX

struct member {
        uint64_t block;
        uint32_t node; /* or MEMBER_NO_NODE: it is linked in several */
        uint32_t seen; /* when it was last listed */
};

struct members {
        struct member *items; /* by block */
        size_t n, allocated;
        size_t n_new; /* behind them, while blocks are listed */
        uint32_t listings;
};

/* Lists the blocks of all nodes. What was known of blocks that are not there stays. 0 or -ENOMEM;
 * what cannot be listed is left out. */
int members_update(struct members *m, struct sysroot *root);

/* The node of a block, or MEMBER_NO_NODE. */
uint32_t members_get(const struct members *m, uint64_t block);

void members_done(struct members *m);
