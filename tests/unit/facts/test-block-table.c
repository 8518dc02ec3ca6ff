/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/block-table.h"
#include "fake-kernel.h"

#define BLOCK "sys/devices/system/memory/memory"
#define LINK  "sys/devices/system/node/node"

/* Two nodes; block 1 has memory of both, and 40 is in none yet. */
static const char machine[] =
        "sys/devices/system/memory/block_size_bytes: 8000000\n" BLOCK "0/state: online\n" BLOCK
        "0/valid_zones: Normal\n" BLOCK "1/state: online\n" BLOCK "1/valid_zones: none\n" BLOCK
        "9/state: online\n" BLOCK "9/valid_zones: Movable\n" BLOCK "10/state: offline\n" BLOCK
        "10/valid_zones: Normal Movable\n" BLOCK "40/state: offline\n" LINK
        "0/memory0 -> ../../memory/memory0\n" LINK "0/memory1 -> ../../memory/memory1\n" LINK
        "1/memory1 -> ../../memory/memory1\n" LINK "1/memory9 -> ../../memory/memory9\n" LINK
        "1/memory10 -> ../../memory/memory10\n" LINK "1/memory_failure/total: 0\n";

static struct block_table *read_table(struct sysroot *root, const struct nodeset *nodes,
                                      struct messages *problems)
{
        struct block_table *t = NULL;

        assert(block_table_read(root, nodes, problems, &t) == 0);
        return t;
}

static void assert_block(const struct block_table *t, uint64_t number, uint32_t node,
                         enum block_state state, enum block_zone zone)
{
        const struct block *b = block_table_get(t, number);

        assert(b && b->node == node && b->state == state && b->zone == zone);
}

static void test_read(void)
{
        struct messages problems = MESSAGES_INIT;
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new(machine, &kernel);
        struct block_table *t = read_table(root, NULL, &problems);

        assert(t->n == 5 && t->block_size == 128 << 20 && problems.n == 0);
        assert_block(t, 0, 0, BLOCK_ONLINE, ZONE_KERNEL);
        assert_block(t, 1, BLOCK_NO_NODE, BLOCK_ONLINE, ZONE_NONE);
        assert_block(t, 9, 1, BLOCK_ONLINE, ZONE_MOVABLE);
        assert_block(t, 10, 1, BLOCK_OFFLINE, ZONE_UNKNOWN);
        assert_block(t, 40, BLOCK_NO_NODE, BLOCK_OFFLINE, ZONE_UNKNOWN);
        assert(!block_table_get(t, 2) && !block_table_get(t, 41));
        block_table_free(t);
        sysroot_free(root);
}

static void test_read_one_node(void)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new(machine, &kernel);
        struct block_table *t;

        nodeset_add(&nodes, 1);
        nodeset_add(&nodes, 7); /* is not there */
        t = read_table(root, &nodes, &problems);
        assert(t->n == 3 && t->blocks[0].number == 1 && problems.n == 0);
        block_table_free(t);
        sysroot_free(root);
}

static void test_unreadable(void)
{
        struct messages problems = MESSAGES_INIT;
        struct fake_kernel *kernel;
        struct sysroot *root = fake_kernel_new(machine, &kernel);
        struct block_table *t;

        kernel->unreadable_path = "memory9/state";
        kernel->unreadable_error = -EIO;
        t = read_table(root, NULL, &problems);
        assert_block(t, 9, 1, BLOCK_UNREADABLE, ZONE_UNKNOWN);
        assert(problems.n == 1 && messages_have(&problems, "/memory9/state"));
        block_table_free(t);
        kernel->unreadable_error = -ENODEV; /* it goes just now */
        t = read_table(root, NULL, &problems);
        assert(t->n == 4 && !block_table_get(t, 9) && problems.n == 1);
        block_table_free(t);
        messages_done(&problems);
        sysroot_free(root);
}

static void test_no_blocks(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("sys/devices/system/node/online: 0\n");
        struct block_table *t = read_table(root, NULL, &problems);

        assert(t->n == 0 && t->block_size == 0 && problems.n == 0);
        block_table_free(t);
        sysroot_free(root);
}

