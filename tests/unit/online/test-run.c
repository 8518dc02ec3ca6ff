/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "online/run.h"

#include "fake-kernel.h"

#define MEMORY "sys/devices/system/memory/memory"
#define BLOCK(n, state, zones)                                                                     \
        MEMORY #n "/state: " #state "\n" MEMORY #n "/valid_zones: " #zones "\n" NODE               \
                  "node1/memory" #n " -> ../../memory/memory" #n "\n"
#define BLOCKS                                                                                     \
        "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE                               \
        "node1/distance: 20 10\n" BLOCK(8, online, Normal) BLOCK(9, online, Movable)               \
                BLOCK(10, online, Movable)

/* What a test plays. */
static struct play {
        uint64_t slow_block; /* taking this one offline takes too long */
        unsigned busy_tries; /* so often each block is busy */
        int end;             /* from the check after that many on */
        unsigned checks_until_end;
        unsigned checks, pauses, tries[16]; /* of each block */
        uint64_t last_limit;
} play;

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct run *run;

static int make(void *userdata, struct block *b, enum block_request q, uint64_t limit_usec)
{
        play.last_limit = limit_usec;
        play.tries[b->number]++;
        if (b->number == play.slow_block && q == REQUEST_OFFLINE)
                return -ETIMEDOUT;
        if (play.busy_tries > 0) {
                play.busy_tries--;
                return -EBUSY;
        }
        return block_make(root, b, q);
}

static int check(void *userdata)
{
        return play.end < 0 && ++play.checks > play.checks_until_end ? play.end : 0;
}

static int pause_between(void *userdata, uint64_t usec)
{
        play.pauses++;
        return check(userdata);
}

static const struct run_hooks hooks = { make, check, pause_between, NULL };

static void boot(const char *text)
{
        struct messages problems = MESSAGES_INIT;
        struct nodeset nodes = { 0 };
        struct block_table *table;

        play = (struct play){ .slow_block = UINT64_MAX };
        root = fake_kernel_new(text, &kernel);
        nodeset_add(&nodes, 1);
        assert(block_table_read(root, &nodes, &problems, &table) == 0 && problems.n == 0);
        assert(run_new(table, &run) == 0);
}

static void halt(void)
{
        run = run_free(run);
        root = sysroot_free(root);
}

static void test_all(void)
{
        static const enum block_request requests[] = { REQUEST_ONLINE_MOVABLE,
                                                       REQUEST_ONLINE_KERNEL,
                                                       REQUEST_ONLINE_MOVABLE };
        struct run_count c;

        boot(BLOCKS);
        run_offline(run, &hooks, 1000);
        c = run_count_blocks(run);
        assert(run->end == 0 && c.total == 3 && c.offline == 3 && c.failed == 0);
        assert_streq(kernel->log, MEMORY "10/state=offline\n" MEMORY "9/state=offline\n" MEMORY
                                         "8/state=offline\n");
        run_online(run, &hooks, requests);
        c = run_count_blocks(run);
        assert(c.online == 3 && c.movable == 2 && c.kernel == 1);
        halt();
}

static void test_busy(void)
{
        boot(BLOCKS);
        play.busy_tries = 3;
        run_offline(run, &hooks, 1000);
        assert(run_count_blocks(run).offline == 3 && play.pauses == 1);
        halt();
        boot(BLOCKS);
        play.busy_tries = 1000;
        run_offline(run, &hooks, 1000);
        assert(run_count_blocks(run).failed == 3 && run_count_blocks(run).online == 3);
        assert(play.pauses == 3 && run->blocks[0].error == -EBUSY);
        /* what is in a kernel zone hardly ever goes later */
        assert(play.tries[8] == 2 && play.tries[9] == 4 && play.tries[10] == 4);
        halt();
        boot("sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node1/distance: 10\n" BLOCK(8, online, Normal) BLOCK(9, online, Normal));
        play.busy_tries = 1000;
        run_offline(run, &hooks, 1000);
        assert(run->end == 0 && play.pauses == 1 && play.tries[8] == 2 && play.tries[9] == 2);
        halt();
}

/* All or nothing: the first block that stays ends it, and the others are not even tried. */
static void test_all_or_nothing(void)
{
        boot(BLOCKS);
        run->all_or_nothing = true;
        play.busy_tries = 1;
        run_offline(run, &hooks, 1000);
        assert(run->end == 0 && run_count_blocks(run).offline == 3 && play.pauses == 1);
        halt();
        boot(BLOCKS);
        run->all_or_nothing = true;
        play.busy_tries = 1000;
        run_offline(run, &hooks, 1000);
        assert(run->end == -ECANCELED && run->blocks[2].error == -EBUSY);
        assert(play.tries[10] == 2 && play.tries[9] == 0 && play.tries[8] == 0);
        halt();
        boot(BLOCKS);
        run->all_or_nothing = true;
        play.slow_block = 9;
        run_offline(run, &hooks, 1000);
        assert(run->end == -ECANCELED && play.tries[9] == 1 && play.tries[8] == 0);
        assert(run_roll_back(run, &hooks) && run_count_blocks(run).online == 3);
        halt();
        boot("sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node1/distance: 10\n" BLOCK(8, online, Movable) BLOCK(9, online, none));
        run->all_or_nothing = true;
        run_offline(run, &hooks, 1000);
        assert(run->end == -ECANCELED && kernel->writes == 0);
        halt();
}

