/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/session.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "cli/writer.h"
#include "facts/knobs.h"

/* So much at once that the call itself costs nothing beside it, and so little that a signal does
 * not wait. */
#define BATCH_KIB (16U << 10)
/* Without transparent huge pages the kernel has no such file. */
#define FOLIO_PATH    "sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define FOLIO_DEFAULT (2U << 20)
/* Others use memory, too: no more than this is moved before it is read again what is free. */
#define FRESH_KIB (UINT64_C(128) << 10)
#define USEC      UINT64_C(1000000)
#define WAIT_USEC UINT64_C(100000)

static bool is_stopped(const struct move_session *s)
{
        return s->mover.stop && *s->mover.stop;
}

uint64_t move_session_get_done(const struct move_session *s)
{
        const uint64_t *kib = s->mover.kib;

        return kib[MOVE_DONE] + kib[MOVE_SHARED] + kib[MOVE_BUSY] + kib[MOVE_NO_MEMORY] +
               kib[MOVE_GONE];
}

void move_session_done(struct move_session *s)
{
        targets_done(&s->targets);
}

/* The nodes */

static int read_targets(struct move_session *s)
{
        struct messages errors = MESSAGES_INIT;
        struct nodeset nodes = s->mover.to;
        int r;

        nodeset_foreach (n, &s->full)
                nodeset_remove(&nodes, n);
        targets_done(&s->targets);
        r = targets_read(s->root, &nodes, &errors, &s->targets);
        messages_done(&errors);
        s->since_kib = 0;
        return r;
}

/* While there is much, it need not be asked each time. */
static bool must_read_targets(const struct move_session *s)
{
        return s->targets.n == 0 || s->since_kib >= FRESH_KIB ||
               s->since_kib >= targets_get_room(&s->targets) / 8;
}

/* Huge pages are taken from the pool of the node only: else the kernel would reclaim and compact to
 * make one. */
static uint64_t count_huge(struct move_session *s, unsigned node, uint64_t page_kib)
{
        unsigned n = 0;

        (void)sysroot_read_unsignedf(s->root, UINT32_MAX, &n, NULL,
                                     NODE_DIR "/node%u/hugepages/hugepages-%" PRIu64
                                              "kB/free_hugepages",
                                     node, page_kib);
        return n;
}

static uint64_t find_huge(struct move_session *s, uint64_t page_kib, unsigned *ret_node)
{
        uint64_t most = 0;

        nodeset_foreach (n, &s->mover.to) {
                uint64_t pages = count_huge(s, n, page_kib);

                if (pages > most) {
                        most = pages;
                        *ret_node = n;
                }
        }
        return most;
}

/* The node for the next pages, and how many of them may go there; 0: there is none. */
static int find_room(struct move_session *s, const struct area *a, unsigned *ret_node,
                     uint64_t *ret_pages)
{
        struct target *t;
        int r;

        if (a->huge) {
                *ret_pages = find_huge(s, a->page_kib, ret_node);
                return 0;
        }
        if (must_read_targets(s)) {
                r = read_targets(s);
                if (r < 0)
                        return r;
        }
        t = targets_get_largest(&s->targets);
        *ret_pages = t ? t->room_kib / a->page_kib : 0;
        if (t)
                *ret_node = t->node;
        return 0;
}

static void use_room(struct move_session *s, unsigned node, uint64_t kib)
{
        for (size_t i = 0; i < s->targets.n; i++) {
                struct target *t = &s->targets.items[i];

                if (t->node == node)
                        t->room_kib -= kib < t->room_kib ? kib : t->room_kib;
        }
        s->since_kib += kib;
}

/* Pages */

/* The first pages of a batch, to one node. */
static int move_first(struct move_session *s, struct batch *b, uint64_t n, unsigned node)
{
        size_t rest = b->n > n ? b->n - (size_t)n : 0, first = b->n - rest;
        int r;

        b->n = first;
        r = mover_move(&s->mover, b, node);
        memmove(b->pages + b->n, b->pages + first, rest * sizeof(*b->pages));
        b->n += rest;
        return r;
}

