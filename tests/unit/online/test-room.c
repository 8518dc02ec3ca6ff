/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/room.h"

#include "fake-kernel.h"

#define INFO(node, total, free, active, inactive)                                                  \
        NODE "node" #node "/meminfo:\n  Node " #node " MemTotal:  " #total " kB\n  Node " #node    \
             " MemFree:  " #free " kB\n  Node " #node " Inactive(anon):  7 kB\n  Node " #node      \
             " Active(file):  " #active " kB\n  Node " #node " Inactive(file):  " #inactive        \
             " kB\n"

static void test_room(void)
{
        struct messages problems = MESSAGES_INIT;
        struct room room;
        struct sysroot *root = root_from(
                "proc/meminfo:\n  MemTotal: 9 kB\n  SwapTotal: 8 kB\n  SwapFree: 6 kB\n" NODE
                "has_memory: 0-2\n" INFO(0, 1600, 500, 20, 3) INFO(1, 1000, 400, 5, 5)
                        INFO(2, 320, 1, 2, 3));

        assert(room_read(root, 1, &problems, &room) == 0 && problems.n == 0);
        assert(room.has_others && room.used_kib == 600 && room.swap_kib == 6);
        assert(room.other_kib == 523 - 100); /* node 2 has less than the kernel keeps */
        sysroot_free(root);
}

/* Of a large node, not much is kept. */
static void test_large(void)
{
        struct messages problems = MESSAGES_INIT;
        struct room room;
        struct sysroot *root = root_from(NODE "has_memory: 0-1\n" INFO(0, 1000000000, 4000000, 0, 0)
                                                 INFO(1, 1000, 400, 5, 5));

        assert(room_read(root, 1, &problems, &room) == 0);
        assert(room.other_kib == 4000000 - 1048576);
        sysroot_free(root);
}

#define GPU(text) "proc/driver/nvidia/gpus/0009:01:00.0/numa_status:\n  " text "\n"

/* Programs do not belong into the memory of a GPU. */
static void test_gpu(void)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset none = { 0 };
        struct room room;
        struct sysroot *root = root_from(GPU("Node: 2") NODE "has_memory: 0-2\n" INFO(
                0, 1600, 500, 0, 0) INFO(1, 1000, 400, 0, 0) INFO(2, 1600, 900, 0, 0));

        assert(room_read(root, 1, &problems, &room) == 0 && room.other_kib == 500 - 100);
        assert(room_read_without(root, 1, &none, &problems, &room) == 0);
        assert(room.other_kib == 500 - 100 + 900 - 100);
        /* what it holds itself can go */
        assert(room_read(root, 2, &problems, &room) == 0 && room.used_kib == 700);
        assert(room.other_kib == 500 - 100 + 400 - 62);
        nodeset_add(&none, 0);
        nodeset_add(&none, 2);
        assert(room_read_without(root, 1, &none, &problems, &room) == 0 && !room.has_others);
        sysroot_free(root);
}

static void test_alone(void)
{
        struct messages problems = MESSAGES_INIT;
        struct room room;
        struct sysroot *root = root_from(NODE "has_memory: 0\n" INFO(0, 1600, 500, 20, 3));

        assert(room_read(root, 0, &problems, &room) == 0);
        assert(!room.has_others && room.other_kib == 0 && room.used_kib == 1100);
        /* a node without memory uses none */
        assert(room_read(root, 5, &problems, &room) == 0);
        assert(room.has_others && room.used_kib == 0);
        sysroot_free(root);
}

static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;
        struct room room;
        struct sysroot *root = root_from(NODE "has_memory: 0-1\n" INFO(0, 1600, 500, 20, 3));

        assert(room_read(root, 0, &problems, &room) == -ENOENT);
        assert(messages_have(&problems, "node1/meminfo"));
        messages_done(&problems);
        sysroot_free(root);
}

int main(void)
{
        test_room();
        test_large();
        test_gpu();
        test_alone();
        test_unreadable();
        return 0;
}
