/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/holders.h"

#include <linux/kernel-page-flags.h>

#include "testing.h"

#define FLAG(name) (UINT64_C(1) << KPF_##name)

static struct holders holders;

static void explain(enum block_zone zone, int error, const struct page_dump *dump,
                    const char *owner, const char *want)
{
        char *text = holders_explain(&holders, zone, error, dump, owner);

        assert_streq(text, want);
        free(text);
}

static void test_kernel_zone(void)
{
        static const uint64_t flags[] = {
                FLAG(BUDDY),
                FLAG(SLAB) | FLAG(COMPOUND_HEAD),
                FLAG(COMPOUND_TAIL), /* of the slab */
                FLAG(LRU) | FLAG(ANON),
                FLAG(HUGE) | FLAG(COMPOUND_HEAD),
                FLAG(HUGE) | FLAG(COMPOUND_TAIL),
                FLAG(NOPAGE),
                0,
                FLAG(HWPOISON),
        };
        uint64_t pfn;

        holders_count(flags, ELEMENTSOF(flags), 0x1000, &holders);
        explain(ZONE_KERNEL, -EBUSY, NULL, NULL,
                "it is in a kernel zone, and not all of it can be moved: 2 pages of slab, 1 other "
                "page of the kernel, 1 huge page (hugetlb); for example page 0x1001");
        assert(holders_get_example(&holders, ZONE_KERNEL, &pfn) && pfn == 0x1001);
        explain(ZONE_NONE, 0, NULL, NULL, "it spans zones or has holes, and can never go offline");
}

static void test_movable_zone(void)
{
        static const uint64_t flags[] = { 0, FLAG(LRU) | FLAG(ANON), FLAG(LRU) | FLAG(ANON),
                                          FLAG(MMAP) };
        const struct page_dump dump = {
                .pfn = 0x1001,
                .refcount = 1026,
                .mapcount = 1,
                .is_anonymous = true,
                .reason = "migration failure",
        };

        holders_count(flags, ELEMENTSOF(flags), 0x1000, &holders);
        explain(ZONE_MOVABLE, -ETIMEDOUT, NULL, NULL,
                "it took too long: 2 anonymous pages, 1 page of files; for example page 0x1001");
        explain(ZONE_MOVABLE, -EBUSY, &dump, "of rdma.service",
                "not all of it can be moved: 2 anonymous pages, 1 page of files; the kernel's "
                "example: page 0x1001, anonymous, 1026 references, mapped 1 time, pinned "
                "(migration failure), of rdma.service");
        /* these pages are not to blame */
        explain(ZONE_MOVABLE, -EINPROGRESS, NULL, NULL,
                "another hotplug operation was under way all the time");
        explain(ZONE_KERNEL, -EINVAL, NULL, NULL,
                "the kernel refuses: it has holes, or spans zones");
        holders_count(flags, 1, 0x1000, &holders);
        explain(ZONE_MOVABLE, -EBUSY, NULL, NULL,
                "not all of it can be moved: 1 other page of the kernel; for example page 0x1000");
}

static void test_slab(void)
{
        static const uint64_t flags[] = { FLAG(SLAB) };
        const struct page_dump dump = { .pfn = 0x1000, .type = "slab", .reason = "unmovable page" };

        holders_count(flags, 1, 0x1000, &holders);
        explain(ZONE_KERNEL, -EBUSY, &dump, NULL,
                "it is in a kernel zone, and not all of it can be moved: 1 page of slab; the "
                "kernel's example: page 0x1000, slab (unmovable page)");
}

