/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/kernel-log.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"

/* A pin of a page that is no large folio counts as so many references
 * (include/linux/mm.h:GUP_PIN_COUNTING_BIAS). */
#define PIN_BIAS 1024

/* The number after "KEY:", which a space or the line's beginning precedes. */
static bool find_number(const char *text, const char *key, int base, uint64_t *ret)
{
        size_t length = strlen(key);

        for (const char *at = strstr(text, key); at; at = strstr(at + 1, key)) {
                unsigned long long v;
                char *end;

                if ((at > text && at[-1] != ' ') || at[length] != ':')
                        continue;
                errno = 0;
                v = strtoull(at + length + 1, &end, base);
                if (errno != 0 || end == at + length + 1)
                        return false;
                *ret = v;
                return true;
        }
        return false;
}

static int64_t find_count(const char *text, const char *key)
{
        uint64_t v;

        return find_number(text, key, 10, &v) && v <= INT32_MAX ? (int64_t)v : 0;
}

/* Up to the end character; what is no printable ASCII is left out. */
static void copy_name(char ret[static PAGE_DUMP_NAME_MAX], const char *text, char end)
{
        size_t n = 0;

        for (; *text && *text != end && *text != '\n' && n + 1 < PAGE_DUMP_NAME_MAX; text++)
                if (*text >= ' ' && *text <= '~')
                        ret[n++] = *text;
        ret[n] = '\0';
}

static void begin(struct page_dumps *d, const char *text)
{
        uint64_t pfn;

        d->has_current = find_number(text, "pfn", 16, &pfn);
        if (!d->has_current)
                return;
        d->current = (struct page_dump){
                .pfn = pfn,
                .refcount = find_count(text, "refcount"),
                .mapcount = find_count(text, "mapcount"),
        };
}

static void end(struct page_dumps *d, const char *reason)
{
        copy_name(d->current.reason, reason, '\n');
        d->items[d->n++ % PAGE_DUMPS_MAX] = d->current;
        d->has_current = false;
}

static void add_line(struct page_dumps *d, const char *text)
{
        const char *rest;

        if (startswith(text, "page:")) {
                begin(d, text);
                return;
        }
        if (!d->has_current)
                return;
        if (startswith(text, "head:")) {
                /* 6.1 to 6.6: compound_pincount */
                d->current.pincount =
                        find_count(text, "pincount") ?: find_count(text, "compound_pincount");
                /* of a large folio the first line counts one page only */
                if (find_count(text, "mapcount") > d->current.mapcount)
                        d->current.mapcount = find_count(text, "mapcount");
        } else if (startswith(text, "anon flags:") || startswith(text, "ksm flags:")) {
                d->current.is_anonymous = true;
                d->current.is_swap_cache = strstr(text, "swapcache") != NULL;
        } else if ((rest = strstr(text, "dentry name:\"")) ||
                   (rest = strstr(text, "dentry name(?):\""))) {
                copy_name(d->current.file, strchr(rest, '"') + 1, '"');
        } else if (startswith(text, "page_type:") && (rest = strchr(text, '('))) {
                copy_name(d->current.type, rest + 1, ')'); /* "page_type: f5(slab)" */
        } else if ((rest = startswith(text, "page dumped because: "))) {
                end(d, rest);
        }
}

void page_dumps_add(struct page_dumps *d, const char *record)
{
        const char *text = strchr(record, ';');

        if (text)
                add_line(d, text + 1);
}

const struct page_dump *page_dumps_find(const struct page_dumps *d, uint64_t first_pfn,
                                        uint64_t pages)
{
        size_t kept = d->n < PAGE_DUMPS_MAX ? d->n : PAGE_DUMPS_MAX;

        for (size_t i = 0; i < kept; i++) {
                const struct page_dump *p = &d->items[(d->n - 1 - i) % PAGE_DUMPS_MAX];

                if (p->pfn >= first_pfn && p->pfn - first_pfn < pages)
                        return p;
        }
        return NULL;
}

/* Who tries to move it has a reference, too; so has the swap cache for each of its pages. */
bool page_dump_is_pinned(const struct page_dump *p)
{
        return p->pincount > 0 || p->refcount - p->mapcount >= PIN_BIAS ||
               (p->is_anonymous && !p->is_swap_cache && p->mapcount > 0 &&
                p->refcount > p->mapcount + 1);
}
