/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/nodeset.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

void nodeset_add(struct nodeset *set, unsigned node)
{
        set->words[node / 64] |= UINT64_C(1) << (node % 64);
}

void nodeset_remove(struct nodeset *set, unsigned node)
{
        set->words[node / 64] &= ~(UINT64_C(1) << (node % 64));
}

bool nodeset_has(const struct nodeset *set, unsigned node)
{
        return node < NODE_MAX && (set->words[node / 64] >> (node % 64) & 1);
}

unsigned nodeset_count(const struct nodeset *set)
{
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(set->words); i++)
                n += (unsigned)__builtin_popcountll(set->words[i]);
        return n;
}

bool nodeset_equal(const struct nodeset *a, const struct nodeset *b)
{
        return memcmp(a, b, sizeof(*a)) == 0;
}

unsigned nodeset_next(const struct nodeset *set, unsigned from)
{
        for (unsigned i = from / 64; i < ELEMENTSOF(set->words); i++) {
                uint64_t word = set->words[i];

                if (i == from / 64)
                        word &= UINT64_MAX << (from % 64);
                if (word != 0)
                        return i * 64 + (unsigned)__builtin_ctzll(word);
        }
        return NODE_MAX;
}

/* Reads a run of digits at *s and moves past it. */
static int take_node(const char **s, unsigned *ret)
{
        unsigned v = 0;

        if (!isdigit((unsigned char)**s))
                return -EINVAL;
        for (; isdigit((unsigned char)**s); (*s)++) {
                v = v * 10 + (unsigned)(**s - '0');
                if (v >= NODE_MAX)
                        return -ERANGE;
        }
        *ret = v;
        return 0;
}

static int take_range(const char **s, struct nodeset *set)
{
        unsigned first, last;
        int r;

        r = take_node(s, &first);
        if (r < 0)
                return r;
        last = first;
        if (**s == '-') {
                (*s)++;
                r = take_node(s, &last);
                if (r < 0)
                        return r;
        }
        if (last < first)
                return -EINVAL;
        for (unsigned i = first; i <= last; i++)
                nodeset_add(set, i);
        return 0;
}

int nodeset_parse(const char *text, struct nodeset *ret)
{
        struct nodeset set = { 0 };
        const char *s = text + strspn(text, " \t");
        int r;

        while (*s != '\0' && *s != '\n') {
                r = take_range(&s, &set);
                if (r < 0)
                        return r;
                if (*s == ',') {
                        s++;
                        if (!isdigit((unsigned char)*s))
                                return -EINVAL;
                } else
                        break;
        }
        if (s[strspn(s, " \t\n")] != '\0')
                return -EINVAL;
        *ret = set;
        return 0;
}

const char *nodeset_format(const struct nodeset *set, char buf[static NODESET_STRING_MAX])
{
        char *p = buf;

        *p = '\0';
        for (unsigned first = nodeset_next(set, 0), last; first < NODE_MAX;
             first = nodeset_next(set, last + 1)) {
                for (last = first; nodeset_has(set, last + 1);)
                        last++;
                if (p != buf)
                        *p++ = ',';
                p += sprintf(p, "%u", first);
                if (last > first)
                        p += sprintf(p, "-%u", last);
        }
        return buf;
}
