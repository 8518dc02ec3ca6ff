/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/numa-maps.h"

#include <errno.h>

#include "base/span.h"
#include "base/util.h"

static bool parse_node(struct span field, struct numa_map *m)
{
        uint64_t pages;
        unsigned node;

        if (!span_parse_node(field, &node, &pages))
                return false;
        /* ascending, so there are never more than NODE_MAX */
        if (m->n_nodes > 0 && m->nodes[m->n_nodes - 1].node >= node)
                return false;
        m->nodes[m->n_nodes++] = (struct numa_map_node){ node, pages };
        return !__builtin_add_overflow(m->pages, pages, &m->pages);
}

static bool parse_page_size(struct span value, struct numa_map *m)
{
        uint64_t kib;

        if (!span_parse(value, 10, &kib) || kib == 0 || kib > UINT32_MAX)
                return false;
        m->page_kib = (unsigned)kib;
        return true;
}

static bool is_node(struct span field)
{
        return span_size(field) >= 2 && field.at[0] == 'N' && field.at[1] >= '0' &&
               field.at[1] <= '9';
}

/* What follows the policy. Fields of a later kernel are skipped. */
static bool parse_field(struct span field, struct numa_map *m)
{
        if (is_node(field))
                return parse_node(field, m);
        if (span_skip(&field, "anon="))
                return span_parse(field, 10, &m->anon);
        if (span_skip(&field, "dirty="))
                return span_parse(field, 10, &m->dirty);
        if (span_skip(&field, "mapped="))
                return span_parse(field, 10, &m->mapped);
        if (span_skip(&field, "kernelpagesize_kB="))
                return parse_page_size(field, m);
        if (span_is(field, "huge"))
                m->huge = true;
        return true;
}

static bool parse_name(struct span field, struct numa_map *m)
{
        if (span_skip(&field, "file=")) {
                m->kind = NUMA_MAP_FILE;
                m->file = field.at;
                m->file_size = span_size(field);
        } else if (span_is(field, "heap")) {
                m->kind = NUMA_MAP_HEAP;
        } else if (span_is(field, "stack")) {
                m->kind = NUMA_MAP_STACK;
        } else {
                return false;
        }
        return true;
}

/* Whether the policy ends before this field. A policy may hold spaces and = itself: "weighted
 * interleave:0-1", "prefer (many)=static:1". These are the fields that may come first after it. */
static bool ends_policy(struct span field)
{
        static const char *const first[] = { "anon=", "dirty=", "mapped=" };

        for (size_t i = 0; i < ELEMENTSOF(first); i++)
                if (span_skip(&field, first[i]))
                        return true;
        return span_is(field, "huge") || is_node(field);
}

static bool parse_line(struct span line, struct numa_map *m)
{
        struct span address = span_take(&line, ' ');
        uint64_t bytes;

        m->policy = line.at;
        if (!span_parse(address, 16, &m->start) || line.at == line.end)
                return false;
        m->policy_size = span_size(line);
        while (line.at < line.end) {
                struct span field = span_take(&line, ' ');
                bool is_name = parse_name(field, m);

                if (!is_name && !ends_policy(field))
                        continue;
                if (field.at - m->policy < 2)
                        return false; /* there is none */
                m->policy_size = (size_t)(field.at - m->policy) - 1;
                if (!is_name && !parse_field(field, m))
                        return false;
                break;
        }
        while (line.at < line.end)
                if (!parse_field(span_take(&line, ' '), m))
                        return false;
        if (m->anon > m->pages)
                m->anon = m->pages;
        if (m->pages > 0 && m->page_kib == 0)
                return false;
        return !__builtin_mul_overflow(m->pages, m->page_kib * UINT64_C(1024), &bytes);
}

int numa_maps_next(const char **at, const char *end, struct numa_map *ret)
{
        struct span rest = { *at, end }, line;

        if (rest.at == rest.end)
                return 0;
        line = span_take(&rest, '\n');
        *at = rest.at;
        memset(ret, 0, offsetof(struct numa_map, nodes));
        ret->n_nodes = 0;
        return parse_line(line, ret) ? 1 : -EBADMSG;
}
