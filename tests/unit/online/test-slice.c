/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/survey.h"
#include "fake-kernel.h"
#include "online/slice.h"
#include "online/summary.h"
#include "state/drained.h"

/* Node 0 has CPUs and 8 GiB free of 16; node 1 has four blocks of an ACPI device. */
#define MEMORY   "sys/devices/system/memory/"
#define STATE(n) MEMORY "memory" #n "/state"
#define BLOCK(n, node, state, zones)                                                               \
        STATE(n)                                                                                   \
        ": " state "\n" MEMORY "memory" #n "/valid_zones: " zones "\n" NODE "node" #node           \
        "/memory" #n " -> m\n" MEMORY "memory" #n "/firmware_node -> a/PNP0C80:0" #node "\n"
#define INFO(node, total, free)                                                                    \
        NODE "node" #node "/meminfo:\n  Node " #node " MemTotal:  " #total " kB\n  Node " #node    \
             " MemFree:  " #free " kB\n"
#define MACHINE(state, zones)                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE                     \
             "node0/distance: 10 20\n" MEMORY                                                      \
             "block_size_bytes: 8000000\n" INFO(0, 16000000, 8000000) INFO(1, 524288, 520000)      \
                     BLOCK(32, 1, state, zones) BLOCK(33, 1, state, zones)                         \
                             BLOCK(34, 1, state, zones) BLOCK(35, 1, state, zones)
#define OFFLINE MACHINE("offline", "Normal Movable")
#define NORMAL  MACHINE("online", "Normal")

static struct sysroot *root;
static struct fake_kernel *kernel;
static struct online_memory memory;
static struct online_result *result;
static uint64_t now, tick;  /* tick: the time that each block takes */
static unsigned stop_after; /* blocks; 0: never */
static unsigned made;
static int make_error;
static enum block_request failing; /* with make_error; the others work */
static uint64_t failing_block;     /* 0: any */

static uint64_t get_now(void *userdata)
{
        return now;
}

static bool stop(void *userdata)
{
        return stop_after > 0 && made >= stop_after;
}

static int lock_error;
static bool locked;
static const char *drained_before_lock;

static int lock(void *userdata)
{
        assert(!locked);
        if (drained_before_lock)
                fake_kernel_set(kernel, DRAINED_PATH, drained_before_lock);
        locked = lock_error == 0;
        return lock_error;
}

static void unlock(void *userdata)
{
        assert(locked);
        locked = false;
}

static int make(struct sysroot *r, struct block *b, enum block_request q, void *userdata)
{
        assert(locked);
        now += tick;
        made++;
        if (make_error < 0 && q == failing && (failing_block == 0 || failing_block == b->number)) {
                assert(block_read(r, b) == 0);
                return make_error;
        }
        return block_make(r, b, q);
}

static const struct online_hooks hooks = { get_now, stop, make, lock, unlock, NULL };

static void forget(void)
{
        online_memory_done(&memory);
        result = online_result_free(result);
        root = sysroot_free(root);
}

static void begin(const char *text)
{
        forget();
        root = fake_kernel_new(text, &kernel);
        kernel->identity = 1;
        now = 1000;
        tick = 1;
        stop_after = made = 0;
        make_error = 0;
        failing_block = 0;
        lock_error = 0;
        drained_before_lock = NULL;
}

static int run(const char *policy_text, const struct online_hooks *h, uint64_t budget)
{
        struct messages ignored = MESSAGES_INIT;
        struct policy *p;
        struct machine *m;
        char text[256];
        int r;

        result = online_result_free(result);
        snprintf(text, sizeof(text), "[tier t]\n%s", policy_text);
        p = policy_from(text);
        assert(survey_begin(root, NULL, &ignored, &m) == 0);
        *kernel->log = '\0';
        r = online_slice(root, p, m, &memory, h, budget, &result);
        assert(result && !locked);
        machine_free(m);
        policy_unref(p);
        messages_done(&ignored);
        return r;
}

#define MOVABLE "[online]\nonline=movable\n"
#define KERNEL  "[online]\nonline=kernel\n"
#define NO      "[online]\nonline=no\n"

#define NO_NODE_1      "[node a]\nnode=1\nonline=no\n"
#define MOVABLE_NODE_1 "[node a]\nnode=1\nonline=movable\n"

static const struct online_group *run_all(const char *policy_text)
{
        assert(run(policy_text, &hooks, 0) == 0 && result->remaining == 0);
        assert(result->plan->n_groups == 1);
        return &result->plan->groups[0];
}

