/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/mover.h"

#include <numaif.h>

#include "testing.h"

/* A process as move_pages(2) shows it (mm/migrate.c:do_pages_move): page i is at address i + 1. */
#define PAGES 600U

static struct page {
        int node;     /* negative: an errno */
        int refusal;  /* the errno that it gets at once, or 0 */
        bool stuck;   /* it is taken, and does not move */
        bool is_tail; /* of the folio that begins before */
} pages[PAGES];

static unsigned calls, largest;
static unsigned room;  /* pages that fit on the target */
static int call_error; /* all calls fail */
static int last_flags;
static sig_atomic_t stop;
static unsigned busy_for; /* calls: then no page is refused any more; 0: all the time */
static unsigned stop_at;  /* after that many calls that move */

static struct page *page_at(void *address)
{
        return &pages[(uintptr_t)address - 1];
}

static void move_folio(struct page *p, int node)
{
        do
                p->node = node;
        while (++p < pages + PAGES && p->is_tail);
}

/* Moves what was taken: false if some does not move, which ends the call. */
static bool flush(void **addresses, const int *nodes, int *status, size_t from, size_t to)
{
        bool all = true;

        for (size_t i = from; i < to; i++) {
                struct page *p = page_at(addresses[i]);

                if (p->stuck)
                        all = false;
                else if (p->node >= 0)
                        move_folio(p, nodes[i]);
        }
        for (size_t i = from; all && i < to; i++)
                status[i] = nodes[i];
        return all;
}

static long fake_query(unsigned long n, void **addresses, int *status)
{
        for (size_t i = 0; i < n; i++)
                status[i] = page_at(addresses[i])->node;
        return 0;
}

static long fake_move_pages(int pid, unsigned long n, void **addresses, const int *nodes,
                            int *status, int flags)
{
        size_t start = 0;

        assert(pid == 12);
        calls++;
        if (call_error) {
                errno = call_error;
                return -1;
        }
        if (!nodes)
                return fake_query(n, addresses, status);
        if (n > largest)
                largest = (unsigned)n;
        last_flags = flags;
        if (busy_for > 0 && busy_for-- == 1)
                for (size_t i = 0; i < PAGES; i++)
                        pages[i].refusal = 0;
        if (stop_at > 0 && --stop_at == 0)
                stop = 1;
        if (room < n) {
                if (room > 0)
                        (void)flush(addresses, nodes, status, 0, room);
                room = 0;
                errno = ENOMEM;
                return -1;
        }
        for (size_t i = 0; i < n; i++) {
                struct page *p = page_at(addresses[i]);
                int error = p->refusal ? -p->refusal : p->is_tail ? -EBUSY : 0;

                if (p->is_tail && p->node == nodes[i])
                        error = nodes[i]; /* it has come along */
                if (error == 0)
                        continue;
                status[i] = error;
                if (!flush(addresses, nodes, status, start, i))
                        return (long)(n - start);
                start = i + 1;
        }
        return flush(addresses, nodes, status, start, n) ? 0 : (long)(n - start);
}

static struct mover begin(void)
{
        struct mover m = { .pid = 12, .move = fake_move_pages, .stop = &stop };

        nodeset_add(&m.from, 1);
        nodeset_add(&m.to, 0);
        nodeset_add(&m.to, 3);
        for (size_t i = 0; i < PAGES; i++)
                pages[i] = (struct page){ .node = 1 };
        calls = largest = stop_at = busy_for = 0;
        room = UINT32_MAX;
        call_error = 0;
        stop = 0;
        return m;
}

static void fill(struct batch *b)
{
        b->n = PAGES;
        b->page_kib = 4;
        for (size_t i = 0; i < PAGES; i++)
                b->pages[i] = (void *)(i + 1);
}

static int select_and_move(struct mover *m, struct batch *b)
{
        int r;

        fill(b);
        r = mover_select(m, b);
        return r < 0 ? r : mover_move(m, b, 0);
}

static void test_all(void)
{
        struct mover m = begin();
        struct batch b;

        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_DONE] == PAGES * 4U);
        assert(calls == 3); /* where, move, where */
        assert(last_flags == MPOL_MF_MOVE);
        m = begin();
        m.shared = true;
        assert(select_and_move(&m, &b) == 0);
        assert(last_flags == MPOL_MF_MOVE_ALL);
}

/* Only what is on a node of from. */
static void test_select(void)
{
        struct mover m = begin();
        struct batch b;

        pages[0].node = 0;
        pages[1].node = 2;
        pages[2].node = -ENOENT;
        pages[3].node = -EFAULT;
        fill(&b);
        assert(mover_select(&m, &b) == 0);
        assert(b.n == PAGES - 4 && b.pages[0] == (void *)5);
        assert(mover_move(&m, &b, 0) == 0);
        assert(pages[1].node == 2);
        assert(m.kib[MOVE_DONE] == (PAGES - 4) * 4U);
        b.n = 0;
        calls = 0;
        assert(mover_select(&m, &b) == 0 && calls == 0);
}

static void test_reasons(void)
{
        struct mover m = begin();
        struct batch b;

        pages[0].refusal = EACCES;
        pages[17].refusal = EACCES;
        pages[99].refusal = EBUSY;
        pages[PAGES - 1].refusal = EBUSY;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_SHARED] == 8 && m.kib[MOVE_BUSY] == 8);
        assert(m.kib[MOVE_DONE] == (PAGES - 4) * 4U);
}

