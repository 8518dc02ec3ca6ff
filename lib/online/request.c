/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/request.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/blocks.h"

const char *block_request_word(enum block_request q)
{
        static const char *const words[BLOCK_REQUESTS] = {
                [REQUEST_ONLINE] = "online",
                [REQUEST_ONLINE_KERNEL] = "online_kernel",
                [REQUEST_ONLINE_MOVABLE] = "online_movable",
                [REQUEST_OFFLINE] = "offline",
        };

        return words[q];
}

/* Whether the block is as asked: 1 yes, 0 no, -EEXIST (online, and in another zone). */
static int compare(const struct block *b, enum block_request q)
{
        if (q == REQUEST_OFFLINE)
                return b->state == BLOCK_OFFLINE;
        if (b->state != BLOCK_ONLINE)
                return 0;
        if (q == REQUEST_ONLINE || (q == REQUEST_ONLINE_MOVABLE && b->zone == ZONE_MOVABLE) ||
            (q == REQUEST_ONLINE_KERNEL && b->zone == ZONE_KERNEL))
                return 1;
        return -EEXIST;
}

int block_make(struct sysroot *root, struct block *b, enum block_request q)
{
        char path[SYSROOT_PATH_MAX];
        int r, error;

        r = block_read(root, b);
        if (r == 0)
                r = compare(b, q);
        if (r != 0)
                return r;
        snprintf(path, sizeof(path), MEMORY_DIR "/memory%" PRIu64 "/state", b->number);
        error = sysroot_write(root, path, block_request_word(q));
        r = block_read(root, b);
        if (r == 0)
                r = compare(b, q);
        if (r == 1)
                return error < 0; /* somebody else was faster, and the kernel said EINVAL */
        if (r < 0)
                return r;
        return error < 0 ? error : -EIO;
}

int block_barrier(struct sysroot *root, const struct block *b)
{
        char path[SYSROOT_PATH_MAX];
        int r;

        snprintf(path, sizeof(path), MEMORY_DIR "/memory%" PRIu64 "/state", b->number);
        r = sysroot_write(root, path, block_request_word(REQUEST_OFFLINE));
        return r == -EINVAL ? 0 : r;
}