static void set_info(unsigned node, unsigned total, unsigned available)
{
        char path[128], text[256];

        snprintf(path, sizeof(path), NODE "node%u/meminfo", node);
        snprintf(text, sizeof(text), "Node %u MemTotal: %u kB\nNode %u MemFree: %u kB", node, total,
                 node, available);
        fake_kernel_set(kernel, path, text);
}

static void restart(void)
{
        online_memory_done(&memory);
}

static void set_all(const char *state, const char *zones)
{
        for (unsigned i = 32; i < 36; i++) {
                char path[128];

                snprintf(path, sizeof(path), MEMORY "memory%u/state", i);
                fake_kernel_set(kernel, path, state);
                snprintf(path, sizeof(path), MEMORY "memory%u/valid_zones", i);
                fake_kernel_set(kernel, path, zones);
        }
}

static void assert_says(const char *wanted)
{
        char buf[ONLINE_TEXT_MAX];

        assert_streq(online_format_group(&result->plan->groups[0], buf), wanted);
}

static void test_new_blocks(void)
{
        begin(OFFLINE);
        run_all(MOVABLE);
        assert(!result->settled);
        assert_says("4 of 4 blocks of node 1 online, movable");
        assert_streq(kernel->log, STATE(32) "=online_movable\n" STATE(33) "=online_movable\n" STATE(
                                          34) "=online_movable\n" STATE(35) "=online_movable\n");
        run_all(MOVABLE);
        assert_says("4 of 4 blocks of node 1 online, movable");
        assert(*kernel->log == '\0' && result->settled);
        begin(OFFLINE);
        run_all(KERNEL);
        assert_streq(fake_kernel_get(kernel, MEMORY "memory32/valid_zones"), "Normal");
        begin(OFFLINE);
        run_all(NO);
        assert_says("4 of 4 blocks of node 1 offline, as online = no says");
        assert(*kernel->log == '\0');
}

/* Only what would be done. */
static void test_dry_run(void)
{
        begin(OFFLINE);
        assert(run(MOVABLE, NULL, 0) == 0 && result->plan->n_steps == 4 && kernel->writes == 0);
        assert(!fake_kernel_get(kernel, ONLINE_RECORD_PATH));
}

