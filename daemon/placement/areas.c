/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/areas.h"

#include <errno.h>
#include <inttypes.h>

#include "facts/numa-maps.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT (UINT64_C(1) << 63)
/* So far a batch goes at once: the caller has a signal to look for. */
#define WAY_MAX (UINT64_C(8) << 30)

/* "bind:0-1", "bind=static:0-1" */
static bool is_bound(const struct numa_map *map, const struct nodeset *to)
{
        _cleanup_(freep) char *policy = strndup(map->policy, map->policy_size);
        struct nodeset nodes = { 0 };
        const char *list;

        if (!policy || !startswith(policy, "bind"))
                return false;
        list = strchr(policy, ':');
        if (!list || nodeset_parse(list + 1, &nodes) < 0)
                return false;
        nodeset_foreach (n, to)
                if (nodeset_has(&nodes, n))
                        return false;
        return true;
}

static uint64_t count_pages(const struct numa_map *map, const struct nodeset *nodes)
{
        uint64_t pages = 0;

        for (size_t i = 0; i < map->n_nodes; i++)
                if (nodeset_has(nodes, map->nodes[i].node))
                        pages += map->nodes[i].pages;
        return pages;
}

int areas_parse_numa_maps(const char *text, const struct nodeset *from, const struct nodeset *to,
                          struct areas *a)
{
        const char *end = text + strlen(text);
        struct numa_map map;
        int r;

        while ((r = numa_maps_next(&text, end, &map)) > 0) {
                uint64_t pages = count_pages(&map, from);

                a->there_kib += count_pages(&map, to) * map.page_kib;
                if (pages == 0 || map.page_kib == 0)
                        continue;
                if (array_grow(&a->items, &a->allocated, a->n + 1, sizeof(*a->items)) < 0)
                        return -ENOMEM;
                a->items[a->n++] = (struct area){
                        .start = map.start,
                        .kib = pages * map.page_kib,
                        .page_kib = map.page_kib,
                        .huge = map.huge,
                        .is_bound = is_bound(&map, to),
                };
        }
        return r;
}

/* "7f0000000000-7f0000021000 rw-p ..." */
static bool parse_range(const char *line, uint64_t *ret_start, uint64_t *ret_end)
{
        char *end;

        *ret_start = strtoull(line, &end, 16);
        if (end == line || *end != '-')
                return false;
        line = end + 1;
        *ret_end = strtoull(line, &end, 16);
        return end != line && *end == ' ' && *ret_end > *ret_start;
}

int areas_parse_maps(const char *text, struct areas *a)
{
        size_t i = 0, kept = 0;

        for (const char *line = text; *line && i < a->n;) {
                const char *next = strchr(line, '\n');
                uint64_t start, end;

                if (!parse_range(line, &start, &end))
                        return -EBADMSG;
                while (i < a->n && a->items[i].start < start)
                        i++;
                if (i < a->n && a->items[i].start == start) {
                        a->items[kept] = a->items[i++];
                        a->items[kept++].end = end;
                }
                line = next ? next + 1 : line + strlen(line);
        }
        a->n = kept;
        return 0;
}

int areas_read(struct sysroot *root, pid_t pid, const struct nodeset *from,
               const struct nodeset *to, struct areas *ret)
{
        _cleanup_(freep) char *numa_maps = NULL, *maps = NULL;
        struct areas a = { 0 };
        int r;

        r = sysroot_read_allocf(root, &numa_maps, "proc/%d/numa_maps", (int)pid);
        if (r == 0)
                r = sysroot_read_allocf(root, &maps, "proc/%d/maps", (int)pid);
        if (r == 0)
                r = areas_parse_numa_maps(numa_maps, from, to, &a);
        if (r == 0)
                r = areas_parse_maps(maps, &a);
        if (r < 0) {
                areas_done(&a);
                return r;
        }
        *ret = a;
        return 0;
}

void areas_done(struct areas *a)
{
        free(a->items);
        *a = (struct areas){ 0 };
}

uint64_t areas_sum(const struct areas *a, bool huge)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < a->n; i++)
                if (a->items[i].huge == huge)
                        sum += a->items[i].kib;
        return sum;
}

void area_reader_init(struct area_reader *r, struct sysroot *root, pid_t pid,
                      const struct area *area)
{
        r->root = root;
        r->pid = pid;
        r->area = *area;
        r->at = area->start;
        r->base = (uint64_t)sysconf(_SC_PAGESIZE);
        r->is_blind = false;
        r->first = area->start;
        r->n = 0;
}

/* Reads what pagemap says of the pages from r->at on. */
static void read_chunk(struct area_reader *r)
{
        uint64_t pages = (r->area.end - r->at) / r->base;
        char path[64];
        ssize_t n;

        if (pages > PAGEMAP_CHUNK)
                pages = PAGEMAP_CHUNK;
        snprintf(path, sizeof(path), "proc/%d/pagemap", (int)r->pid);
        n = sysroot_read_at(r->root, path, r->present, pages * sizeof(*r->present),
                            r->at / r->base * sizeof(*r->present));
        r->first = r->at;
        r->n = n > 0 ? (size_t)n / sizeof(*r->present) : 0;
        r->is_blind = r->n == 0;
}

/* Most of an immense mapping is empty: a whole chunk is left behind at once. */
static bool skip_chunk(struct area_reader *r, uint64_t size)
{
        uint64_t all = 0;

        for (size_t i = 0; i < r->n; i++)
                all |= r->present[i];
        if ((all & PRESENT) != 0 || r->is_blind || r->n * r->base % size != 0)
                return false;
        r->at += r->n * r->base;
        return true;
}

/* Sees to it that the next page is in the chunk. False: it is not, as the page is further on. */
static bool has_chunk(struct area_reader *r, uint64_t size)
{
        if (r->is_blind || (r->at - r->first) / r->base < r->n)
                return true;
        read_chunk(r);
        return !skip_chunk(r, size);
}

static bool is_present(const struct area_reader *r)
{
        return r->is_blind || (r->present[(r->at - r->first) / r->base] & PRESENT) != 0;
}

bool area_reader_next(struct area_reader *r, size_t max, uint64_t align, struct batch *b)
{
        uint64_t size = (uint64_t)r->area.page_kib << 10, begin = r->at;

        if (max > BATCH_MAX)
                max = BATCH_MAX;
        b->n = 0;
        b->page_kib = r->area.page_kib;
        while (b->n < max && r->at < r->area.end && r->at - begin < WAY_MAX) {
                if (b->n > 0 && r->at % align == 0 && b->n + align / size > max)
                        break;
                if (!has_chunk(r, size))
                        continue;
                if (is_present(r))
                        b->pages[b->n++] = (void *)(uintptr_t)r->at;
                r->at += size;
        }
        return b->n > 0 || r->at < r->area.end;
}
