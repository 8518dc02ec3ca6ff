/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pages that the kernel describes in its log when it cannot take a block offline
 * (mm/debug.c:dump_page, called by mm/page_isolation.c and mm/memory_hotplug.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_DUMPS_MAX     64
#define PAGE_DUMP_NAME_MAX 64

struct page_dump {
        uint64_t pfn;
        int64_t refcount, mapcount;
        int64_t pincount; /* of a large folio; else 0 */
        bool is_anonymous, is_swap_cache;
        char file[PAGE_DUMP_NAME_MAX]; /* the name in its directory of the file it is of; or "" */
        char type[PAGE_DUMP_NAME_MAX]; /* "slab", "hugetlb"; or "": of no such type, or Linux 6.1 */
        char reason[PAGE_DUMP_NAME_MAX]; /* "unmovable page", "migration failure" */
};

/* The last ones. Starts as { 0 }. */
struct page_dumps {
        struct page_dump items[PAGE_DUMPS_MAX], current;
        bool has_current; /* its first line was read, its last was not */
        size_t n;         /* how many there were; the last PAGE_DUMPS_MAX of them are kept */
};

/* Reads one record of /dev/kmsg ("4,1234,5678,-;TEXT\n KEY=VALUE\n"), ended with a NUL. */
void page_dumps_add(struct page_dumps *d, const char *record);

/* The newest dump of one of these pages, or NULL. */
const struct page_dump *page_dumps_find(const struct page_dumps *d, uint64_t first_pfn,
                                        uint64_t pages);

/* Whether something keeps the page where it is: a pin (FOLL_PIN) for DMA, direct I/O, RDMA or a
 * device of a virtual machine; or, of an anonymous page, a reference that no mapping explains: a
 * pipe's (vmsplice), an older driver's. */
bool page_dump_is_pinned(const struct page_dump *p);
