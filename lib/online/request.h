/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The writes to memoryM/state: a block is brought online or taken offline. */

#include <stdint.h>

#include "facts/block-table.h"
#include "sysroot/sysroot.h"

/* Of drivers/base/memory.c:state_store. */
enum block_request {
        REQUEST_ONLINE, /* in the zone that the kernel chooses */
        REQUEST_ONLINE_KERNEL,
        REQUEST_ONLINE_MOVABLE,
        REQUEST_OFFLINE,
        BLOCK_REQUESTS,
};

const char *block_request_word(enum block_request q); /* what is written: "online_movable" */

/* Compares first, writes, and reads back into b. May wait minutes for the kernel, which gives up
 * when a signal that is not blocked arrives at this thread.
 * 1: the block was so already, or somebody else was faster. 0: done. -EINTR: a signal arrived, and
 * the block is as it was. -EBUSY: some page cannot be moved, or another hotplug operation is under
 * way. -EEXIST: it is online already, in another zone. -ENOENT or -ENODEV: it is gone. -EIO: the
 * kernel accepted the write, and did nothing. -ENOMEM, and what else the kernel says. */
int block_make(struct sysroot *root, struct block *b, enum block_request q);

/* Waits for the hotplug operation that is under way, if one is: the kernel brings memory that it
 * has just added online while its blocks already show "offline". Asks to take a block offline that
 * is offline: the kernel refuses that (-EINVAL) after it has got its lock. 0 or a negative errno.
 */
int block_barrier(struct sysroot *root, const struct block *b);
