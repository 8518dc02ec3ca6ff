/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/numa-maps.h"

#include <errno.h>

#include "base/util.h"

/* A part of a line. */
struct span {
        const char *at, *end;
};

static size_t size_of(struct span s)
{
        return (size_t)(s.end - s.at);
}

static bool is_text(struct span s, const char *text)
{
        return size_of(s) == strlen(text) && memcmp(s.at, text, size_of(s)) == 0;
}

static bool skip(struct span *s, const char *prefix)
{
        size_t n = strlen(prefix);

        if (size_of(*s) < n || memcmp(s->at, prefix, n) != 0)
                return false;
        s->at += n;
        return true;
}

/* Takes the text up to the next delimiter (or all) out of *rest. */
static struct span take(struct span *rest, char delimiter)
{
        const char *found = memchr(rest->at, delimiter, size_of(*rest));
        struct span taken = { rest->at, found ?: rest->end };

        rest->at = found ? found + 1 : rest->end;
        return taken;
}

static unsigned digit_of(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (unsigned)(c - 'a') + 10;
        return 16;
}

/* Whether all of it is a number that fits. */
static bool parse_number(struct span s, unsigned base, uint64_t *ret)
{
        uint64_t v = 0;

        if (s.at == s.end)
                return false;
        for (; s.at < s.end; s.at++) {
                unsigned digit = digit_of(*s.at);

                if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
                    __builtin_add_overflow(v, digit, &v))
                        return false;
        }
        *ret = v;
        return true;
}

/* "N1=25" without its N */
static bool parse_node(struct span field, struct numa_map *m)
{
        struct span number = take(&field, '=');
        uint64_t node, pages;

        if (!parse_number(number, 10, &node) || node >= NODE_MAX ||
            !parse_number(field, 10, &pages))
                return false;
        /* ascending, so there are never more than NODE_MAX */
        if (m->n_nodes > 0 && m->nodes[m->n_nodes - 1].node >= node)
                return false;
        m->nodes[m->n_nodes++] = (struct numa_map_node){ (unsigned)node, pages };
        return !__builtin_add_overflow(m->pages, pages, &m->pages);
}

static bool parse_page_size(struct span value, struct numa_map *m)
{
        uint64_t kib;

        if (!parse_number(value, 10, &kib) || kib == 0 || kib > UINT32_MAX)
                return false;
        m->page_kib = (unsigned)kib;
        return true;
}

static bool is_node(struct span field)
{
        return size_of(field) >= 2 && field.at[0] == 'N' && digit_of(field.at[1]) < 10;
}

/* What follows the policy. Fields of a later kernel are skipped. */
static bool parse_field(struct span field, struct numa_map *m)
{
        if (is_node(field)) {
                field.at++;
                return parse_node(field, m);
        }
        if (skip(&field, "anon="))
                return parse_number(field, 10, &m->anon);
        if (skip(&field, "dirty="))
                return parse_number(field, 10, &m->dirty);
        if (skip(&field, "mapped="))
                return parse_number(field, 10, &m->mapped);
        if (skip(&field, "kernelpagesize_kB="))
                return parse_page_size(field, m);
        if (is_text(field, "huge"))
                m->huge = true;
        return true;
}

static bool parse_name(struct span field, struct numa_map *m)
{
        if (skip(&field, "file=")) {
                m->kind = NUMA_MAP_FILE;
                m->file = field.at;
                m->file_size = size_of(field);
        } else if (is_text(field, "heap")) {
                m->kind = NUMA_MAP_HEAP;
        } else if (is_text(field, "stack")) {
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
                if (skip(&field, first[i]))
                        return true;
        return is_text(field, "huge") || is_node(field);
}

static bool parse_line(struct span line, struct numa_map *m)
{
        struct span address = take(&line, ' ');
        uint64_t bytes;

        m->policy = line.at;
        if (!parse_number(address, 16, &m->start) || line.at == line.end)
                return false;
        m->policy_size = size_of(line);
        while (line.at < line.end) {
                struct span field = take(&line, ' ');
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
                if (!parse_field(take(&line, ' '), m))
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
        line = take(&rest, '\n');
        *at = rest.at;
        memset(ret, 0, offsetof(struct numa_map, nodes));
        ret->n_nodes = 0;
        return parse_line(line, ret) ? 1 : -EBADMSG;
}
