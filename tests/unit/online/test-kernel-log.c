/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/kernel-log.h"

#include "testing.h"

static struct page_dumps dumps;

/* As Linux 6.12 and 7.3 print it. */
static void add_anonymous(uint64_t pfn)
{
        char line[256];

        snprintf(line, sizeof(line),
                 "4,501,61234567,-;page: refcount:1027 mapcount:1 mapping:0000000000000000 "
                 "index:0x7f12 pfn:%#llx\n SUBSYSTEM=x\n",
                 (unsigned long long)pfn);
        page_dumps_add(&dumps, line);
        page_dumps_add(&dumps, "4,502,61234568,-;memcg:ffff888003d6c000\n");
        page_dumps_add(&dumps, "4,503,61234569,-;anon flags: 0x200000000002032d(locked|lru)\n");
        page_dumps_add(&dumps, "4,504,61234570,-;raw: 200000000002032d ffff 0 1\n");
        page_dumps_add(&dumps, "4,505,61234571,-;page dumped because: migration failure\n");
}

static void test_anonymous(void)
{
        const struct page_dump *p;

        add_anonymous(0x148123);
        assert(dumps.n == 1 && !dumps.has_current);
        p = page_dumps_find(&dumps, 0x148000, 32768);
        assert(p && p->pfn == 0x148123 && p->refcount == 1027 && p->mapcount == 1);
        assert(p->is_anonymous && page_dump_is_pinned(p));
        assert_streq(p->reason, "migration failure");
        assert(!page_dumps_find(&dumps, 0x148124, 1) && !page_dumps_find(&dumps, 0x140000, 0x8123));
}

/* vmsplice(2) takes a reference, and no pin. */
static void add_spliced(const char *references, const char *flags)
{
        char line[256];

        snprintf(line, sizeof(line), "4,1,2,-;page: refcount:%s mapcount:1 pfn:0x147000\n",
                 references);
        page_dumps_add(&dumps, line);
        snprintf(line, sizeof(line), "4,1,2,-;anon flags: 0x20(%s)\n", flags);
        page_dumps_add(&dumps, line);
        page_dumps_add(&dumps, "4,1,2,-;page dumped because: migration failure\n");
}

static void test_spliced(void)
{
        add_spliced("3", "uptodate|dirty");
        assert(page_dump_is_pinned(page_dumps_find(&dumps, 0x147000, 1)));
        add_spliced("2", "uptodate|dirty");
        assert(!page_dump_is_pinned(page_dumps_find(&dumps, 0x147000, 1)));
        add_spliced("3", "uptodate|swapcache");
        assert(!page_dump_is_pinned(page_dumps_find(&dumps, 0x147000, 1)));
}

/* As Linux 6.1 prints it. */
static void test_file(void)
{
        const struct page_dump *p;

        page_dumps_add(&dumps, "4,1,2,-;page:00000000c0ffee00 refcount:3 mapcount:0 "
                               "mapping:0000000012345678 index:0x2 pfn:0x150000\n");
        page_dumps_add(&dumps, "4,1,2,-;head:00000000c0ffee00 order:9 compound_mapcount:0 "
                               "subpages_mapcount:0 compound_pincount:2\n");
        page_dumps_add(&dumps, "4,1,2,-;aops:ext4_da_aops ino:1a dentry name:\"data\x01.bin\"\n");
        page_dumps_add(&dumps, "4,1,2,-;page dumped because: unmovable page\n");
        p = page_dumps_find(&dumps, 0x150000, 1);
        assert(p && !p->is_anonymous && p->pincount == 2 && page_dump_is_pinned(p));
        assert_streq(p->file, "data.bin");
        assert_streq(p->reason, "unmovable page");
}

static void test_slab(void)
{
        const struct page_dump *p;

        page_dumps_add(&dumps, "4,1,2,-;page: refcount:0 mapcount:0 mapping:0000000000000000 "
                               "index:0x0 pfn:0x160000\n");
        page_dumps_add(&dumps, "4,1,2,-;flags: 0x100000000000000(node=0|zone=1)\n");
        page_dumps_add(&dumps, "4,1,2,-;page_type: f5(slab)\n");
        page_dumps_add(&dumps, "4,1,2,-;page dumped because: unmovable page\n");
        p = page_dumps_find(&dumps, 0x160000, 1);
        assert(p && !p->is_anonymous);
        assert_streq(p->type, "slab");
}

/* A dump that begins or ends outside of what was read is none. */
static void test_parts(void)
{
        size_t before = dumps.n;

        page_dumps_add(&dumps, "4,1,2,-;page dumped because: unmovable page\n");
        page_dumps_add(&dumps, "");
        page_dumps_add(&dumps, "no record");
        page_dumps_add(&dumps, "4,1,2,-;page: refcount:1 mapcount:0 index:0x2\n");
        page_dumps_add(&dumps, "4,1,2,-;page dumped because: it names no page\n");
        assert(dumps.n == before);
        page_dumps_add(&dumps, "4,1,2,-;page: refcount:2 mapcount:1 pfn:0x99\n");
        page_dumps_add(&dumps, "4,1,2,-;page: refcount:1 mapcount:-5 pfn:0x98\n");
        page_dumps_add(&dumps, "4,1,2,-;page dumped because: x\n");
        assert(dumps.n == before + 1 && !page_dumps_find(&dumps, 0x99, 1));
        assert(page_dumps_find(&dumps, 0x98, 1)->mapcount == 0);
        assert(!page_dump_is_pinned(page_dumps_find(&dumps, 0x98, 1)));
}

/* The newest are kept, and of one page the newest is found. */
static void test_many(void)
{
        for (unsigned i = 0; i < 3 * PAGE_DUMPS_MAX; i++)
                add_anonymous(0x200000 + i);
        assert(!page_dumps_find(&dumps, 0x200000, 2 * PAGE_DUMPS_MAX));
        for (unsigned i = 2 * PAGE_DUMPS_MAX; i < 3 * PAGE_DUMPS_MAX; i++)
                assert(page_dumps_find(&dumps, 0x200000 + i, 1));
        assert(page_dumps_find(&dumps, 0x200000, 3 * PAGE_DUMPS_MAX)->pfn ==
               0x200000 + 3 * PAGE_DUMPS_MAX - 1);
}

int main(void)
{
        test_anonymous();
        test_spliced();
        test_file();
        test_slab();
        test_parts();
        test_many();
        return 0;
}
