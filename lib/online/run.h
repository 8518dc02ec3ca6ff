/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A run over all blocks of a node, which takes them offline or brings them online. The table of
 * blocks is kept up to date: at every moment it shows what was reached. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts/block-table.h"
#include "online/request.h"

/* What a run needs of its caller: a write that may take minutes, and a watch over time, signals and
 * the room in other nodes. */
struct run_hooks {
        /* As block_make(), but gives up after limit_usec (0: never). Also -ETIMEDOUT: it gave up.
         * -EINPROGRESS: the write does not even end when it is interrupted. */
        int (*make)(void *userdata, struct block *b, enum block_request q, uint64_t limit_usec);
        /* Before each block. 0: go on; or why the run ends: -EINTR, -ETIMEDOUT, -ENOSPC (the other
         * nodes have no room left). */
        int (*check)(void *userdata);
        /* Waits before blocks that were busy are tried again. As check. */
        int (*pause)(void *userdata, uint64_t usec);
        void *userdata;
};

struct run_block {
        enum block_zone zone; /* in which it was before the run */
        bool tried;           /* it was not as wanted before */
        bool gone;            /* it was removed from the machine meanwhile */
        int error;            /* of the last try; 0: it is as wanted, or was not tried */
        unsigned busy;        /* so often, one after the other, the kernel said -EBUSY */
};

struct run {
        struct block_table *table;
        struct run_block *blocks; /* of the same index */
        bool all_or_nothing;      /* set by the caller: one block that stays ends run_offline() */
        int end;                  /* 0: all blocks were tried; or why it ended before */
};

struct run_count {
        size_t total, online, offline, other; /* other: on its way, or not known */
        size_t kernel, movable;               /* of those online */
        size_t failed;                        /* were tried, and are not as wanted */
};

/* Takes the table over. 0 or -ENOMEM. */
int run_new(struct block_table *table, struct run **ret);
struct run *run_free(struct run *r);
DEFINE_CLEANUP(struct run *, run_free)

/* Takes all blocks offline, the highest first: so the kernel's own order of zones stays. A block
 * that is busy is tried again after all others, in a kernel zone once. limit_usec: for one block at
 * its first try. Whether all are offline is what run_count_blocks() says. With all_or_nothing, a
 * block that was busy twice, took too long, or can never go, ends the run: -ECANCELED. */
void run_offline(struct run *r, const struct run_hooks *h, uint64_t limit_usec);

/* Brings all offline blocks online, the lowest first. requests: one for each block. */
void run_online(struct run *r, const struct run_hooks *h, const enum block_request *requests);

/* Brings the blocks that this run took offline back into the zones in which they were. Whether that
 * worked for all of them. */
bool run_roll_back(struct run *r, const struct run_hooks *h);

/* Reads the state of all blocks again: others may have changed it meanwhile. */
void run_refresh(struct run *r, struct sysroot *root);

/* After run_offline() and run_refresh(): whether a block is online that the run took offline, or
 * that was offline when it began. */
bool run_is_any_back(const struct run *r);

struct run_count run_count_blocks(const struct run *r);

/* Whether all blocks would get the same error, so that the run ends. */
bool run_error_is_final(int error);
