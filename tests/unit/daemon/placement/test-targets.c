/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "placement/targets.h"

#include "testing.h"

/* /proc/zoneinfo, without what is of no interest. */
#define ZONEINFO                                                                                   \
        "Node 0, zone      DMA\n"                                                                  \
        "  per-node stats\n"                                                                       \
        "      nr_inactive_anon 0\n"                                                               \
        "  pages free     2816\n"                                                                  \
        "        boost    0\n"                                                                     \
        "        min      44\n"                                                                    \
        "        low      55\n"                                                                    \
        "        high     66\n"                                                                    \
        "        managed  3840\n"                                                                  \
        "        protection: (0, 2755, 15747, 15747, 15747)\n"                                     \
        "      nr_free_pages 2816\n"                                                               \
        "  pagesets\n"                                                                             \
        "    cpu: 0\n"                                                                             \
        "              count: 0\n"                                                                 \
        "              high:  0\n"                                                                 \
        "              batch: 1\n"                                                                 \
        "Node 0, zone   Normal\n"                                                                  \
        "  pages free     10000\n"                                                                 \
        "        high     1000\n"                                                                  \
        "        managed  64000\n"                                                                 \
        "        protection: (0, 0, 0, 0, 0)\n"                                                    \
        "    cpu: 0\n"                                                                             \
        "              high:  7000\n"                                                              \
        "Node 1, zone   Normal\n"                                                                  \
        "  pages free     500\n"                                                                   \
        "        high     1000\n"                                                                  \
        "        managed  64000\n"                                                                 \
        "        protection: (0, 0, 0, 0, 100)\n"                                                  \
        "Node 1, zone  Movable\n"                                                                  \
        "  pages free     3000\n"                                                                  \
        "        high     100\n"                                                                   \
        "        managed  6400\n"                                                                  \
        "        protection: (0, 0, 0, 0, 0)\n"

/* What is kept of a zone counts against that zone alone. */
static void test_parse(void)
{
        struct target items[] = { { .node = 0 }, { .node = 1 }, { .node = 7 } };

        targets_parse(ZONEINFO, 4, items, 3);
        assert(items[0].room_kib == (10000 - 1000 - 1000) * 4);
        assert(items[1].room_kib == (3000 - 100 - 100) * 4);
        assert(items[2].room_kib == 0);
        targets_parse("Node 7, zone Normal\n pages free 10", 4, items, 3);
        assert(items[2].room_kib == 40);
        targets_parse("", 4, items, 3);
        targets_parse("Node 7, zone Normal\n protection: (1, x\n pages free x\nNode x", 4, items,
                      3);
        assert(items[2].room_kib == 40);
}

static void test_choice(void)
{
        struct target items[] = { { 0, 100 }, { 1, 300 }, { 2, 200 } };
        struct targets t = { items, 3 };

        assert(targets_get_largest(&t)->node == 1 && targets_get_room(&t) == 600);
        items[1].room_kib = 0;
        assert(targets_get_largest(&t)->node == 2);
        t.n = 0;
        assert(!targets_get_largest(&t) && targets_get_room(&t) == 0);
}

static void test_read(void)
{
        struct sysroot *root =
                root_from("proc/zoneinfo:\n  Node 1, zone Normal\n   pages free 9\n");
        struct messages errors = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        struct targets t;

        nodeset_add(&nodes, 1);
        assert(targets_read(root, &nodes, &errors, &t) == 0 && t.n == 1);
        assert(t.items[0].room_kib == 9 * (uint64_t)sysconf(_SC_PAGESIZE) / 1024);
        targets_done(&t);
        sysroot_free(root);
        root = root_from("proc/x: 1\n");
        assert(targets_read(root, &nodes, &errors, &t) == -ENOENT);
        assert(messages_have(&errors, "/proc/zoneinfo: cannot be read"));
        messages_done(&errors);
        sysroot_free(root);
}

int main(void)
{
        test_parse();
        test_choice();
        test_read();
        return 0;
}
