/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "placement/areas.h"
#include "placement/process.h"
#include "placement/targets.h"

static void check_areas(const char *numa_maps, const char *maps)
{
        struct nodeset from = { 0 }, to = { 0 };
        struct areas a = { 0 };
        uint64_t last = 0;
        int r;

        nodeset_add(&from, 1);
        nodeset_add(&to, 0);
        r = areas_parse_numa_maps(numa_maps, &from, &to, &a);
        assert(r == 0 || r == -EBADMSG);
        r = areas_parse_maps(maps, &a);
        assert(r == 0 || r == -EBADMSG);
        for (size_t i = 0; r == 0 && i < a.n; i++) {
                assert(a.items[i].end > a.items[i].start);
                assert(a.items[i].page_kib > 0 && a.items[i].kib > 0);
                assert(i == 0 || a.items[i].start >= last);
                last = a.items[i].start;
        }
        areas_done(&a);
}

static void check_process(const char *text)
{
        char name[PROCESS_NAME_MAX];
        struct nodeset nodes;
        bool is_kernel, is_zombie;
        int r;

        r = process_parse_stat(text, name, &is_kernel, &is_zombie);
        assert(r == 0 || r == -EBADMSG);
        assert(r < 0 || strlen(name) < PROCESS_NAME_MAX);
        r = process_parse_memory(text, &nodes);
        assert(r == 0 || r == -EBADMSG);
}

/* Any file of /proc; of two with an empty line between them, numa_maps and maps. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct target items[2] = { { .node = 0 }, { .node = 1 } };
        char text[8192], *second;

        if (size >= sizeof(text))
                return 0;
        memcpy(text, data, size);
        text[size] = '\0';
        check_process(text);
        targets_parse(text, 4, items, 2);
        second = strstr(text, "\n\n");
        if (second) {
                second[1] = '\0';
                check_areas(text, second + 2);
        }
        return 0;
}
