/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/drained.h"

#include <errno.h>
#include <stdio.h>

#define LINE_START "nodes "

int drained_load(struct sysroot *root, struct messages *problems, struct nodeset *ret)
{
        char text[NODESET_STRING_MAX + sizeof(LINE_START)];
        struct nodeset nodes = { 0 };
        const char *list;
        int r;

        r = sysroot_read_line(root, DRAINED_PATH, text, sizeof(text));
        if (sysroot_is_absent(r)) {
                *ret = nodes;
                return 0;
        }
        if (r < 0) {
                sysroot_reportf(problems, r, DRAINED_PATH);
                return r;
        }
        list = startswith(text, LINE_START);
        if (!list || nodeset_parse(list, &nodes) < 0) {
                messages_add(problems, "/" DRAINED_PATH ":1: expected \"nodes LIST\"");
                return -EBADMSG;
        }
        *ret = nodes;
        return 0;
}

int drained_save(struct sysroot *root, const struct nodeset *nodes)
{
        char list[NODESET_STRING_MAX], text[NODESET_STRING_MAX + sizeof(LINE_START) + 1];

        snprintf(text, sizeof(text), LINE_START "%s\n", nodeset_format(nodes, list));
        return sysroot_replace(root, DRAINED_PATH, text);
}
