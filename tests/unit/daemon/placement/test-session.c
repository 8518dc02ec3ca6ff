/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/session.h"

#include <inttypes.h>
#include <time.h>

#include "testing.h"

/* A kernel with a process, 12, that has pages 0 to N of node 1 at BASE, and two nodes to which they
 * can move: node 0 and node 2. Pages are moved at once; what is free follows. */
#define BASE  0x7f0000000000ULL
#define PAGES 16384U

static int8_t nodes[PAGES];
static uint64_t free_pages[3];
static uint64_t pool[3]; /* free huge pages */
static sig_atomic_t stop;
static unsigned rival_at; /* the same: then others have all that was free */
static unsigned stop_at;  /* at so many calls that move */
static bool has_rival;
static unsigned page_pages = 1;
static unsigned zoneinfos;

static size_t index_of(const void *address)
{
        size_t i = (size_t)(((uintptr_t)address - BASE) / 4096 / page_pages);

        assert(i < PAGES);
        return i;
}

static long fake_move_pages(int pid, unsigned long n, void **pages, const int *to, int *status,
                            int flags)
{
        assert(pid == 12);
        for (size_t i = 0; i < n; i++) {
                int8_t *node = &nodes[index_of(pages[i])];
                uint64_t *room = to ? &(page_pages > 1 ? pool : free_pages)[to[i]] : NULL;

                if (to && *room == 0) {
                        errno = ENOMEM;
                        return -1;
                }
                if (to) {
                        *node = (int8_t)to[i];
                        --*room;
                }
                status[i] = *node;
        }
        if (to && rival_at > 0 && --rival_at == 0)
                has_rival = true;
        if (to && stop_at > 0 && --stop_at == 0)
                stop = 1;
        return 0;
}

static ssize_t read_file(void *data, const char *path, char *buf, size_t size)
{
        unsigned node;

        if (streq(path, "proc/zoneinfo")) {
                zoneinfos++;
                if (has_rival)
                        free_pages[0] = free_pages[2] = 0;
                return snprintf(buf, size,
                                "Node 0, zone Normal\n pages free %" PRIu64 "\n high 100\n"
                                "Node 2, zone Normal\n pages free %" PRIu64 "\n high 100\n",
                                free_pages[0], free_pages[2]);
        }
        if (sscanf(path, NODE "node%u/hugepages/hugepages-2048kB/free_hugepages", &node) == 1)
                return snprintf(buf, size, "%" PRIu64 "\n", pool[node]);
        return -ENOENT;
}

static void free_nothing(void *data)
{
}

static const struct sysroot_ops ops = { .read = read_file, .free = free_nothing };

static struct move_session begin(struct sysroot *root)
{
        struct move_session s = { .root = root,
                                  .mover = { .pid = 12, .move = fake_move_pages, .stop = &stop } };

        nodeset_add(&s.mover.from, 1);
        nodeset_add(&s.mover.to, 0);
        nodeset_add(&s.mover.to, 2);
        memset(nodes, 1, sizeof(nodes));
        free_pages[0] = free_pages[2] = 1000000;
        pool[0] = pool[2] = 0;
        stop = 0;
        stop_at = rival_at = 0;
        has_rival = false;
        page_pages = 1;
        zoneinfos = 0;
        return s;
}

static int move_all(struct move_session *s, const struct area *area)
{
        struct area copy = *area;
        const struct areas areas = { .items = &copy, .n = 1 };
        const struct process p = { .pid = 12, .fd = -1 };
        int r = move_session_run(s, &p, &areas);

        move_session_done(s);
        return r;
}

static const struct area whole = {
        .start = BASE, .end = BASE + PAGES * 4096ULL, .kib = PAGES * 4ULL, .page_kib = 4
};

static unsigned count(int node)
{
        unsigned n = 0;

        for (size_t i = 0; i < PAGES; i++)
                n += nodes[i] == node;
        return n;
}

