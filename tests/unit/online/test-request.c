/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/request.h"

#include "fake-kernel.h"

#define BLOCK "sys/devices/system/memory/memory9"

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct block block = { .number = 9, .node = 1 };

static void boot(const char *state, const char *zones)
{
        char text[256];

        snprintf(text, sizeof(text), BLOCK "/state: %s\n" BLOCK "/valid_zones: %s\n", state, zones);
        root = fake_kernel_new(text, &kernel);
}

static void halt(void)
{
        root = sysroot_free(root);
}

static void test_done(void)
{
        boot("offline", "Normal Movable");
        assert(block_make(root, &block, REQUEST_ONLINE_MOVABLE) == 0);
        assert(block.state == BLOCK_ONLINE && block.zone == ZONE_MOVABLE && block.node == 1);
        assert(block_make(root, &block, REQUEST_OFFLINE) == 0);
        assert(block.state == BLOCK_OFFLINE);
        assert_streq(kernel->log, BLOCK "/state=online_movable\n" BLOCK "/state=offline\n");
        halt();
}

static void test_compared_first(void)
{
        boot("online", "Normal");
        assert(block_make(root, &block, REQUEST_ONLINE_KERNEL) == 1);
        assert(block_make(root, &block, REQUEST_ONLINE) == 1);
        assert(block_make(root, &block, REQUEST_ONLINE_MOVABLE) == -EEXIST);
        assert(kernel->writes == 0 && block.zone == ZONE_KERNEL);
        halt();
        boot("offline", "Normal Movable");
        assert(block_make(root, &block, REQUEST_OFFLINE) == 1);
        assert(kernel->writes == 0);
        halt();
}

static void bring_online_before(struct fake_kernel *k, const char *path)
{
        fake_kernel_set(k, BLOCK "/state", "online");
        fake_kernel_set(k, BLOCK "/valid_zones", "Normal");
}

static void test_failures(void)
{
        boot("online", "Movable");
        kernel->fail_path = "memory9";
        kernel->fail_error = -EBUSY;
        assert(block_make(root, &block, REQUEST_OFFLINE) == -EBUSY);
        assert(block.state == BLOCK_ONLINE && block.zone == ZONE_MOVABLE);
        kernel->fail_path = NULL;
        kernel->ignore_path = "memory9";
        assert(block_make(root, &block, REQUEST_OFFLINE) == -EIO);
        halt();
        boot("online", "Movable");
        kernel->unreadable_path = "memory9/state";
        kernel->unreadable_error = -ENODEV;
        assert(block_make(root, &block, REQUEST_OFFLINE) == -ENODEV);
        assert(kernel->writes == 0 && block.state == BLOCK_UNREADABLE);
        halt();
}

/* Somebody else brings it online between our look and our write. */
static void test_race(void)
{
        boot("offline", "Normal Movable");
        kernel->before_write = bring_online_before;
        assert(block_make(root, &block, REQUEST_ONLINE_KERNEL) == 1);
        halt();
        boot("offline", "Normal Movable");
        kernel->before_write = bring_online_before;
        assert(block_make(root, &block, REQUEST_ONLINE_MOVABLE) < 0);
        assert(block.state == BLOCK_ONLINE && block.zone == ZONE_KERNEL);
        halt();
}

static void test_barrier(void)
{
        boot("offline", "Normal Movable");
        assert(block_barrier(root, &block) == 0);
        assert_streq(kernel->log, BLOCK "/state=offline\n");
        kernel->fail_path = "memory9";
        kernel->fail_error = -EINTR;
        assert(block_barrier(root, &block) == -EINTR);
        halt();
}

int main(void)
{
        test_done();
        test_compared_first();
        test_failures();
        test_race();
        test_barrier();
        return 0;
}
