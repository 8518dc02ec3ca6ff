/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/targets.h"

#include <errno.h>
#include <inttypes.h>

#define ZONEINFO "proc/zoneinfo"
#define SHARE    64 /* the part of a zone that stays free for others beyond the watermark */

struct zone {
        uint64_t free, high, managed, kept;
};

static uint64_t get_room(const struct zone *z)
{
        uint64_t reserve = z->high + z->kept + z->managed / SHARE;

        /* no machine has more pages: what a sum of nonsense overflows to does not matter */
        return z->free > reserve && reserve >= z->high ? z->free - reserve : 0;
}

static void read_number(const char *line, const char *field, uint64_t *ret)
{
        const char *rest = startswith(line, field);
        char *end;
        uint64_t value;

        if (!rest || *rest != ' ')
                return;
        value = strtoull(rest, &end, 10);
        if (end != rest)
                *ret = value;
}

/* "protection: (0, 2755, 15747)": what is kept from those who may use a higher zone; the pages of
 * programs may use the highest. */
static void read_protection(const char *line, uint64_t *ret)
{
        const char *at = startswith(line, "protection:");

        while (at && *at && *at != '\n') {
                char *end;
                uint64_t value;

                at += strcspn(at, "0123456789\n");
                value = strtoull(at, &end, 10);
                if (end == at)
                        return;
                if (value > *ret)
                        *ret = value;
                at = end;
        }
}

static void read_line(const char *line, struct zone *z)
{
        read_number(line, "pages free", &z->free);
        read_number(line, "high", &z->high);
        read_number(line, "managed", &z->managed);
        read_protection(line, &z->kept);
}

static struct target *find(struct target *items, size_t n, unsigned node)
{
        for (size_t i = 0; i < n; i++)
                if (items[i].node == node)
                        return &items[i];
        return NULL;
}

/* "Node 0, zone   Normal" */
static bool is_zone(const char *line, unsigned *ret_node)
{
        return sscanf(line, "Node %u, zone", ret_node) == 1;
}

void targets_parse(const char *text, uint64_t page_kib, struct target *items, size_t n)
{
        struct target *target = NULL;
        struct zone zone = { 0 };

        for (const char *line = text; line;) {
                const char *end = strchr(line, '\n');
                unsigned node;

                if (startswith(line, "Node ") && is_zone(line, &node)) {
                        if (target)
                                target->room_kib += get_room(&zone) * page_kib;
                        zone = (struct zone){ 0 };
                        target = find(items, n, node);
                } else if (target) {
                        read_line(line + strspn(line, " "), &zone);
                }
                line = end ? end + 1 : NULL;
        }
        if (target)
                target->room_kib += get_room(&zone) * page_kib;
}

int targets_read(struct sysroot *root, const struct nodeset *nodes, struct messages *errors,
                 struct targets *ret)
{
        uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
        _cleanup_(freep) char *text = NULL;
        struct targets t = { 0 };
        int r;

        r = sysroot_read_alloc(root, ZONEINFO, &text);
        if (r < 0) {
                messages_add(errors, "/" ZONEINFO ": cannot be read: %s", strerror(-r));
                return r;
        }
        t.items = calloc(nodeset_count(nodes) + 1, sizeof(*t.items));
        if (!t.items)
                return -ENOMEM;
        nodeset_foreach (node, nodes)
                t.items[t.n++].node = node;
        targets_parse(text, page_kib, t.items, t.n);
        *ret = t;
        return 0;
}

void targets_done(struct targets *t)
{
        free(t->items);
        *t = (struct targets){ 0 };
}

struct target *targets_get_largest(const struct targets *t)
{
        struct target *largest = NULL;

        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].room_kib > 0 &&
                    (!largest || t->items[i].room_kib > largest->room_kib))
                        largest = &t->items[i];
        return largest;
}

uint64_t targets_get_room(const struct targets *t)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < t->n; i++)
                sum += t->items[i].room_kib;
        return sum;
}