/* Busy for a moment: it is tried again. */
static void test_busy_once(void)
{
        struct mover m = begin();
        struct batch b;

        pages[3].refusal = pages[4].refusal = EBUSY;
        busy_for = 2;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_DONE] == PAGES * 4U && m.kib[MOVE_BUSY] == 0);
}

/* The kernel ends the call, and says nothing of the pages after: they are tried again. */
static void test_stuck(void)
{
        struct mover m = begin();
        struct batch b;

        pages[5].stuck = true;
        pages[7].refusal = EACCES;
        pages[300].stuck = true;
        pages[PAGES - 1].stuck = true;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_BUSY] == 12 && m.kib[MOVE_SHARED] == 4);
        assert(m.kib[MOVE_DONE] == (PAGES - 4) * 4U);
}

static void test_all_stuck(void)
{
        struct mover m = begin();
        struct batch b;

        for (size_t i = 0; i < PAGES; i++)
                pages[i].stuck = true;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_BUSY] == PAGES * 4U && m.kib[MOVE_DONE] == 0);
        assert(calls < 10); /* not each page alone */
}

/* Of a large folio, the first page takes the others along; the second is refused. */
static void test_folios(void)
{
        struct mover m = begin();
        struct batch b;

        for (size_t i = 1; i < 512; i++)
                pages[i].is_tail = true;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_DONE] == PAGES * 4U && m.kib[MOVE_BUSY] == 0);
}

/* Each try finds the folio stuck, and says so of one of its other pages only. Beyond it all move.
 */
static void test_stuck_folio(void)
{
        struct mover m = begin();
        struct batch b;

        m.folio = 512;
        for (size_t i = 0; i < 511; i++) /* page 0 is at 1, so at 512 the next folio begins */
                pages[i] = (struct page){ .node = 1, .stuck = i == 0, .is_tail = i > 0 };
        pages[590].refusal = EBUSY;
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_BUSY] == 512 * 4U && m.kib[MOVE_DONE] == (PAGES - 512) * 4U);
        assert(calls < 30); /* two each try */
}

/* Some pages that are busy beside others that move: each is dealt with. */
static void test_busy_beside(void)
{
        struct mover m = begin();
        struct batch b;

        m.folio = 512;
        for (size_t i = 0; i < 100; i += 2)
                pages[i].refusal = EBUSY;
        pages[101].stuck = true; /* ends each try */
        assert(select_and_move(&m, &b) == 0 && b.n == 0);
        assert(m.kib[MOVE_BUSY] == 51 * 4U && m.kib[MOVE_DONE] == (PAGES - 51) * 4U);
}

/* What is left can go to another node. */
static void test_full(void)
{
        struct mover m = begin();
        struct batch b;

        room = 100;
        assert(select_and_move(&m, &b) == -ENOMEM);
        assert(b.n == PAGES - 100 && b.pages[0] == (void *)101);
        assert(m.kib[MOVE_DONE] == 400);
        room = UINT32_MAX;
        assert(mover_move(&m, &b, 3) == 0);
        assert(pages[99].node == 0 && pages[100].node == 3);
        assert(m.kib[MOVE_DONE] == PAGES * 4U && m.kib[MOVE_NO_MEMORY] == 0);
        fill(&b);
        mover_give_up(&m, &b, MOVE_NO_MEMORY);
        assert(b.n == 0 && m.kib[MOVE_NO_MEMORY] == PAGES * 4U);
}

static void test_stop(void)
{
        struct mover m = begin();
        struct batch b;

        stop = 1;
        assert(select_and_move(&m, &b) == -EINTR && b.n == PAGES);
        assert(largest == 0); /* nothing was tried */

        /* between two tries */
        m = begin();
        for (size_t i = 100; i < PAGES; i++)
                pages[i].stuck = true;
        stop_at = 1;
        assert(select_and_move(&m, &b) == -EINTR);
        assert(m.kib[MOVE_DONE] == 400 && m.kib[MOVE_BUSY] == 0 && b.n == PAGES - 100);
}

static void test_errors(void)
{
        struct mover m = begin();
        struct batch b;

        call_error = ESRCH;
        assert(select_and_move(&m, &b) == -ESRCH && b.n == PAGES);
        fill(&b);
        assert(mover_move(&m, &b, 0) == -ESRCH && b.n == PAGES);
}

/* Freed, or moved by somebody else, between the calls. */
static void test_gone(void)
{
        struct mover m = begin();
        struct batch b;

        fill(&b);
        assert(mover_select(&m, &b) == 0);
        pages[3] = (struct page){ .node = -ENOENT, .refusal = ENOENT };
        pages[4] = (struct page){ .node = 2, .refusal = EBUSY };
        assert(mover_move(&m, &b, 0) == 0 && b.n == 0);
        assert(m.kib[MOVE_GONE] == 8 && m.kib[MOVE_BUSY] == 0);
}

int main(void)
{
        test_all();
        test_select();
        test_reasons();
        test_busy_once();
        test_stuck();
        test_all_stuck();
        test_folios();
        test_stuck_folio();
        test_busy_beside();
        test_full();
        test_stop();
        test_errors();
        test_gone();
        return 0;
}
