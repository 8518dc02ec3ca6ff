/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/numa-stat.h"

#include <errno.h>

int numa_stat_next(struct span *text, struct numa_stat_line *ret)
{
        struct span line;

        if (text->at == text->end)
                return 0;
        line = span_take(text, '\n');
        ret->name = span_take(&line, ' ');
        ret->nodes = line;
        return span_size(ret->name) > 0 ? 1 : -EBADMSG;
}

int numa_stat_next_node(struct numa_stat_line *line, unsigned *ret_node, uint64_t *ret_bytes)
{
        struct span field;

        if (line->nodes.at == line->nodes.end)
                return 0;
        field = span_take(&line->nodes, ' ');
        return span_parse_node(field, ret_node, ret_bytes) ? 1 : -EBADMSG;
}
