/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What keeps a memory block from going offline: the kinds of pages in it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts/block-table.h"
#include "online/kernel-log.h"
#include "sysroot/sysroot.h"

enum holder_kind {
        HOLDER_SLAB,
        HOLDER_TABLE,    /* page tables */
        HOLDER_RESERVED, /* allocated at boot, or never given to the allocator */
        HOLDER_OFFLINE,  /* PG_offline: a balloon's, or virtio-mem's */
        HOLDER_KERNEL,   /* what the kernel uses without a mark: stacks, vmalloc, others' memmap */
        HOLDER_HUGE,     /* hugetlb: counted as huge pages */
        HOLDER_ANON,
        HOLDER_FILE,
        HOLDER_KINDS,
};

struct holders {
        bool known;
        uint64_t pages[HOLDER_KINDS];
        uint64_t example[HOLDER_KINDS]; /* the pfn of the first */
        uint64_t memmap; /* pages at the beginning that hold the memmap of the block itself */
};

#define PAGE_OWNER_MAX 128

/* Counts pages by their flags, as /proc/kpageflags shows them (include/uapi/linux/kernel-page-
 * flags.h); flags[0] is that of first_pfn, where a block begins. Free pages count as nothing. */
void holders_count(const uint64_t *flags, size_t n, uint64_t first_pfn, struct holders *ret);

/* Reads the flags of one block. Only root may: 0, or an error of reading (then ret->known is
 * false). */
int holders_read(struct sysroot *root, uint64_t block, uint64_t block_size, struct holders *ret);

/* Who allocated the page, if the kernel keeps account of that (page_owner=on): "allocated by
 * kworker/0:1 (pid 42) in alloc_foo". text is a record of page_owner. 0, or -ENOENT: it is not
 * about this page. */
int page_owner_parse(const char *text, uint64_t pfn, char ret[static PAGE_OWNER_MAX]);
int page_owner_read(struct sysroot *root, uint64_t pfn, char ret[static PAGE_OWNER_MAX]);

/* Why a block stays: a phrase to be freed, or NULL: no memory. zone: in which it is. error: of the
 * last try. dump and owner (of the example) may be NULL. */
char *holders_explain(const struct holders *h, enum block_zone zone, int error,
                      const struct page_dump *dump, const char *owner);

/* The page that shows best what holds the block. False: none is known. */
bool holders_get_example(const struct holders *h, enum block_zone zone, uint64_t *ret);
