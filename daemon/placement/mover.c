/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/mover.h"

#include <errno.h>
#include <limits.h>
#include <numaif.h>
#include <time.h>

/* The kernel has written no status: it gave up before (mm/migrate.c:move_pages_and_store_status).
 */
#define UNKNOWN INT_MIN

static bool is_on(const struct nodeset *nodes, int status)
{
        return status >= 0 && (unsigned)status < NODE_MAX && nodeset_has(nodes, (unsigned)status);
}

static void count(struct mover *m, const struct batch *b, enum move_outcome outcome)
{
        m->kib[outcome] += b->page_kib;
}

/* A system call that fails as a whole. */
static int call(const struct mover *m, struct batch *b, const int *nodes, int *status)
{
        int flags = m->shared ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE;
        long r;

        for (size_t i = 0; i < b->n; i++)
                status[i] = UNKNOWN;
        r = m->move(m->pid, b->n, b->pages, nodes, status, nodes ? flags : 0);
        return r < 0 ? -errno : 0;
}

int mover_select(struct mover *m, struct batch *b)
{
        int status[BATCH_MAX];
        size_t kept = 0;
        int r;

        if (b->n == 0)
                return 0;
        r = call(m, b, NULL, status);
        if (r < 0)
                return r;
        for (size_t i = 0; i < b->n; i++) {
                if (is_on(&m->from, status[i]))
                        b->pages[kept++] = b->pages[i];
        }
        b->n = kept;
        return 0;
}

/* Reclaim, compaction, a huge page that is being made, and input and output hold pages for a
 * moment.
 */
#define BUSY_TRIES 2U
#define PAUSE_NSEC 10000000L

/* A huge page that does not move ends each try, with an error for one of its pages only: each page
 * would take a try of its own, and the kernel unmaps all of it each time. So after some of them the
 * rest of it is given up. */
#define FOLIO_TRIES 4U

static uintptr_t find_block(const struct mover *m, const void *page)
{
        return (uintptr_t)page - (uintptr_t)page % m->folio;
}

/* page: the last that was busy; the kernel has tried none after it. */
static void give_up_folio(struct mover *m, struct batch *b, const void *page)
{
        size_t kept = 0;

        if (m->folio == 0)
                return;
        if (m->busy_block != find_block(m, page))
                m->n_busy = 0;
        m->busy_block = find_block(m, page);
        if (++m->n_busy < FOLIO_TRIES)
                return;
        for (size_t i = 0; i < b->n; i++) {
                if (find_block(m, b->pages[i]) == m->busy_block)
                        count(m, b, MOVE_BUSY);
                else
                        b->pages[kept++] = b->pages[i];
        }
        b->n = kept;
}

/* Of the pages of a batch: which were moved, and which not and why, or UNKNOWN. The first status of
 * a page of a large folio may be EBUSY, since another page took it along. So where each is now
 * counts. keep_busy: those that are busy will be tried again. */
static void settle(struct mover *m, struct batch *b, const int *status, const int *now,
                   bool keep_busy)
{
        const void *busy = NULL;
        size_t kept = 0;

        for (size_t i = 0; i < b->n; i++) {
                if (is_on(&m->to, now[i])) {
                        count(m, b, MOVE_DONE);
                        m->n_busy = 0;
                } else if (!is_on(&m->from, now[i])) {
                        count(m, b, MOVE_GONE);
                } else if (status[i] == -EACCES) {
                        count(m, b, MOVE_SHARED);
                } else if (status[i] == -ENOMEM) {
                        count(m, b, MOVE_NO_MEMORY);
                } else if (status[i] < 0 && status[i] != UNKNOWN && !keep_busy) {
                        count(m, b, MOVE_BUSY);
                        busy = b->pages[i];
                } else {
                        b->pages[kept++] = b->pages[i];
                }
        }
        b->n = kept;
        if (busy)
                give_up_folio(m, b, busy);
}

/* One try with all of them. The kernel ends it when a page cannot be moved, with those after that
 * untried. */
static int try_all(struct mover *m, struct batch *b, unsigned node, bool keep_busy)
{
        int nodes[BATCH_MAX], status[BATCH_MAX], now[BATCH_MAX];
        int r, error;

        if (m->stop && *m->stop)
                return -EINTR;
        for (size_t i = 0; i < b->n; i++)
                nodes[i] = (int)node;
        error = call(m, b, nodes, status);
        r = call(m, b, NULL, now);
        if (r < 0)
                return r;
        settle(m, b, status, now, keep_busy);
        return error;
}

/* Until it is clear of each page. The kernel gives up at a page that has an error at once, and else
 * only when it has tried all (mm/migrate.c:do_pages_move). So where nothing moves and none has an
 * error, none of them can be moved now. */
int mover_move(struct mover *m, struct batch *b, unsigned node)
{
        static const struct timespec pause = { .tv_nsec = PAUSE_NSEC };
        unsigned fruitless = 0;

        m->n_busy = 0;
        for (unsigned tries = 0; b->n > 0; tries++) {
                size_t before = b->n;
                int r = try_all(m, b, node, tries < BUSY_TRIES);

                if (r < 0)
                        return r;
                fruitless = b->n == before ? fruitless + 1 : 0;
                if (fruitless > BUSY_TRIES)
                        mover_give_up(m, b, MOVE_BUSY);
                else if (fruitless > 0)
                        nanosleep(&pause, NULL);
        }
        return 0;
}

void mover_give_up(struct mover *m, struct batch *b, enum move_outcome outcome)
{
        m->kib[outcome] += b->n * b->page_kib;
        b->n = 0;
}