static void test_manual(void)
{
        const struct online_group *g;

        begin(OFFLINE);
        run_all(MOVABLE);
        fake_kernel_set(kernel, STATE(33), "offline");
        restart(); /* it is in the file */
        g = run_all(MOVABLE);
        assert(g->count[CASE_MANUAL] == 1 && g->count[CASE_GOOD] == 3);
        assert(*kernel->log == '\0');
        /* other memory of the same numbers is new */
        kernel->identity = 2;
        g = run_all(MOVABLE);
        assert(g->done == 1 && g->count[CASE_GOOD] == 3);
        /* who changes the zone after numatier insists, until the policy changes */
        set_all("online", "Normal");
        kernel->identity = 1;
        g = run_all(MOVABLE);
        assert(g->done == 4);
        set_all("online", "Normal");
        g = run_all(MOVABLE);
        assert(g->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        g = run_all(NO);
        assert(g->done == 4);
}

/* Who brings a block online that is to stay offline does so on purpose, except soon after it came:
 * then it is a rule of udev. */
static void test_insisted(void)
{
        const struct online_group *g;

        begin(OFFLINE);
        run_all(NO);
        now += 20000000;
        run_all(NO);
        fake_kernel_set(kernel, STATE(32), "online");
        fake_kernel_set(kernel, MEMORY "memory32/valid_zones", "Normal");
        assert(run_all(NO)->done == 1);
        now += 11000000; /* the others are offline for more than half a minute now */
        run_all(NO);
        set_all("online", "Normal");
        g = run_all(NO);
        assert(g->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        restart();
        assert(run_all(NO)->count[CASE_MANUAL] == 4);
        assert(run_all(MOVABLE)->done == 4);
        /* the same of a zone that was right, whoever had chosen it */
        begin(MACHINE("online", "Movable"));
        run_all(MOVABLE);
        set_all("online", "Normal");
        assert(run_all(MOVABLE)->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
}

/* What went away and came back under the same numbers, while no look was taken. */
static void test_gone(void)
{
        begin(OFFLINE);
        run_all(MOVABLE);
        assert(memory.record->n == 4);
        kernel->unreadable_path = "memory34/state";
        kernel->unreadable_error = -ENOENT;
        run_all(MOVABLE);
        assert(memory.record->n == 3);
}

static void test_other_zone(void)
{
        const struct online_group *g;

        begin(NORMAL);
        g = run_all(MOVABLE);
        assert(g->done == 4);
        assert_says("4 of 4 blocks of node 1 online, movable");
        /* the highest first, each back before the next */
        assert(startswith(kernel->log,
                          STATE(35) "=offline\n" STATE(35) "=online_movable\n" STATE(34) "="));
        assert_streq(fake_kernel_get(kernel, MEMORY "memory32/valid_zones"), "Movable");
}

static void test_no(void)
{
        begin(NORMAL);
        run_all(NO);
        assert_says("4 of 4 blocks of node 1 offline, as online = no says");
        assert_streq(fake_kernel_get(kernel, STATE(32)), "offline");
        /* it was numatier that took them offline */
        restart();
        assert(run_all(MOVABLE)->done == 4);
}

static void test_full(void)
{
        const struct online_group *g;
        char buf[ONLINE_TEXT_MAX];

        begin(NORMAL);
        set_info(1, 524288, 380000); /* more than a quarter is used */
        g = run_all(MOVABLE);
        assert(g->count[CASE_FULL] == 4 && *kernel->log == '\0' && !result->settled);
        assert(strstr(online_format_reason(g, CASE_FULL, buf), "numatier drain 1"));
        begin(NORMAL);
        set_info(1, 524288, 424288);
        set_info(0, 16000000, 1150000); /* a 16th of it is not counted */
        assert(run_all(NO)->count[CASE_FULL] == 4 && *kernel->log == '\0');
        begin(NORMAL);
        kernel->unreadable_path = "node0/meminfo";
        kernel->unreadable_error = -EIO;
        g = run_all(NO);
        assert(g->count[CASE_FULL] == 4 && *kernel->log == '\0' && result->problems.n == 1);
}

/* The room in a GPU's memory is none. */
static void test_full_but_gpu(void)
{
        for (unsigned is_gpu = 0; is_gpu < 2; is_gpu++) {
                begin(NORMAL INFO(2, 16000000, 8000000) NODE "node2/distance: 20 20 10\n");
                fake_kernel_set(kernel, NODE "online", "0-2");
                fake_kernel_set(kernel, NODE "has_memory", "0-2");
                set_info(1, 524288, 424288);
                set_info(0, 16000000, 1150000);
                if (is_gpu)
                        fake_kernel_set(kernel, "proc/driver/nvidia/gpus/0009:01:00.0/numa_status",
                                        "Node: 2");
                assert(run_all(NO)->count[is_gpu ? CASE_FULL : CASE_ACT] == 4);
                assert(result->plan->groups[0].done == (is_gpu ? 0 : 4));
        }
}

/* It is in use from the second block on. */
static void fill_node(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory35/state"))
                set_info(1, 524288, 1);
}

static void test_full_meanwhile(void)
{
        const struct online_group *g;

        begin(NORMAL);
        kernel->before_write = fill_node;
        g = run_all(MOVABLE);
        assert(g->done == 1 && g->count[CASE_FULL] == 3 && g->count[CASE_ACT] == 1);
        /* what was left out is not pending: who takes it offline insists */
        kernel->before_write = NULL;
        fake_kernel_set(kernel, STATE(33), "offline");
        g = run_all(MOVABLE);
        assert(g->count[CASE_MANUAL] == 1 && *kernel->log == '\0');
}

static void take_34_offline(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory35/state"))
                fake_kernel_set(k, STATE(34), "offline");
}

static void take_35_offline(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory35/state"))
                fake_kernel_set(k, STATE(35), "offline");
}

/* Somebody takes a block offline between our look and our write. */
static void test_offline_meanwhile(void)
{
        const struct online_group *g;

        begin(NORMAL);
        kernel->before_write = take_34_offline;
        g = run_all(MOVABLE);
        assert(g->done == 3 && g->count[CASE_MANUAL] == 1);
        assert_streq(fake_kernel_get(kernel, STATE(34)), "offline");
        begin(NORMAL);
        kernel->before_write = take_35_offline;
        g = run_all(MOVABLE);
        assert(g->done == 3 && g->count[CASE_MANUAL] == 1);
        assert_streq(fake_kernel_get(kernel, STATE(35)), "offline");
        kernel->before_write = NULL;
        assert(run_all(MOVABLE)->count[CASE_MANUAL] == 1);
        /* also with "no": it is not numatier's */
        begin(NORMAL);
        kernel->before_write = take_34_offline;
        assert(run_all(NO)->done == 3);
        assert_says("4 of 4 blocks of node 1 offline, as online = no says");
        kernel->before_write = NULL;
        assert(run_all(MOVABLE)->done == 3);
        assert_streq(fake_kernel_get(kernel, STATE(34)), "offline");
}

/* Memory that is to stay offline is looked at once more, although no event says so: from then on,
 * who brings it online does so on purpose. */
static void test_offline_for_long(void)
{
        begin(OFFLINE);
        assert(run_all(NO)->count[CASE_GOOD] == 4 && !result->settled && memory.n_sightings == 4);
        now += 29000000;
        assert(run_all(NO)->count[CASE_GOOD] == 4 && !result->settled && memory.n_sightings == 4);
        now += 1000000;
        assert(run_all(NO)->count[CASE_GOOD] == 4 && result->settled && memory.n_sightings == 0);
        set_all("online", "Movable");
        assert(run_all(NO)->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        /* sooner, it may be a rule of udev */
        begin(OFFLINE);
        assert(run_all(NO)->count[CASE_GOOD] == 4);
        set_all("online", "Movable");
        assert(run_all(NO)->done == 4);
}

/* Boot memory that is offline is so on purpose: only a section that matches it brings it online. */
static void test_boot_memory(void)
{
        begin(OFFLINE);
        fake_kernel_set(kernel, NODE "has_cpu", "0-1");
        kernel->acpi_identity = 5;
        kernel->identity = 4;
        assert(run(MOVABLE, &hooks, 0) == 0 && result->plan->n_groups == 0);
        assert(*kernel->log == '\0' && result->settled);
        assert(run_all(MOVABLE_NODE_1)->done == 4);
}

/* A node with CPUs: ACPI memory may be boot memory. */
static void test_fixed(void)
{
        const struct online_group *g;

        begin(NORMAL);
        fake_kernel_set(kernel, NODE "has_cpu", "0-1");
        fake_kernel_set(kernel, NODE "node1/distance", "20 10");
        g = run_all(NO);
        assert(g->count[CASE_FIXED] == 4 && *kernel->log == '\0');
        /* without CPUs, but older than the first ACPI device */
        begin(NORMAL);
        kernel->acpi_identity = 5;
        kernel->identity = 4;
        assert(run(NO, &hooks, 0) == 0 && result->plan->n_groups == 0 && *kernel->log == '\0');
        assert(run_all(NO_NODE_1)->count[CASE_FIXED] == 4 && *kernel->log == '\0');
        kernel->identity = 6;
        assert(run_all(NO)->done == 4);
        begin(MACHINE("online", "none"));
        g = run_all(MOVABLE);
        assert(g->count[CASE_FIXED] == 4 && *kernel->log == '\0');
}

static void test_failures(void)
{
        const struct online_group *g;
        char buf[ONLINE_TEXT_MAX];
        unsigned before;

        begin(OFFLINE);
        make_error = -ENOMEM;
        failing = REQUEST_ONLINE_MOVABLE;
        failing_block = 33;
        g = run_all(MOVABLE);
        assert(g->done == 3 && g->failed == 1 && g->error == -ENOMEM && g->failed_block == 33);
        assert_says("3 of 4 blocks of node 1 online, movable");
        assert(strstr(online_format_reason(g, CASE_WAIT, buf),
                      "1 block of node 1 could not be brought online, movable: memory33: Cannot "
                      "allocate memory"));
        before = made;
        now += 29000000; /* not in each pass */
        g = run_all(MOVABLE);
        assert(made == before && g->count[CASE_WAIT] == 1 && g->error == -ENOMEM);
        now += 2000000;
        g = run_all(MOVABLE);
        assert(made == before + 1 && g->failed == 1);
        now += 31000000; /* twice as long */
        run_all(MOVABLE);
        assert(made == before + 1);
        now += 31000000;
        make_error = 0;
        assert(run_all(MOVABLE)->done == 1 && memory.failures.n == 0);
}

/* What failed was to bring it online: that says nothing of taking it offline. */
static void test_failures_of_each_kind(void)
{
        const struct online_group *g;

        begin(OFFLINE);
        make_error = -ENOMEM;
        failing = REQUEST_ONLINE_MOVABLE;
        failing_block = 32;
        for (unsigned i = 0; i < 9; i++) {
                g = run_all(MOVABLE);
                assert(g->failed == 1 && g->count[CASE_STUCK] == 0);
                now += UINT64_C(3600000000) * 2;
        }
        fake_kernel_set(kernel, STATE(32), "online"); /* by a rule of udev */
        fake_kernel_set(kernel, MEMORY "memory32/valid_zones", "Normal");
        make_error = -EBUSY;
        failing = REQUEST_OFFLINE;
        g = run_all(MOVABLE);
        assert(g->failed == 1 && g->count[CASE_STUCK] == 0);
        now += UINT64_C(3600000000) * 2;
        make_error = 0;
        assert(run_all(MOVABLE)->done == 1);
        assert_streq(fake_kernel_get(kernel, MEMORY "memory32/valid_zones"), "Movable");
}

/* A block with pages of the kernel never goes: it is not tried for ever. */
static void test_stuck(void)
{
        const struct online_group *g;
        char buf[ONLINE_TEXT_MAX];
        unsigned before;

        begin(NORMAL);
        make_error = -EBUSY;
        failing = REQUEST_OFFLINE;
        failing_block = 32;
        for (unsigned i = 1; i < 8; i++) {
                g = run_all(MOVABLE);
                assert(g->failed == 1 && g->count[CASE_STUCK] == 0 && !result->settled);
                now += UINT64_C(3600000000) * 2;
        }
        g = run_all(MOVABLE);
        assert(g->failed == 0 && g->error == 0 && g->count[CASE_STUCK] == 1);
        assert(!online_format_reason(g, CASE_WAIT, buf));
        before = made;
        now += UINT64_C(3600000000) * 24;
        g = run_all(MOVABLE);
        assert(made == before && g->count[CASE_STUCK] == 1 && result->settled);
        assert_streq(online_format_reason(g, CASE_STUCK, buf),
                     "1 block of node 1 could not be taken offline in 8 tries: memory32: Device "
                     "or resource busy; not tried again until the policy is reloaded or numatierd "
                     "restarts");
        /* the policy is reloaded */
        online_forget_failures(&memory);
        assert(run_all(MOVABLE)->failed == 1 && made == before + 1);
        /* other memory */
        memory.failures.items[0].attempts = ONLINE_TRIES_MAX;
        assert(run_all(MOVABLE)->count[CASE_STUCK] == 1);
        kernel->identity = 2;
        set_all("online", "Normal");
        assert(run_all(MOVABLE)->failed == 1);
        /* bringing a block online is tried for ever */
        begin(OFFLINE);
        make_error = -ENOMEM;
        failing = REQUEST_ONLINE_MOVABLE;
        failing_block = 33;
        for (unsigned i = 0; i < 20; i++) {
                assert(run_all(MOVABLE)->failed == 1);
                now += UINT64_C(3600000000) * 2;
        }
}

/* A node whose pages cannot be moved costs half a minute a block: it is not asked for all of them.
 */
static void test_pause(void)
{
        const struct online_group *g;

        begin(NORMAL BLOCK(36, 1, "online", "Normal") BLOCK(37, 1, "online", "Normal"));
        make_error = -ETIMEDOUT;
        failing = REQUEST_OFFLINE;
        g = run_all(MOVABLE);
        assert(made == 4 && g->failed == 4 && g->count[CASE_WAIT] == 2);
        assert(memory.failures.n == 4 && memory.failures.items[0].number == 34);
        now += 31000000;
        assert(run_all(MOVABLE)->count[CASE_WAIT] == 6 && made == 4);
        /* the two that were not tried come first */
        now += 460000000;
        run_all(MOVABLE);
        assert(made == 8 && memory.failures.n == 6);
        assert(memory.failures.items[0].attempts == 1 && memory.failures.items[1].attempts == 1);
        assert(memory.failures.items[2].attempts == 1 && memory.failures.items[5].attempts == 2);
        now += 490000000; /* twice as long */
        run_all(MOVABLE);
        assert(made == 8);
        now += 490000000;
        make_error = 0;
        g = run_all(MOVABLE);
        assert(g->done == 6 && memory.failures.n == 0 && memory.failures.n_pauses == 0);
}

/* If the zone cannot be had, the block comes back as it was. */
static void test_back(void)
{
        const struct online_group *g;

        begin(NORMAL);
        make_error = -EINVAL;
        failing = REQUEST_ONLINE_MOVABLE;
        g = run_all(MOVABLE);
        assert(g->failed == 4);
        for (unsigned i = 0; i < memory.record->n; i++)
                assert(memory.record->blocks[i].state == RECORD_SEEN);
        assert_streq(fake_kernel_get(kernel, STATE(32)), "online");
        assert_streq(fake_kernel_get(kernel, MEMORY "memory32/valid_zones"), "Normal");
}

/* Killed between offline and online: the record says what is to be done. */
static void test_pending(void)
{
        begin(MACHINE("offline", "Normal Movable"));
        fake_kernel_set(kernel, ONLINE_RECORD_PATH,
                        "numatier online 1\nseen 32-33 1\npending 34-35 1 movable");
        assert(run_all(MOVABLE)->done == 2);
        assert_streq(fake_kernel_get(kernel, STATE(34)), "online");
        assert_streq(fake_kernel_get(kernel, STATE(33)), "offline");
        /* the same when it was to stay offline: it was not somebody else */
        begin(OFFLINE);
        fake_kernel_set(kernel, ONLINE_RECORD_PATH, "numatier online 1\npending 32-35 1 no");
        assert(run_all(MOVABLE)->done == 4);
        begin(NORMAL);
        fake_kernel_set(kernel, ONLINE_RECORD_PATH, "numatier online 1\npending 32-35 1 no");
        assert(run_all(NO)->done == 4);
        /* also if the policy no longer wants anything */
        begin(MACHINE("offline", "Normal Movable"));
        fake_kernel_set(
                kernel, ONLINE_RECORD_PATH,
                "numatier online 1\nseen 32-33 1\npending 34 1 movable\npending 35 2 movable");
        assert(run_all("")->done == 1 && !online_record_has_pending(memory.record));
        assert_streq(kernel->log, STATE(34) "=online_movable\n");
        assert(run("", &hooks, 0) == 0 && result->plan->n_groups == 0);
}

/* The record is written before a block goes offline. */
static void look_at_record(struct fake_kernel *k, const char *path)
{
        const char *text;

        if (!strstr(path, "/state"))
                return;
        text = fake_kernel_get(k, ONLINE_RECORD_PATH);
        assert(text && streq(text, "numatier online 1"));
        assert(k->writes > 0 || sysroot_read(k->files, ONLINE_RECORD_PATH, (char[256]){ 0 }, 256) >
                                        (ssize_t)strlen("numatier online 1\npending 32-35"));
}

static void test_pending_first(void)
{
        char text[256];

        begin(NORMAL);
        kernel->before_write = look_at_record;
        run_all(MOVABLE);
        assert(sysroot_read(root, ONLINE_RECORD_PATH, text, sizeof(text)) > 0);
        assert_streq(text, "numatier online 1\nmade 32-35 1 movable\n");
        begin(NORMAL);
        kernel->before_write = look_at_record;
        run_all(NO);
        /* nothing is changed that could not be remembered */
        begin(NORMAL);
        kernel->replace_error = -ENOSPC;
        assert(run(MOVABLE, &hooks, 0) == -ENOSPC && *kernel->log == '\0');
        assert(messages_have(&result->problems, ONLINE_RECORD_PATH));
}

static unsigned pending_writes;

static unsigned count(const char *text, const char *part)
{
        unsigned n = 0;

        for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
                n++;
        return n;
}

static void find_pending(struct fake_kernel *k, const char *path)
{
        char text[256];

        if (!strstr(path, "/state"))
                return;
        assert(sysroot_read(k->files, ONLINE_RECORD_PATH, text, sizeof(text)) > 0);
        pending_writes += count(text, "pending ") == 1 && strstr(text, "1 movable") != NULL;
}

static void find_one_pending(struct fake_kernel *k, const char *path)
{
        char text[256], wanted[64];
        unsigned number;

        if (sscanf(path, MEMORY "memory%u/state", &number) != 1)
                return;
        assert(sysroot_read(k->files, ONLINE_RECORD_PATH, text, sizeof(text)) > 0);
        snprintf(wanted, sizeof(wanted), "\npending %u 1 movable\n", number);
        assert(strstr(text, wanted) && count(text, "pending ") == 1);
        pending_writes++;
}

/* If numatier is killed now and somebody takes another block offline, that one does not come back.
 */
static void test_one_pending(void)
{
        begin(NORMAL);
        kernel->before_write = find_one_pending;
        pending_writes = 0;
        assert(run_all(MOVABLE)->done == 4 && pending_writes == 8);
}

/* Killed after it brought back what it had taken offline for good: that was not somebody else. */
static void test_pending_back(void)
{
        begin(OFFLINE);
        fake_kernel_set(kernel, ONLINE_RECORD_PATH, "numatier online 1\nmade 32-35 1 no");
        kernel->before_write = find_pending;
        pending_writes = 0;
        assert(run_all(MOVABLE)->done == 4 && pending_writes == 4);
        fake_kernel_set(kernel, ONLINE_RECORD_PATH, "numatier online 1\npending 32-35 1 movable");
        restart();
        kernel->before_write = NULL;
        assert(run_all(NO)->done == 4);
}

static void read_slowly(struct fake_kernel *k, const char *path)
{
        now += k->writes == 0 ? 1000 : 0;
}

static void test_budget(void)
{
        begin(OFFLINE);
        tick = 600;
        assert(run(MOVABLE, &hooks, 1000) == 0 && result->remaining == 2);
        assert_says("2 of 4 blocks of node 1 online, movable");
        assert(run(MOVABLE, &hooks, 1000) == 0 && result->remaining == 0);
        /* reading may take longer than that: it is not one block a slice */
        begin(OFFLINE);
        kernel->before_read = read_slowly;
        tick = 600;
        assert(run(MOVABLE, &hooks, 1000) == 0 && result->remaining == 0);
        /* the end: no block is left in between, nor pending */
        begin(NORMAL);
        stop_after = 1;
        assert(run(MOVABLE, &hooks, 0) == 0 && result->remaining == 3);
        assert_streq(fake_kernel_get(kernel, STATE(35)), "online");
        assert_streq(fake_kernel_get(kernel, MEMORY "memory35/valid_zones"), "Movable");
        for (unsigned i = 0; i < memory.record->n; i++)
                assert(memory.record->blocks[i].state != RECORD_PENDING);
        /* by a signal while the kernel moves pages: that is no failure of the block */
        begin(NORMAL);
        stop_after = 1;
        make_error = -EINTR;
        failing = REQUEST_OFFLINE;
        assert(run(MOVABLE, &hooks, 0) == 0 && memory.failures.n == 0);
        assert(!online_record_has_pending(memory.record));
}

static void drain_node(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory33/state"))
                fake_kernel_set(k, DRAINED_PATH, "nodes 1");
}

static void test_drained(void)
{
        begin(OFFLINE);
        fake_kernel_set(kernel, DRAINED_PATH, "nodes 1");
        assert(run_all(MOVABLE)->count[CASE_DRAINED] == 4 && *kernel->log == '\0');
        begin(OFFLINE);
        kernel->before_write = drain_node;
        assert(run_all(MOVABLE)->done == 2);
        begin(OFFLINE);
        fake_kernel_set(kernel, DRAINED_PATH, "what");
        assert(run(MOVABLE, &hooks, 0) == -EBADMSG && *kernel->log == '\0');
}

/* "numatier online --zone" came and went since the look. */
static void choose_zone(struct fake_kernel *k, const char *path)
{
        if (streq(path, STATE(34)))
                fake_kernel_set(k, ZONED_PATH, "nodes 1");
}

static void test_zoned_meanwhile(void)
{
        begin(NORMAL);
        kernel->before_write = choose_zone;
        assert(run_all(MOVABLE)->done == 2 && result->plan->groups[0].count[CASE_MANUAL] == 2);
        assert_streq(fake_kernel_get(kernel, MEMORY "memory33/valid_zones"), "Normal");
        kernel->before_write = NULL;
        assert(run_all(MOVABLE)->count[CASE_MANUAL] == 2);
        assert(!result->settled); /* the choice may be taken back without an event */
        begin(OFFLINE);
        fake_kernel_set(kernel, ZONED_PATH, "nodes 1");
        (void)run_all(MOVABLE);
        (void)run_all(MOVABLE);
        assert(result->settled); /* it holds nothing back */
}

/* While "numatier drain" works, nothing is changed; and what it recorded before counts. */
static void test_lock(void)
{
        begin(NORMAL);
        lock_error = -EBUSY;
        assert(run_all(MOVABLE)->count[CASE_BUSY] == 4 && *kernel->log == '\0');
        assert(!result->settled && result->problems.n == 0);
        assert(!online_record_has_pending(memory.record));
        lock_error = 0;
        drained_before_lock = "nodes 1";
        assert(run_all(MOVABLE)->done == 0 && *kernel->log == '\0');
        begin(OFFLINE);
        lock_error = -EACCES;
        assert(run(MOVABLE, &hooks, 0) == -EACCES && *kernel->log == '\0');
        assert(messages_have(&result->problems, DRAINED_LOCK_PATH));
}

/* "numatier online --zone": whatever the policy wants, that memory is not taken offline again. */
static void test_zoned(void)
{
        char buf[ONLINE_TEXT_MAX];

        begin(OFFLINE);
        assert(run_all(NO)->count[CASE_GOOD] == 4);
        set_all("online", "Movable");
        fake_kernel_set(kernel, ZONED_PATH, "nodes 1");
        assert(run_all(NO)->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        assert(strstr(online_format_reason(&result->plan->groups[0], CASE_MANUAL, buf),
                      "on purpose; numatier drain 1 takes it offline"));
        begin(NORMAL);
        fake_kernel_set(kernel, ZONED_PATH, "nodes 1");
        assert(run_all(MOVABLE)->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        assert(run_all(KERNEL)->count[CASE_GOOD] == 4);
        /* only as long as there is that memory */
        fake_kernel_set(kernel, ZONED_PATH, "nodes 1,5");
        (void)run_all(MOVABLE);
        assert(nodeset_count(&result->vanished) == 1 && nodeset_has(&result->vanished, 5));
        assert(sysroot_remove(root, ZONED_PATH) == 0);
        assert(run_all(MOVABLE)->done == 4);
}

/* A block of two nodes is no new one, which may be of any node. */
static void test_vanished(void)
{
        begin(OFFLINE BLOCK(36, 0, "online", "none"));
        fake_kernel_set(kernel, NODE "node1/memory36", "m");
        fake_kernel_set(kernel, DRAINED_PATH, "nodes 1-2");
        assert(run(MOVABLE, &hooks, 0) == 0 && nodeset_count(&result->vanished) == 1);
        assert(nodeset_has(&result->vanished, 2));
        fake_kernel_set(kernel, MEMORY "memory37/state", "offline");
        assert(run(MOVABLE, &hooks, 0) == 0 && nodeset_count(&result->vanished) == 0);
}

/* Of a damaged record, blocks may be missing that somebody took offline. */
static void test_damaged(void)
{
        begin(OFFLINE);
        fake_kernel_set(kernel, ONLINE_RECORD_PATH, "numatier online 1\nseen what");
        assert(run_all(MOVABLE)->count[CASE_MANUAL] == 4 && *kernel->log == '\0');
        assert(result->problems.n == 1);
        kernel->identity = 2; /* what comes later is new */
        assert(run_all(MOVABLE)->done == 4);
}

/* A rule of udev is faster with one block. */
static void be_faster(struct fake_kernel *k, const char *path)
{
        if (!strstr(path, "memory33/state") || k->writes > 1)
                return;
        fake_kernel_set(k, STATE(33), "online");
        fake_kernel_set(k, MEMORY "memory33/valid_zones", "Normal");
}

static void test_faster(void)
{
        const struct online_group *g;

        begin(OFFLINE);
        kernel->before_write = be_faster;
        g = run_all(MOVABLE);
        assert(g->done == 3 && g->failed == 0 && g->count[CASE_BUSY] == 1);
        assert(run_all(MOVABLE)->done == 1);
        assert_says("4 of 4 blocks of node 1 online, movable");
}

/* Somebody brings a block online in its old zone whenever it is offline. */
static void bring_back(struct fake_kernel *k, const char *path)
{
        if (!strstr(path, "memory33/state") || !streq(fake_kernel_get(k, STATE(33)), "offline"))
                return;
        fake_kernel_set(k, STATE(33), "online");
        fake_kernel_set(k, MEMORY "memory33/valid_zones", "Normal");
}

static void test_brought_back(void)
{
        const struct online_group *g;

        begin(NORMAL);
        kernel->before_write = bring_back;
        g = run_all(MOVABLE);
        assert(g->done == 3 && g->failed == 0 && g->count[CASE_BUSY] == 1);
        /* that is not done in each pass */
        assert(run_all(MOVABLE)->count[CASE_WAIT] == 1);
        assert_streq(kernel->log, "");
}

static void vanish(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory33/state")) {
                k->unreadable_path = "memory34/state";
                k->unreadable_error = -ENODEV;
        }
}

static void plug_other(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "memory33/state"))
                k->identity = 2;
}

static void test_removal_meanwhile(void)
{
        begin(OFFLINE);
        kernel->before_write = vanish;
        run_all(MOVABLE);
        assert(result->plan->groups[0].gone == 1 && result->plan->groups[0].failed == 0);
        assert_says("3 of 3 blocks of node 1 online, movable");
        /* other memory of the same number: it is not known what is wanted for it */
        begin(OFFLINE);
        kernel->before_write = plug_other;
        run_all(MOVABLE);
        assert(result->plan->groups[0].done == 2 && result->plan->groups[0].gone == 2);
        assert_streq(fake_kernel_get(kernel, STATE(34)), "offline");
}

int main(void)
{
        test_new_blocks();
        test_dry_run();
        test_manual();
        test_insisted();
        test_gone();
        test_other_zone();
        test_no();
        test_full();
        test_full_but_gpu();
        test_full_meanwhile();
        test_offline_meanwhile();
        test_fixed();
        test_offline_for_long();
        test_boot_memory();
        test_failures();
        test_failures_of_each_kind();
        test_stuck();
        test_pause();
        test_back();
        test_pending();
        test_pending_first();
        test_pending_back();
        test_one_pending();
        test_budget();
        test_drained();
        test_zoned_meanwhile();
        test_lock();
        test_zoned();
        test_vanished();
        test_damaged();
        test_faster();
        test_brought_back();
        test_removal_meanwhile();
        forget();
        return 0;
}
