/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "state/drained.h"

#include "testing.h"

static void test_round_trip(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("sys/devices/system/node/online: 0\n");
        struct nodeset nodes = { 0 }, loaded;

        nodeset_add(&nodes, 9); /* to be emptied */
        assert(drained_load(root, &problems, &nodes) == 0 && nodeset_count(&nodes) == 0);
        nodeset_add(&nodes, 2);
        nodeset_add(&nodes, 1023);
        assert(drained_save(root, &nodes) == 0);
        assert(drained_load(root, &problems, &loaded) == 0);
        assert(nodeset_count(&loaded) == 2 && nodeset_has(&loaded, 2) &&
               nodeset_has(&loaded, 1023));
        nodeset_remove(&loaded, 2);
        nodeset_remove(&loaded, 1023);
        assert(drained_save(root, &loaded) == 0);
        assert(drained_load(root, &problems, &nodes) == 0 && nodeset_count(&nodes) == 0);
        assert(problems.n == 0);
        sysroot_free(root);
}

static void test_damaged(void)
{
        static const char *const texts[] = { "nodes 1-\n", "node 1\n", "2\n", "nodes 1024\n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct messages problems = MESSAGES_INIT;
                struct sysroot *root = root_from("sys/devices/system/node/online: 0\n");
                struct nodeset nodes = { 0 };

                nodeset_add(&nodes, 5);
                assert(sysroot_replace(root, DRAINED_PATH, texts[i]) == 0);
                assert(drained_load(root, &problems, &nodes) == -EBADMSG);
                assert(nodeset_has(&nodes, 5) &&
                       messages_have(&problems, "/run/numatier/drained:1"));
                messages_done(&problems);
                sysroot_free(root);
        }
}

/* One record does not change the other. */
static void test_zoned(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from("sys/devices/system/node/online: 0\n");
        struct nodeset nodes = { 0 };

        nodeset_add(&nodes, 3);
        assert(zoned_save(root, &nodes) == 0);
        assert(drained_load(root, &problems, &nodes) == 0 && nodeset_count(&nodes) == 0);
        assert(zoned_load(root, &problems, &nodes) == 0 && nodeset_has(&nodes, 3));
        assert(sysroot_replace(root, ZONED_PATH, "3\n") == 0);
        assert(zoned_load(root, &problems, &nodes) == -EBADMSG &&
               messages_have(&problems, "/run/numatier/zoned:1"));
        messages_done(&problems);
        sysroot_free(root);
}

int main(void)
{
        test_round_trip();
        test_damaged();
        test_zoned();
        return 0;
}