/* memmap_on_memory: what a block begins with then holds nothing. */
static void test_memmap(void)
{
        static const uint64_t own = UINT64_C(1) << 37, reserved = UINT64_C(1) << 32;
        const uint64_t flags[] = { own | reserved, own, FLAG(BUDDY), FLAG(LRU) | FLAG(ANON), own };

        holders_count(flags, 3, 0x1000, &holders);
        assert(holders.memmap == 2);
        explain(ZONE_MOVABLE, -EBUSY, NULL, NULL,
                "not all of it can be moved: no page that is known to be in the way; its first 2 "
                "pages are its own memmap (memmap_on_memory), and go with it");
        /* elsewhere that mark means something else */
        holders_count(flags, ELEMENTSOF(flags), 0x1000, &holders);
        assert(holders.memmap == 2 && holders.pages[HOLDER_KERNEL] == 1);
        assert(holders.pages[HOLDER_ANON] == 1 && holders.pages[HOLDER_RESERVED] == 0);
        holders_count(flags + 3, 1, 0x1000, &holders);
        assert(holders.memmap == 0);
}

/* A huge page that began in the block before is one, too. */
static void test_edges(void)
{
        static const uint64_t flags[] = { FLAG(HUGE) | FLAG(COMPOUND_TAIL),
                                          FLAG(HUGE) | FLAG(COMPOUND_TAIL) };

        holders_count(flags, 2, 0x1000, &holders);
        assert(holders.pages[HOLDER_HUGE] == 1);
        holders_count(flags, 0, 0x1000, &holders);
        explain(ZONE_MOVABLE, -EBUSY, NULL, NULL,
                "not all of it can be moved: no page that is known to be in the way");
        holders = (struct holders){ 0 };
        explain(ZONE_MOVABLE, -EINTR, NULL, NULL, "interrupted");
}

/* A kpageflags of its own: block 2 has what it should have. */
static ssize_t read_flags(void *data, const char *path, void *buf, size_t size, uint64_t offset)
{
        uint64_t *flags = buf;

        assert_streq(path, "proc/kpageflags");
        if (*(int *)data < 0)
                return *(int *)data;
        if (size > 64) /* in parts */
                size = 64;
        for (size_t i = 0; i < size / 8; i++)
                flags[i] = (offset / 8 + i) / 16 == 2 ? FLAG(SLAB) : FLAG(BUDDY);
        return (ssize_t)size;
}

static void free_nothing(void *data)
{
}

static void test_read(void)
{
        static const struct sysroot_ops ops = { .read_at = read_flags, .free = free_nothing };
        uint64_t block_size = 16 * (uint64_t)sysconf(_SC_PAGESIZE);
        struct sysroot *root;
        int error = 0;

        assert(sysroot_new(&ops, &error, &root) == 0);
        assert(holders_read(root, 2, block_size, &holders) == 0);
        assert(holders.known && holders.pages[HOLDER_SLAB] == 16);
        assert(holders.example[HOLDER_SLAB] == 32);
        assert(holders_read(root, 3, block_size, &holders) == 0);
        assert(holders.known && holders.pages[HOLDER_SLAB] == 0);
        error = -EPERM;
        assert(holders_read(root, 2, block_size, &holders) == -EPERM && !holders.known);
        sysroot_free(root);
}

static void test_owner(void)
{
        static const char text[] =
                "Page allocated via order 0, mask 0x140cca(GFP_HIGHUSER_MOVABLE), pid 812, tgid "
                "811 (rdma test), ts 5711 ns\nPFN 0x1001 type Movable Block 2 type Movable\n"
                " prep_new_page+0xa9/0x120\n get_page_from_freelist+0x82/0x9d0\n"
                " __alloc_pages+0x5c/0x2e0\n do_anonymous_page+0x10/0x20\n foo+0x1/0x2\n\n";
        char owner[PAGE_OWNER_MAX];

        assert(page_owner_parse(text, 0x1001, owner) == 0);
        assert_streq(owner, "allocated by rdma test (pid 812) in do_anonymous_page");
        assert(page_owner_parse(text, 0x1002, owner) == -ENOENT);
        assert(page_owner_parse("PFN 0x1001", 0x1001, owner) == -ENOENT);
        assert(page_owner_parse("", 0, owner) == -ENOENT);
}

int main(void)
{
        test_kernel_zone();
        test_movable_zone();
        test_slab();
        test_memmap();
        test_edges();
        test_read();
        test_owner();
        return 0;
}