/* One that takes too long gets less time later, and the others go all the same. */
static void test_slow(void)
{
        boot(BLOCKS);
        play.slow_block = 9;
        run_offline(run, &hooks, 60000000);
        assert(run_count_blocks(run).offline == 2 && run->blocks[1].error == -ETIMEDOUT);
        assert(play.last_limit == 10000000);
        halt();
}

static void test_never_tried(void)
{
        boot("sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node1/distance: 10\n" BLOCK(8, online, none) BLOCK(9, online, Movable));
        run_offline(run, &hooks, 1000);
        assert_streq(kernel->log, MEMORY "9/state=offline\n");
        assert(run_count_blocks(run).online == 1 && !run->blocks[0].tried);
        halt();
}

static void test_roll_back(void)
{
        boot(BLOCKS);
        play.end = -EINTR;
        play.checks_until_end = 2;
        run_offline(run, &hooks, 1000);
        assert(run->end == -EINTR && run_count_blocks(run).offline == 2);
        assert(run_roll_back(run, &hooks));
        assert(run_count_blocks(run).online == 3);
        assert_streq(fake_kernel_get(kernel, MEMORY "9/valid_zones"), "Movable");
        halt();
        /* each in its own zone; what was offline before stays so */
        boot("sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node1/distance: 10\n" BLOCK(8, offline, Normal Movable) BLOCK(9, online, Normal)
                     BLOCK(10, online, Movable));
        run_offline(run, &hooks, 1000);
        assert(run_roll_back(run, &hooks));
        assert_streq(kernel->log,
                     MEMORY "10/state=offline\n" MEMORY "9/state=offline\n" MEMORY
                            "9/state=online_kernel\n" MEMORY "10/state=online_movable\n");
        halt();
        boot(BLOCKS);
        run_offline(run, &hooks, 1000);
        kernel->fail_path = "memory9";
        kernel->fail_error = -ENOMEM;
        assert(!run_roll_back(run, &hooks));
        assert(run_count_blocks(run).online == 2 && run->blocks[1].error == -ENOMEM);
        halt();
}

/* What all blocks would get ends the run. */
static void test_final(void)
{
        boot(BLOCKS);
        kernel->fail_path = "memory";
        kernel->fail_error = -EROFS;
        run_offline(run, &hooks, 1000);
        assert(run->end == -EROFS && run->blocks[2].error == -EROFS && !run->blocks[1].tried);
        halt();
}

static void take_away(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory9/state"))
                (void)sysroot_remove(k->files, path);
}

/* A block that is removed meanwhile no longer counts. */
static void test_gone(void)
{
        boot(BLOCKS);
        kernel->before_read = take_away;
        run_offline(run, &hooks, 1000);
        assert(run_count_blocks(run).total == 2 && run_count_blocks(run).offline == 2);
        halt();
        boot(BLOCKS);
        fake_kernel_set(kernel, MEMORY "8/state", "offline");
        kernel->before_read = take_away;
        run_refresh(run, root);
        assert(run_count_blocks(run).total == 2 && run_count_blocks(run).offline == 1);
        halt();
}

/* One that comes back meanwhile is taken offline again; one that never went is not. */
static void test_back(void)
{
        boot("sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node1/distance: 10\n" BLOCK(8, offline, Normal Movable) BLOCK(9, online, Movable)
                     BLOCK(10, online, none));
        kernel->fail_path = "memory9";
        kernel->fail_error = -EBUSY;
        run_offline(run, &hooks, 1000);
        run_refresh(run, root);
        assert(run->blocks[1].error == -EBUSY && !run_is_any_back(run));
        kernel->fail_path = NULL;
        fake_kernel_set(kernel, MEMORY "8/state", "online");
        fake_kernel_set(kernel, MEMORY "8/valid_zones", "Movable");
        run_refresh(run, root);
        assert(run_is_any_back(run));
        run_offline(run, &hooks, 1000);
        run_refresh(run, root);
        assert(!run_is_any_back(run) && run_count_blocks(run).offline == 2);
        /* in the zone in which it was */
        assert(run_roll_back(run, &hooks));
        assert_streq(fake_kernel_get(kernel, MEMORY "8/valid_zones"), "Movable");
        halt();
}

int main(void)
{
        test_all();
        test_busy();
        test_all_or_nothing();
        test_slow();
        test_never_tried();
        test_roll_back();
        test_final();
        test_gone();
        test_back();
        return 0;
}
