/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/room.h"

#include <errno.h>
#include <limits.h>

#include "facts/counts.h"
#include "facts/gpu.h"
#include "facts/knobs.h"

/* Of each other node, a 16th is not counted, and at most 1 GiB. */
#define RESERVE      16
#define MEMINFO_PATH "proc/meminfo"
#define RESERVE_MAX  (UINT64_C(1) << 20)

static int read_meminfo(struct sysroot *root, unsigned node, struct messages *problems, char **ret)
{
        int r = sysroot_read_allocf(root, ret, NODE_DIR "/node%u/meminfo", node);

        if (r < 0)
                messages_add(problems, "/" NODE_DIR "/node%u/meminfo: cannot be read: %s", node,
                             strerror(-r));
        return r < 0 ? r : 0;
}

static uint64_t find(const char *text, const char *field)
{
        uint64_t kib = 0;

        (void)meminfo_find(text, field, &kib);
        return kib;
}

static void add_other(const char *text, struct room *room)
{
        uint64_t total = find(text, "MemTotal"), reserve = total / RESERVE, kib;

        if (total == 0)
                return;
        room->has_others = true;
        kib = find(text, "MemFree") + find(text, "Active(file)") + find(text, "Inactive(file)") +
              find(text, "SReclaimable");
        if (reserve > RESERVE_MAX)
                reserve = RESERVE_MAX;
        room->other_kib += kib > reserve ? kib - reserve : 0;
}

/* What cannot be read counts as none. */
static uint64_t read_swap(struct sysroot *root)
{
        _cleanup_(freep) char *text = NULL;

        return sysroot_read_alloc(root, MEMINFO_PATH, &text) < 0 ? 0 : find(text, "SwapFree");
}

int room_read(struct sysroot *root, unsigned node, struct messages *problems, struct room *ret)
{
        struct nodeset gpus;
        int r;

        r = gpus_find_nodes(root, &gpus);
        return r < 0 ? r : room_read_without(root, node, &gpus, problems, ret);
}

int room_read_without(struct sysroot *root, unsigned node, const struct nodeset *leave_out,
                      struct messages *problems, struct room *ret)
{
        struct room room = { .swap_kib = read_swap(root) };
        struct nodeset nodes;
        char list[NODESET_STRING_MAX];
        int r;

        r = sysroot_read_line(root, NODE_DIR "/has_memory", list, sizeof(list));
        if (r == 0)
                r = nodeset_parse(list, &nodes);
        if (r < 0) {
                messages_add(problems, "/" NODE_DIR "/has_memory: cannot be read: %s",
                             strerror(-r));
                return r;
        }
        nodeset_foreach (n, &nodes) {
                _cleanup_(freep) char *text = NULL;

                if (n != node && nodeset_has(leave_out, n))
                        continue;
                r = read_meminfo(root, n, problems, &text);
                if (r < 0)
                        return r;
                if (n != node)
                        add_other(text, &room);
                else if (find(text, "MemTotal") > find(text, "MemFree"))
                        room.used_kib = find(text, "MemTotal") - find(text, "MemFree");
        }
        *ret = room;
        return 0;
}
