/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Parts of a text, for parsers of files of the kernel that need no copy: not ended by a NUL. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
        const char *at, *end;
};

static inline size_t span_size(struct span s)
{
        return (size_t)(s.end - s.at);
}

static inline bool span_is(struct span s, const char *text)
{
        return span_size(s) == strlen(text) && memcmp(s.at, text, span_size(s)) == 0;
}

/* Moves past a prefix, if it is there. */
static inline bool span_skip(struct span *s, const char *prefix)
{
        size_t n = strlen(prefix);

        if (span_size(*s) < n || memcmp(s->at, prefix, n) != 0)
                return false;
        s->at += n;
        return true;
}

/* Takes the text up to the next delimiter (or all) out of *rest, and the delimiter with it. */
static inline struct span span_take(struct span *rest, char delimiter)
{
        const char *found = memchr(rest->at, delimiter, span_size(*rest));
        struct span taken = { rest->at, found ?: rest->end };

        rest->at = found ? found + 1 : rest->end;
        return taken;
}

/* Whether all of it is a number that fits; base 10, or 16 in small letters. */
bool span_parse(struct span s, unsigned base, uint64_t *ret);

/* Whether all of it is a node and a value: "N1=25". */
bool span_parse_node(struct span s, unsigned *ret_node, uint64_t *ret_value);