#define RECORD                                                                                     \
        "captured/memory-blocks:\n"                                                                \
        "  0-2,9 node 0 online kernel\n"                                                           \
        "  3 node none online none\n"                                                              \
        "  4-5,7 node 1 offline of PNP0C80:00\n"                                                   \
        "  6 node 1 unreadable\n"

/* A captured machine has no files of the blocks. */
static void test_recorded(void)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        struct sysroot *root =
                root_from("sys/devices/system/memory/block_size_bytes: 8000000\n" RECORD);
        struct block_table *t = read_table(root, NULL, &problems);
        char name[32], *text;

        assert(t->n == 9 && t->block_size == 128 << 20 && problems.n == 0);
        assert_block(t, 9, 0, BLOCK_ONLINE, ZONE_KERNEL);
        assert_block(t, 3, BLOCK_NO_NODE, BLOCK_ONLINE, ZONE_NONE);
        assert_block(t, 7, 1, BLOCK_OFFLINE, ZONE_UNKNOWN);
        assert_block(t, 6, 1, BLOCK_UNREADABLE, ZONE_UNKNOWN);
        assert(block_read_firmware_node(root, t, 7, name, sizeof(name)) == 0);
        assert_streq(name, "PNP0C80:00");
        assert(block_read_firmware_node(root, t, 7, name, 5) == -ENAMETOOLONG);
        assert(block_read_firmware_node(root, t, 6, name, sizeof(name)) == -ENOENT);
        assert(block_table_format(root, t, &text) == 0);
        assert_streq(text, "0-2,9 node 0 online kernel\n3 node none online none\n"
                           "4-5,7 node 1 offline of PNP0C80:00\n6 node 1 unreadable\n");
        free(text);
        block_table_free(t);
        nodeset_add(&nodes, 1);
        t = read_table(root, &nodes, &problems);
        assert(t->n == 4 && t->blocks[0].number == 4);
        block_table_free(t);
        sysroot_free(root);
}

static void test_firmware_node(void)
{
        struct sysroot *root =
                root_from(BLOCK "9/firmware_node -> ../../LNXSYSTM:00/PNP0C80:01\n" BLOCK
                                "8/firmware_node ! EIO\n");
        struct block_table t = { 0 };
        char name[32];

        assert(block_read_firmware_node(root, &t, 9, name, sizeof(name)) == 0);
        assert_streq(name, "PNP0C80:01");
        assert(block_read_firmware_node(root, &t, 8, name, sizeof(name)) == -EIO);
        assert(block_read_firmware_node(root, &t, 7, name, sizeof(name)) == -ENOENT);
        sysroot_free(root);
}

/* What is wrong is said with its line, and nothing is guessed. */
static void test_bad_record(void)
{
        static const char *const lines[] = {
                "0",
                "0 node 0",
                "0 node 0 asleep",
                "0 node 0 online",
                "0 node 0 online asleep",
                "0 node 0 offline movable",
                "0 node 0 offline of",
                "0 node 0 offline of a b",
                "0 node 1024 offline",
                "0 node -1 offline",
                "0 nod 0 offline",
                "x node 0 offline",
                "5-4 node 0 offline",
                "1- node 0 offline",
                "1,,2 node 0 offline",
                "0-18446744073709551615 node 0 offline",
                "0-1048576 node 0 offline",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct messages errors = MESSAGES_INIT;
                struct block_table t = { 0 };

                assert(block_table_parse(&t, lines[i], "name", &errors) == -EBADMSG);
                assert(errors.n == 1 && startswith(errors.items[0], "name:1: expected "));
                messages_done(&errors);
                free(t.blocks);
        }
}

static void test_bad_record_read(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("captured/memory-blocks:\n  0 node 0 offline\n"
                                         "  0 node 1 offline\n");
        struct block_table *t = NULL;

        assert(block_table_read(root, NULL, &problems, &t) == -EBADMSG && !t);
        assert(messages_have(&problems, "/captured/memory-blocks: expected block 0 once"));
        messages_done(&problems);
        sysroot_free(root);
}

int main(void)
{
        test_recorded();
        test_firmware_node();
        test_bad_record();
        test_bad_record_read();
        test_read();
        test_read_one_node();
        test_unreadable();
        test_no_blocks();
        return 0;
}
