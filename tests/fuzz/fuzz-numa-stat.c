/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "fuzz.h"
#include "usage/stat-file.h"

/* What is accepted has nodes that are set and amounts; else it is refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct usage_nodes *n = malloc(sizeof(*n));
        int r;

        assert(n);
        r = stat_file_parse((const char *)data, size, n);
        assert(r == 0 || r == -EBADMSG);
        nodeset_foreach (node, &n->nodes)
                assert(r < 0 || n->amounts[node].anon > 0 || n->amounts[node].file > 0 ||
                       n->amounts[node].kernel > 0);
        free(n);
        return 0;
}
