/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/run.h"

#include <errno.h>

#define ROUNDS 4
/* What keeps a block in a kernel zone busy rarely goes away, and the kernel needs seconds to say so
 * (mm/page_isolation.c): thousands of such blocks would take hours. */
#define BUSY_TRIES 2
#define PAUSE_USEC UINT64_C(1000000)
/* A block that took too long is not given that long again. */
#define AGAIN_USEC UINT64_C(10000000)

int run_new(struct block_table *table, struct run **ret)
{
        struct run *r = calloc(1, sizeof(*r));

        if (r)
                r->blocks = calloc(table->n + 1, sizeof(*r->blocks));
        if (!r || !r->blocks) {
                free(r);
                block_table_free(table);
                return -ENOMEM;
        }
        r->table = table;
        for (size_t i = 0; i < table->n; i++)
                r->blocks[i].zone = table->blocks[i].zone;
        *ret = r;
        return 0;
}

struct run *run_free(struct run *r)
{
        if (!r)
                return NULL;
        block_table_free(r->table);
        free(r->blocks);
        free(r);
        return NULL;
}

bool run_error_is_final(int error)
{
        return error == -EACCES || error == -EPERM || error == -EROFS || error == -EINPROGRESS;
}

static bool is_left(const struct run *r, size_t i)
{
        return r->table->blocks[i].state != BLOCK_OFFLINE && !r->blocks[i].gone;
}

/* A block of several zones or with holes is never tried: the kernel always refuses. */
static bool must_go(const struct run *r, size_t i)
{
        enum block_zone zone = r->table->blocks[i].zone;

        return is_left(r, i) && zone != ZONE_NONE && r->blocks[i].error != -EINVAL &&
               (zone != ZONE_KERNEL || r->blocks[i].busy < BUSY_TRIES);
}

/* One block: 0, or why the run ends. */
static int try_block(struct run *r, const struct run_hooks *h, size_t i, enum block_request q,
                     uint64_t limit_usec)
{
        struct run_block *b = &r->blocks[i];
        int error = h->check(h->userdata);

        if (error < 0)
                return error;
        error = h->make(h->userdata, &r->table->blocks[i], q, limit_usec);
        b->tried = true;
        b->error = error < 0 ? error : 0;
        b->busy = error == -EBUSY ? b->busy + 1 : 0;
        b->gone = error == -ENOENT || error == -ENODEV;
        if (run_error_is_final(error))
                return error;
        return error == -EINTR ? h->check(h->userdata) : 0;
}

/* As try_block(). If all must go or none, a block that is busy is tried once more before any other:
 * all that would be done meanwhile would be in vain. */
static int offline_block(struct run *r, const struct run_hooks *h, size_t i, uint64_t limit_usec)
{
        int error = try_block(r, h, i, REQUEST_OFFLINE, limit_usec);

        if (!r->all_or_nothing)
                return error;
        if (error == 0 && must_go(r, i) && r->blocks[i].error != -ETIMEDOUT) {
                error = h->pause(h->userdata, PAUSE_USEC);
                if (error == 0)
                        error = try_block(r, h, i, REQUEST_OFFLINE, limit_usec);
        }
        return error == 0 && is_left(r, i) ? -ECANCELED : error;
}

static int offline_round(struct run *r, const struct run_hooks *h, uint64_t limit_usec,
                         size_t *ret_left)
{
        size_t left = 0;

        for (size_t i = r->table->n; i > 0; i--) {
                bool is_slow = r->blocks[i - 1].error == -ETIMEDOUT;
                uint64_t limit = is_slow && limit_usec > AGAIN_USEC ? AGAIN_USEC : limit_usec;
                int error;

                if (!must_go(r, i - 1)) {
                        if (r->all_or_nothing && is_left(r, i - 1))
                                return -ECANCELED;
                        continue;
                }
                error = offline_block(r, h, i - 1, limit);
                if (error < 0)
                        return error;
                left += must_go(r, i - 1);
        }
        *ret_left = left;
        return 0;
}

void run_offline(struct run *r, const struct run_hooks *h, uint64_t limit_usec)
{
        size_t left;

        for (unsigned round = 0; round < ROUNDS; round++) {
                r->end = offline_round(r, h, limit_usec, &left);
                if (r->end < 0 || left == 0)
                        return;
                if (round + 1 < ROUNDS)
                        r->end = h->pause(h->userdata, PAUSE_USEC);
                if (r->end < 0)
                        return;
        }
}

void run_online(struct run *r, const struct run_hooks *h, const enum block_request *requests)
{
        for (size_t i = 0; i < r->table->n; i++) {
                if (r->table->blocks[i].state == BLOCK_ONLINE || r->blocks[i].gone)
                        continue;
                r->end = try_block(r, h, i, requests[i], 0);
                if (r->end < 0)
                        return;
        }
}

static enum block_request request_for(enum block_zone zone)
{
        switch (zone) {
        case ZONE_MOVABLE:
                return REQUEST_ONLINE_MOVABLE;
        case ZONE_KERNEL:
                return REQUEST_ONLINE_KERNEL;
        default:
                return REQUEST_ONLINE;
        }
}

bool run_roll_back(struct run *r, const struct run_hooks *h)
{
        bool done = true;

        for (size_t i = 0; i < r->table->n; i++) {
                struct run_block *b = &r->blocks[i];
                int error;

                if (!b->tried || b->gone || r->table->blocks[i].state != BLOCK_OFFLINE)
                        continue;
                error = h->make(h->userdata, &r->table->blocks[i], request_for(b->zone), 0);
                b->error = error < 0 ? error : 0;
                done = done && error >= 0;
                if (error == -EINPROGRESS)
                        break;
        }
        return done;
}

void run_refresh(struct run *r, struct sysroot *root)
{
        for (size_t i = 0; i < r->table->n; i++) {
                struct block *b = &r->table->blocks[i];

                if (r->blocks[i].gone)
                        continue;
                r->blocks[i].gone = sysroot_is_absent(block_read(root, b));
                if (!r->blocks[i].tried)
                        r->blocks[i].zone = b->zone;
        }
}

bool run_is_any_back(const struct run *r)
{
        for (size_t i = 0; i < r->table->n; i++)
                if (r->table->blocks[i].state == BLOCK_ONLINE && must_go(r, i) &&
                    r->blocks[i].error == 0)
                        return true;
        return false;
}

struct run_count run_count_blocks(const struct run *r)
{
        struct run_count c = { 0 };

        for (size_t i = 0; i < r->table->n; i++) {
                const struct block *b = &r->table->blocks[i];

                if (r->blocks[i].gone)
                        continue;
                c.total++;
                c.online += b->state == BLOCK_ONLINE;
                c.offline += b->state == BLOCK_OFFLINE;
                c.other += b->state != BLOCK_ONLINE && b->state != BLOCK_OFFLINE;
                c.kernel += b->state == BLOCK_ONLINE && b->zone == ZONE_KERNEL;
                c.movable += b->state == BLOCK_ONLINE && b->zone == ZONE_MOVABLE;
                c.failed += r->blocks[i].error < 0;
        }
        return c;
}
