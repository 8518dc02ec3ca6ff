/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "online/holders.h"
#include "online/kernel-log.h"

/* Records are ended by NULs. What comes of them can be printed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct page_dumps dumps = { 0 };
        char owner[PAGE_OWNER_MAX];
        char text[8192];
        size_t length;

        if (size >= sizeof(text))
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        for (size_t at = 0; at <= size; at += length + 1) {
                length = strlen(text + at);
                page_dumps_add(&dumps, text + at);
        }
        for (size_t i = 0; i < dumps.n && i < PAGE_DUMPS_MAX; i++) {
                const struct page_dump *p = &dumps.items[i];

                assert(strlen(p->reason) < PAGE_DUMP_NAME_MAX);
                assert(strlen(p->file) < PAGE_DUMP_NAME_MAX);
                assert(p->refcount >= 0 && p->mapcount >= 0 && p->pincount >= 0);
                assert(page_dumps_find(&dumps, p->pfn, 1));
                free(holders_explain(NULL, ZONE_MOVABLE, -EBUSY, p, NULL));
        }
        if (page_owner_parse(text, 0x1001, owner) == 0)
                assert(strlen(owner) < PAGE_OWNER_MAX);
        return 0;
}
