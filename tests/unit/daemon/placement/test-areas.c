/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/areas.h"

#include "testing.h"

#define NUMA_MAPS                                                                                  \
        "55d000000000 default file=/usr/bin/cat mapped=7 N0=7 kernelpagesize_kB=4\n"               \
        "7f0000000000 bind:1 anon=300 dirty=300 N0=100 N1=200 kernelpagesize_kB=4\n"               \
        "7f1000000000 bind:0-1 anon=3 dirty=3 N1=3 kernelpagesize_kB=4\n"                          \
        "7f2000000000 default file=/anon_hugepage\\040(deleted) huge anon=2 dirty=2 N1=2 "         \
        "kernelpagesize_kB=2048\n"                                                                 \
        "7f3000000000 default stack anon=3 N2=3 kernelpagesize_kB=4\n"                             \
        "7fff00000000 default\n"

#define MAPS                                                                                       \
        "55d000000000-55d000010000 r-xp 00000000 fe:01 1 /usr/bin/cat\n"                           \
        "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"                                       \
        "7f1000000000-7f1000010000 rw-p 00000000 00:00 0 \n"                                       \
        "7f2000000000-7f2000400000 rw-p 00000000 00:0f 9 /anon_hugepage (deleted)\n"               \
        "7fff00000000-7fff00010000 rw-p 00000000 00:00 0 [stack]\n"

static struct nodeset node(unsigned n)
{
        struct nodeset set = { 0 };

        nodeset_add(&set, n);
        return set;
}

static void test_parse(void)
{
        struct nodeset from = node(1), to = node(0);
        struct areas a = { 0 };

        assert(areas_parse_numa_maps(NUMA_MAPS, &from, &to, &a) == 0);
        assert(a.n == 3 && a.there_kib == 107 * 4U);
        assert(areas_parse_maps(MAPS, &a) == 0);
        assert(a.n == 3);
        assert(a.items[0].start == 0x7f0000000000 && a.items[0].end == 0x7f0000200000);
        assert(a.items[0].kib == 800 && a.items[0].page_kib == 4);
        assert(a.items[0].is_bound && !a.items[1].is_bound && !a.items[2].is_bound);
        assert(a.items[2].huge && a.items[2].kib == 4096 && a.items[2].page_kib == 2048);
        assert(areas_sum(&a, false) == 812 && areas_sum(&a, true) == 4096);
        areas_done(&a);
}

/* What came or went between the two files, and what is not a line of them. */
static void test_change(void)
{
        struct nodeset from = node(1), to = node(0);
        struct areas a = { 0 };

        assert(areas_parse_numa_maps(NUMA_MAPS, &from, &to, &a) == 0);
        assert(areas_parse_maps("7f0000000000-7f0000001000 rw-p 0\n"
                                "7f0000002000-7f0000003000 rw-p 0\n"
                                "7f2000000000-7f2000400000 rw-p 0",
                                &a) == 0);
        assert(a.n == 2 && a.items[1].huge && a.items[1].end == 0x7f2000400000);
        assert(areas_parse_maps("garbage\n", &a) == -EBADMSG);
        assert(areas_parse_maps("", &a) == 0 && a.n == 0);
        assert(areas_parse_numa_maps("garbage\n", &from, &to, &a) == -EBADMSG);
        areas_done(&a);
}

/* A process whose pages are present where its address has bit 14, so every second four. */

static unsigned reads;
static bool has_pagemap, has_no_pages;

static ssize_t read_pagemap(void *data, const char *path, void *buf, size_t size, uint64_t offset)
{
        uint64_t *entries = buf;

        assert_streq(path, "proc/12/pagemap");
        reads++;
        if (!has_pagemap)
                return -EACCES;
        for (size_t i = 0; i < size / 8; i++)
                entries[i] = !has_no_pages && ((offset / 8 + i) & 4) != 0 ? UINT64_C(1) << 63
                                                                          : UINT64_C(1) << 62;
        return (ssize_t)size;
}

static void free_nothing(void *data)
{
}

static const struct sysroot_ops ops = { .read_at = read_pagemap, .free = free_nothing };

static size_t count(struct area_reader *r, size_t max)
{
        static struct batch b;
        size_t n = 0;

        while (area_reader_next(r, max, 4096, &b)) {
                assert(b.n <= max && b.n <= BATCH_MAX);
                for (size_t i = 0; i < b.n && has_pagemap; i++)
                        assert(((uintptr_t)b.pages[i] & 0x4000) != 0);
                n += b.n;
        }
        assert(b.n == 0);
        return n;
}

static void test_reader(void)
{
        /* more than a chunk of pagemap and not a multiple of it */
        struct area area = { .start = 0x7f0000000000,
                             .end = 0x7f0000000000 + (PAGEMAP_CHUNK + 808) * 4096ULL,
                             .page_kib = 4 };
        static struct area_reader r;
        struct sysroot *root;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        has_pagemap = true;
        area_reader_init(&r, root, 12, &area);
        assert(count(&r, SIZE_MAX) == (PAGEMAP_CHUNK + 808) / 2 && reads == 2);
        area_reader_init(&r, root, 12, &area);
        assert(count(&r, 5) == (PAGEMAP_CHUNK + 808) / 2);

        has_pagemap = false;
        reads = 0;
        area_reader_init(&r, root, 12, &area);
        assert(count(&r, 1000) == PAGEMAP_CHUNK + 808 && reads == 1);
        sysroot_free(root);
}

/* Batches end where a huge page may end. */
static void test_align(void)
{
        struct area area = { .start = 0x7f0000100000, .end = 0x7f0000700000, .page_kib = 4 };
        static const size_t expected[] = { 256, 512, 512, 256 };
        static struct area_reader r;
        static struct batch b;
        struct sysroot *root;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        has_pagemap = false;
        area_reader_init(&r, root, 12, &area);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                assert(area_reader_next(&r, 700, 2 << 20, &b) && b.n == expected[i]);
                assert(i == 0 || (uintptr_t)b.pages[0] % (2 << 20) == 0);
        }
        assert(!area_reader_next(&r, 700, 2 << 20, &b));
        area_reader_init(&r, root, 12, &area);
        assert(area_reader_next(&r, 1200, 2 << 20, &b) && b.n == 768);
        sysroot_free(root);
}

/* A terabyte without a page does not keep a signal waiting. */
static void test_empty(void)
{
        static struct area_reader r;
        static struct batch b;
        struct area area = { .start = 0, .end = UINT64_C(1) << 35, .page_kib = 4 };
        struct sysroot *root;
        unsigned steps = 0;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        has_pagemap = has_no_pages = true;
        area_reader_init(&r, root, 12, &area);
        for (reads = 0; area_reader_next(&r, SIZE_MAX, 2 << 20, &b); steps++)
                assert(b.n == 0);
        assert(steps == 3 && reads == (1U << 23) / PAGEMAP_CHUNK);
        has_no_pages = false;
        sysroot_free(root);
}

/* One address for each huge page. */
static void test_huge(void)
{
        struct area area = { .start = 0x7f0000004000,
                             .end = 0x7f0000004000 + (8 << 20),
                             .page_kib = 2048,
                             .huge = true };
        static struct area_reader r;
        struct sysroot *root;

        assert(sysroot_new(&ops, NULL, &root) == 0);
        has_pagemap = true;
        area_reader_init(&r, root, 12, &area);
        assert(count(&r, 3) == 4);
        sysroot_free(root);
}

int main(void)
{
        test_parse();
        test_change();
        test_reader();
        test_align();
        test_empty();
        test_huge();
        return 0;
}
