/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysroot/serials.h"

#include <errno.h>
#include <inttypes.h>

#include "base/util.h"

struct place {
        const char *start, *end; /* in the text */
        uint64_t serial;
};

struct places {
        struct place *items;
        size_t n, allocated;
};

/* What is not written as one, or is 0, is no serial number. */
static int note_place(struct places *p, const char *start, const char **end)
{
        char *after = (char *)start;
        uint64_t serial = startswith(start, "0x") ? strtoull(start, &after, 16) : 0;

        *end = after;
        if (serial == 0)
                return 0;
        if (array_grow(&p->items, &p->allocated, p->n + 1, sizeof(*p->items)) < 0)
                return -ENOMEM;
        p->items[p->n++] = (struct place){ start, after, serial };
        return 0;
}

static int find_places(const char *text, struct places *ret)
{
        for (const char *at = text; *at;) {
                const char *start = startswith(at, "/serial: ") ?: startswith(at, "cxl:");

                if (!start) {
                        at++;
                        continue;
                }
                do {
                        if (note_place(ret, start, &at) < 0)
                                return -ENOMEM;
                        start = at + 1;
                } while (*at == '+');
        }
        return 0;
}

static int compare_places(const void *a, const void *b)
{
        const struct place *x = a, *y = b;

        return (x->serial > y->serial) - (x->serial < y->serial)
                       ?: (x->start > y->start) - (x->start < y->start);
}

static int compare_starts(const void *a, const void *b)
{
        const struct place *x = a, *y = b;

        return (x->start > y->start) - (x->start < y->start);
}

/* From the serial numbers to their ranks. */
static void rank(struct places *p)
{
        uint64_t last = 0, n = 0;

        qsort(p->items, p->n, sizeof(*p->items), compare_places);
        for (size_t i = 0; i < p->n; i++) {
                if (p->items[i].serial != last)
                        n++;
                last = p->items[i].serial;
                p->items[i].serial = n;
        }
        qsort(p->items, p->n, sizeof(*p->items), compare_starts);
}

int serials_hide(const char *text, char **ret)
{
        struct places places = { 0 };
        const char *at = text;
        size_t size;
        FILE *f;
        int r;

        r = find_places(text, &places);
        f = r < 0 ? NULL : open_memstream(ret, &size);
        if (!f) {
                free(places.items);
                return -ENOMEM;
        }
        if (places.n > 0)
                rank(&places);
        for (size_t i = 0; i < places.n; i++) {
                fwrite(at, 1, (size_t)(places.items[i].start - at), f);
                fprintf(f, "0x%" PRIx64, places.items[i].serial);
                at = places.items[i].end;
        }
        fputs(at, f);
        free(places.items);
        if (fclose(f) == 0)
                return 0;
        free(*ret);
        return -ENOMEM;
}
