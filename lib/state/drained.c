/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/drained.h"

#include <errno.h>
#include <stdio.h>

#define LINE_START "nodes "

static int load(struct sysroot *root, const char *path, struct messages *problems,
                struct nodeset *ret)
{
        char text[NODESET_STRING_MAX + sizeof(LINE_START)];
        struct nodeset nodes = { 0 };
        const char *list;
        int r;

        r = sysroot_read_line(root, path, text, sizeof(text));
        if (sysroot_is_absent(r)) {
                *ret = nodes;
                return 0;
        }
        if (r < 0) {
                sysroot_reportf(problems, r, "%s", path);
                return r;
        }
        list = startswith(text, LINE_START);
        if (!list || nodeset_parse(list, &nodes) < 0) {
                messages_add(problems, "/%s:1: expected \"nodes LIST\"", path);
                return -EBADMSG;
        }
        *ret = nodes;
        return 0;
}

static int save(struct sysroot *root, const char *path, const struct nodeset *nodes)
{
        char list[NODESET_STRING_MAX], text[NODESET_STRING_MAX + sizeof(LINE_START) + 1];

        snprintf(text, sizeof(text), LINE_START "%s\n", nodeset_format(nodes, list));
        return sysroot_replace(root, path, text);
}

int drained_load(struct sysroot *root, struct messages *problems, struct nodeset *ret)
{
        return load(root, DRAINED_PATH, problems, ret);
}

int drained_save(struct sysroot *root, const struct nodeset *nodes)
{
        return save(root, DRAINED_PATH, nodes);
}

int zoned_load(struct sysroot *root, struct messages *problems, struct nodeset *ret)
{
        return load(root, ZONED_PATH, problems, ret);
}

int zoned_save(struct sysroot *root, const struct nodeset *nodes)
{
        return save(root, ZONED_PATH, nodes);
}
