/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/span.h"

#include "base/nodeset.h"

static unsigned digit_of(char c)
{
        if (c >= '0' && c <= '9')
                return (unsigned)(c - '0');
        if (c >= 'a' && c <= 'f')
                return (unsigned)(c - 'a') + 10;
        return 16;
}

bool span_parse(struct span s, unsigned base, uint64_t *ret)
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

bool span_parse_node(struct span s, unsigned *ret_node, uint64_t *ret_value)
{
        struct span number;
        uint64_t node;

        if (!span_skip(&s, "N"))
                return false;
        number = span_take(&s, '=');
        if (!span_parse(number, 10, &node) || node >= NODE_MAX || !span_parse(s, 10, ret_value))
                return false;
        *ret_node = (unsigned)node;
        return true;
}