static int move_batch(struct move_session *s, const struct area *a, struct batch *b)
{
        while (b->n > 0) {
                uint64_t before = s->mover.kib[MOVE_DONE], pages = 0;
                unsigned node = 0;
                int r;

                r = find_room(s, a, &node, &pages);
                if (r < 0)
                        return r;
                if (pages == 0 && !a->huge)
                        return -ENOSPC;
                if (pages == 0) {
                        mover_give_up(&s->mover, b, MOVE_NO_MEMORY);
                        return 0;
                }
                r = move_first(s, b, pages, node);
                if (!a->huge)
                        use_room(s, node, s->mover.kib[MOVE_DONE] - before);
                if (r == -ENOMEM && a->huge) {
                        mover_give_up(&s->mover, b, MOVE_NO_MEMORY);
                } else if (r == -ENOMEM) {
                        nodeset_add(&s->full, node);
                        targets_done(&s->targets);
                } else if (r < 0) {
                        return r;
                }
        }
        return 0;
}

/* How long to wait until so much may have been moved. */
static uint64_t get_wait(const struct move_session *s)
{
        uint64_t passed = monotonic_usec() - s->start_usec;
        double moved = (double)(s->mover.kib[MOVE_DONE] << 10);
        double due = s->rate > 0 ? moved / (double)s->rate * (double)USEC : 0;

        return due > (double)passed ? (uint64_t)(due - (double)passed) : 0;
}

/* In small parts: a signal that came while pages were moved ends no sleep after it, and the process
 * may end meanwhile. */
static void keep_rate(const struct move_session *s, const struct process *p)
{
        uint64_t wait;

        while (!is_stopped(s) && process_is_alive(p) && (wait = get_wait(s)) > 0) {
                long usec = (long)(wait < WAIT_USEC ? wait : WAIT_USEC);

                nanosleep(&(struct timespec){ .tv_nsec = usec * 1000 }, NULL);
        }
}

/* With a limit of the rate less, but not less than a huge page, which moves as a whole. */
static size_t get_batch_size(const struct move_session *s, const struct area *a)
{
        uint64_t kib = BATCH_KIB;

        if (s->rate > 0 && s->rate / 4096 < kib)
                kib = s->rate / 4096;
        if (kib < s->mover.folio >> 10)
                kib = s->mover.folio >> 10;
        return kib > a->page_kib ? kib / a->page_kib : 1;
}

static void read_folio(struct move_session *s)
{
        unsigned size;

        s->mover.folio = sysroot_read_unsigned(s->root, FOLIO_PATH, UINT32_MAX, &size, NULL) == 0 &&
                                         size >= (unsigned)sysconf(_SC_PAGESIZE)
                                 ? size
                                 : FOLIO_DEFAULT;
}

/* There may be more than at first: processes are started and allocate. */
static void draw(struct move_session *s)
{
        uint64_t done = move_session_get_done(s);

        bar_draw(&s->bar, done, done > s->wanted_kib ? done : s->wanted_kib);
}

/* Ends where as many pages were found as numa_maps counts: what follows may be an immense space
 * without any. */
static int move_area(struct move_session *s, const struct process *p, const struct area *a)
{
        static struct area_reader reader; /* large */
        static struct batch b;
        uint64_t found = 0;
        int r = 0;

        area_reader_init(&reader, s->root, p->pid, a);
        while (r == 0 && found < a->kib &&
               area_reader_next(&reader, get_batch_size(s, a), s->mover.folio, &b)) {
                if (is_stopped(s))
                        return -EINTR;
                if (!process_is_alive(p))
                        return -ESRCH;
                r = mover_select(&s->mover, &b);
                found += b.n * b.page_kib;
                if (r == 0)
                        r = move_batch(s, a, &b);
                draw(s);
                keep_rate(s, p);
        }
        return r;
}

int move_session_run(struct move_session *s, const struct process *p, const struct areas *a)
{
        int r = 0;

        if (s->start_usec == 0)
                s->start_usec = monotonic_usec();
        if (s->mover.folio == 0)
                read_folio(s);
        s->mover.pid = p->pid;
        for (size_t i = 0; i < a->n && r == 0; i++) {
                s->has_bound = s->has_bound || a->items[i].is_bound;
                r = move_area(s, p, &a->items[i]);
        }
        if ((r == -ESRCH || r == -EINVAL) && process_is_ending(p))
                return -ESRCH;
        return r;
}
