/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/numa-maps.h"

#include <errno.h>

#include "fuzz.h"

static void check(const struct numa_map *m, const char *text, const char *end)
{
        uint64_t pages = 0;

        for (size_t i = 0; i < m->n_nodes; i++) {
                assert(m->nodes[i].node < NODE_MAX);
                assert(i == 0 || m->nodes[i - 1].node < m->nodes[i].node);
                pages += m->nodes[i].pages;
        }
        assert(m->pages == pages && m->anon <= pages && (pages == 0 || m->page_kib > 0));
        assert(m->policy > text && m->policy_size > 0 && m->policy + m->policy_size <= end);
        assert((m->kind == NUMA_MAP_FILE) == (m->file != NULL));
        assert(!m->file || (m->file > m->policy && m->file + m->file_size <= end));
}

/* Each call moves on, to the end; what is found lies within the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data, *at = text, *end = text + size;
        struct numa_map m;
        int r;

        if (size == 0)
                return 0;
        do {
                const char *before = at;

                r = numa_maps_next(&at, end, &m);
                assert(at <= end && (r == 0) == (before == end) && (r == 0 || at > before));
                assert(r >= 0 || r == -EBADMSG);
                if (r > 0)
                        check(&m, text, end);
        } while (r != 0);
        return 0;
}