/* Both nodes are filled to the same level. */
static void test_distribute(struct sysroot *root)
{
        struct move_session s = begin(root);

        free_pages[0] = 20000;
        free_pages[2] = 30000;
        assert(move_all(&s, &whole) == 0);
        assert(s.mover.kib[MOVE_DONE] == PAGES * 4U && move_session_get_done(&s) == PAGES * 4U);
        assert(free_pages[0] + free_pages[2] == 50000 - PAGES);
        assert(free_pages[2] < free_pages[0] + 5000 && free_pages[0] < free_pages[2] + 5000);
}

/* To the watermark, and not below. */
static void test_full(struct sysroot *root)
{
        struct move_session s = begin(root);

        free_pages[0] = 5000;
        free_pages[2] = 1100;
        assert(move_all(&s, &whole) == -ENOSPC);
        assert(free_pages[0] == 100 && free_pages[2] == 100);
        assert(count(1) == PAGES - 5900 && s.mover.kib[MOVE_DONE] == 5900 * 4U);
        assert(zoneinfos > 2);
}

/* Others take all of it meanwhile: that is noticed soon. */
static void test_rival(struct sysroot *root)
{
        struct move_session s = begin(root);

        free_pages[0] = free_pages[2] = 20000;
        rival_at = 1;
        assert(move_all(&s, &whole) == -ENOSPC);
        assert(PAGES - count(1) <= 3 * 4096 && count(1) < PAGES);
}

/* It ends when as much was found as there is. */
static void test_part(struct sysroot *root)
{
        struct move_session s = begin(root);
        struct area part = whole;

        part.kib = 100 * 4;
        assert(move_all(&s, &part) == 0);
        assert(count(1) >= PAGES - 8192);
}

static void test_stop(struct sysroot *root)
{
        struct move_session s = begin(root);

        stop_at = 2;
        assert(move_all(&s, &whole) == -EINTR);
        assert(count(1) > 0 && count(1) < PAGES);
        assert(s.mover.kib[MOVE_DONE] == (PAGES - count(1)) * 4U);
}

/* The signal comes while pages are moved, before what would be a wait of months. */
static void test_stop_before_wait(struct sysroot *root)
{
        struct move_session s = begin(root);

        s.rate = 1;
        stop_at = 1;
        alarm(10);
        assert(move_all(&s, &whole) == -EINTR);
        alarm(0);
        assert(s.mover.kib[MOVE_DONE] > 0 && count(1) > 0);
}

/* Slower than that: 64 MiB at 128 MiB/s take half a second. */
static void test_rate(struct sysroot *root)
{
        struct move_session s = begin(root);
        struct timespec before, after;

        s.rate = 128 << 20;
        assert(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
        assert(move_all(&s, &whole) == 0);
        assert(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
        assert((double)(after.tv_sec - before.tv_sec) +
                       (double)(after.tv_nsec - before.tv_nsec) / 1e9 >=
               0.49);
        assert(s.mover.kib[MOVE_DONE] == PAGES * 4U);
}

/* From the pools only, whatever is free beside. */
static void test_huge(struct sysroot *root)
{
        struct move_session s = begin(root);
        const struct area area = { .start = BASE,
                                   .end = BASE + (20 << 20),
                                   .kib = 20 << 10,
                                   .page_kib = 2048,
                                   .huge = true };

        page_pages = 512;
        pool[0] = 2;
        pool[2] = 5;
        free_pages[0] = free_pages[2] = 0;
        assert(move_all(&s, &area) == 0);
        assert(pool[0] == 0 && pool[2] == 0);
        assert(s.mover.kib[MOVE_DONE] == 7 * 2048 && s.mover.kib[MOVE_NO_MEMORY] == 3 * 2048);
}

int main(void)
{
        struct sysroot *root;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        test_distribute(root);
        test_full(root);
        test_rival(root);
        test_part(root);
        test_stop(root);
        test_stop_before_wait(root);
        test_rate(root);
        test_huge(root);
        sysroot_free(root);
        return 0;
}
