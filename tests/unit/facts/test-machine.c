/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/key.h"
#include "facts/knobs.h"
#include "facts/settings.h"
#include "fake-kernel.h"
#include "state/recall.h"

/* What is made of a machine's files, however they read. */

struct scene {
        struct fake_kernel *kernel;
        struct sysroot *root;
        struct messages problems;
        struct machine *machine, *previous;
        int result;
};

/* One pass after another: what cannot be read is taken from the last. */
static void run_pass(struct scene *s)
{
        machine_free(s->previous);
        s->previous = TAKE_PTR(s->machine);
        messages_done(&s->problems);
        s->result = machine_read(s->root, TIERS_KNOWN_ONLY, NULL, s->previous, &s->problems,
                                 &s->machine);
        if (s->result == 0)
                machine_read_guard(s->root, s->machine, &s->problems);
        if (s->result == 0)
                s->result = machine_read_knobs(s->root, s->machine, &s->problems);
}

static struct scene scene(const char *text)
{
        struct scene s = { 0 };

        s.root = fake_kernel_new(text, &s.kernel);
        return s;
}

static struct scene run_pass_over(const char *text)
{
        struct scene s = scene(text);

        run_pass(&s);
        return s;
}

static void done(struct scene *s)
{
        machine_free(s->machine);
        machine_free(s->previous);
        messages_done(&s->problems);
        sysroot_free(s->root);
}

static const struct node *node(const struct scene *s, unsigned id)
{
        return machine_get_node(s->machine, id);
}

#define ONE_NODE                                                                                   \
        NODE "online: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE                         \
             "node0/distance: 10\n" MEMINFO(0, 9)

static void test_thread_guest(void)
{
        struct scene s = run_pass_over(THREAD_GUEST "proc/sys/kernel/osrelease: 6.12.95-amd64\n");

        assert(s.result == 0 && s.problems.n == 0 && s.machine->n_nodes == 2);
        assert(node(&s, 0)->has_cpu && node(&s, 0)->has_memory && !node(&s, 1)->has_cpu);
        assert(node(&s, 0)->size_kib == 1000000 && node(&s, 1)->size_kib == 500000);
        assert(node(&s, 0)->distance[0] == 10 && node(&s, 0)->distance[1] == 20);
        assert(!node(&s, 1)->distance); /* only those with CPUs are asked */
        assert(node(&s, 1)->access_present[ACCESS_CPU] && !node(&s, 1)->remembered);
        assert(node(&s, 1)->access[ACCESS_CPU].v[READ_LATENCY] == 20);
        assert(node(&s, 1)->access[ACCESS_CPU].v[WRITE_BANDWIDTH] == 5);
        assert(!node(&s, 2) && !node(&s, UINT32_MAX));
        assert_streq(s.machine->kernel, "6.12.95-amd64");
        assert(s.machine->is_live);
        done(&s);
}

/* Numbers with gaps, node 0 offline (the kernel then begins the line with a space), one node each
 * of memory only, CPUs only, a generic initiator, and nothing at all. */
static void test_kinds(void)
{
        struct scene s =
                run_pass_over(NODE "online: 2,5-6,700,1023\n" NODE "possible: 0-1023\n" NODE
                                   "has_memory: 2,1023\n" NODE "has_cpu: 5\n" NODE
                                   "has_generic_initiator: 6\n" MEMINFO(2, 9) MEMINFO(5, 0)
                                           MEMINFO(6, 0) MEMINFO(700, 0) MEMINFO(1023, 8) NODE
                              "node5/distance:  17 10 28 39 40\n");

        assert(s.result == 0 && s.problems.n == 0 && s.machine->n_nodes == 5);
        assert(node(&s, 2)->has_memory && !node(&s, 2)->has_cpu);
        assert(node(&s, 5)->has_cpu && !node(&s, 5)->has_memory);
        assert(node(&s, 6)->has_generic_initiator && !node(&s, 6)->has_cpu);
        assert(!node(&s, 700)->has_memory && !node(&s, 700)->has_generic_initiator);
        assert(node(&s, 1023)->has_memory && node(&s, 1023)->size_kib == 8);
        assert(!node(&s, 0) && !node(&s, 3) && !node(&s, 1022));
        assert(node(&s, 5)->distance[0] == 17); /* the columns are the online nodes */
        assert(node(&s, 5)->distance[1] == 10 && node(&s, 5)->distance[4] == 40);
        assert(nodeset_count(&s.machine->possible) == 1024);
        done(&s);
}

static void test_masks(void)
{
        static const struct {
                const char *text;
                int result;
                const char *complaint;
        } cases[] = {
                { NODE "online: 0\n" NODE "has_memory:\n" NODE "has_cpu:\n" MEMINFO(0, 0), 0,
                  NULL },
                { NODE "has_memory: 0\n" NODE "has_cpu: 0\n", -ENOENT, NULL },
                { NODE "online: 0\n" NODE "has_memory: 0\n", -ENOENT, NULL },
                { NODE "online: 0-\n", -EBADMSG,
                  "/sys/devices/system/node/online: expected a list of nodes such as 0-1,4, found "
                  "\"0-\"" },
                { NODE "online: 0-1024\n", -EBADMSG, "found \"0-1024\"" },
                { NODE "online: 0\n" NODE "has_memory: x\n", -EBADMSG, "has_memory: expected" },
                { ONE_NODE NODE "possible: y\n", -EBADMSG, "possible: expected" },
                { NODE "online ! EACCES\n", -EACCES,
                  "node/online: cannot be read: Permission denied" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct scene s = run_pass_over(cases[i].text);

                assert(s.result == cases[i].result && !s.machine == (s.result < 0));
                assert(s.problems.n == (cases[i].complaint != NULL));
                assert(!cases[i].complaint || messages_have(&s.problems, cases[i].complaint));
                done(&s);
        }
}

/* One value of access1, and what it is taken for. */
static void test_value(const char *line, uint32_t value, bool present, const char *complaint)
{
        char text[1024];
        struct scene s;

        snprintf(text, sizeof(text), "%s" NODE "node0/access1/initiators/read_latency%s\n",
                 ONE_NODE, line);
        s = run_pass_over(text);
        assert(s.result == 0);
        assert(node(&s, 0)->access[ACCESS_CPU].v[READ_LATENCY] == value);
        assert(node(&s, 0)->access_present[ACCESS_CPU] == present);
        assert(node_is_unreadable(node(&s, 0), FACT_ACCESS) == (complaint != NULL));
        assert(s.problems.n == (complaint != NULL));
        if (complaint)
                assert_streq(s.problems.items[0], complaint);
        done(&s);
}

#define COMPLAINT(found)                                                                           \
        "/" NODE "node0/access1/initiators/read_latency: expected a number from 0 to 4294967295, " \
        "found \"" found "\""

static void test_values(void)
{
        test_value(": 120", 120, true, NULL);
        test_value(": 0", 0, true, NULL);
        test_value(": 4294967295", 4294967295, true, NULL);
        test_value(": 4294967296", 0, true, COMPLAINT("4294967296"));
        test_value(": -1", 0, true, COMPLAINT("-1"));
        test_value(": 0x10", 0, true, COMPLAINT("0x10"));
        test_value(": 12 13", 0, true, COMPLAINT("12 13"));
        test_value(":", 0, true, COMPLAINT(""));
        test_value(": 1111111111111111111111111111111111111111111111111111111111111111111", 0, true,
                   COMPLAINT("")); /* longer than any number */
        test_value(" ! ENOENT", 0, false, NULL);
        test_value(" ! ENODEV", 0, true, /* it was there when it was opened */
                   "/" NODE "node0/access1/initiators/read_latency: cannot be read: No such "
                   "device");
        test_value(" ! EACCES", 0, true,
                   "/" NODE "node0/access1/initiators/read_latency: cannot be read: Permission "
                   "denied");
}

#define ACCESS0_READ_LATENCY NODE "node0/access0/initiators/read_latency"

/* Class 0 is read where class 1 lacks a value, and for a capture. */
static void note_read(const char *path, const char *text, ssize_t length, bool link, void *userdata)
{
        *(bool *)userdata |= streq(path, ACCESS0_READ_LATENCY);
}

static void test_access_class(void)
{
        struct scene s = run_pass_over(ONE_NODE ACCESS1(0, 10, 20) ACCESS0_READ_LATENCY ": 7\n");
        bool captured = false;

        assert(!node(&s, 0)->access_present[ACCESS_LOCAL]);
        fake_kernel_set(s.kernel, NODE "node0/access1/initiators/write_bandwidth", "0");
        run_pass(&s);
        assert(node(&s, 0)->access[ACCESS_LOCAL].v[READ_LATENCY] == 7);
        assert(node(&s, 0)->access[ACCESS_CPU].v[READ_LATENCY] == 10);
        fake_kernel_set(s.kernel, NODE "node0/access1/initiators/write_bandwidth", "20");
        sysroot_record(s.root, note_read, &captured);
        run_pass(&s);
        assert(!captured && !node(&s, 0)->access_present[ACCESS_LOCAL]);
        sysroot_read_all(s.root);
        run_pass(&s);
        sysroot_record(s.root, NULL, NULL);
        assert(captured && node(&s, 0)->access[ACCESS_LOCAL].v[READ_LATENCY] == 7);
        done(&s);
}

static void test_meminfo(void)
{
        struct scene s = run_pass_over(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE
                                            "has_cpu:\n" NODE "node0/meminfo:\n"
                                            "  Node 0 MemFree:  1 kB\n"
                                            "  Node 0 HugePages_Total:  3\n"
                                            "  Node 0 MemTotal: 18446744073709551615 kB\n" NODE
                                            "node1/meminfo: Node 1 MemFree: 5 kB\n");

        assert(s.result == 0 && node(&s, 0)->size_kib == UINT64_MAX && node(&s, 1)->size_kib == 0);
        assert(!node_is_unreadable(node(&s, 0), FACT_SIZE));
        assert(node_is_unreadable(node(&s, 1), FACT_SIZE));
        assert(s.problems.n == 1 &&
               messages_have(&s.problems,
                             "node1/meminfo: expected a line \"Node 1 MemTotal: ... kB\""));
        done(&s);
}

static struct scene run_pass_over_distance(const char *line)
{
        char text[1024];

        snprintf(text, sizeof(text),
                 NODE "online: 0-2\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                         MEMINFO(1, 9) MEMINFO(2, 0) NODE "node0/distance%s\n",
                 line);
        return run_pass_over(text);
}

static void test_distance(void)
{
        struct scene s = run_pass_over_distance(": 10 9 255");

        assert(s.result == 0 && s.problems.n == 0);
        assert(node(&s, 0)->distance[0] == 10);
        assert(node(&s, 0)->distance[1] == 0); /* reserved */
        assert(node(&s, 0)->distance[2] == 0); /* unreachable */
        done(&s);
        s = run_pass_over_distance(": 10 x 20");
        assert(s.result == 0 && !node(&s, 0)->distance && node(&s, 0)->has_memory);
        assert(messages_have(&s.problems, "node0/distance: expected 3 distances"));
        done(&s);
        s = run_pass_over_distance(" ! ENOENT");
        assert(s.result == 0 && !node(&s, 0)->distance && s.problems.n == 0);
        done(&s);
}

static void assert_given_up(const struct scene *s, unsigned id)
{
        assert(s->result == 0 && node(s, id)->half_there);
        assert(node(s, id)->has_memory == nodeset_has(&s->machine->memory, id));
        assert(node(s, id)->has_cpu == nodeset_has(&s->machine->cpu, id));
        assert((node(s, id)->unreadable & 1U << FACT_SIZE) != 0);
        assert(!(node(s, id)->unreadable & 1U << FACT_DISTANCE) == !node(s, id)->has_cpu);
        assert(!(node(s, id)->unreadable & 1U << FACT_ACCESS) == !node(s, id)->has_memory);
        assert(messages_have(&s->problems, "is online but cannot be read"));
}

/* A node came or went between online and distance. If that is so each time, only the distances are
 * not known: the node keeps its CPUs and its memory. */
static void test_distance_columns(void)
{
        static const char *const lines[] = { ": 10 20", ": 10 20 30 40", ": 10 x 20", " ! EIO" };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct scene s = run_pass_over_distance(lines[i]);

                assert(s.result == 0 && s.problems.n == 1 && !node(&s, 0)->distance);
                assert(messages_have(&s.problems, i < 3 ? "node0/distance: expected 3 distances"
                                                        : "node0/distance: cannot be read: Input"));
                assert(node(&s, 0)->has_memory && node(&s, 0)->has_cpu);
                assert(node(&s, 0)->size_kib == 9 && nodeset_has(&s.machine->cpu, 0));
                assert(node(&s, 0)->unreadable == 1U << FACT_DISTANCE && node(&s, 0)->kept == 0);
                done(&s);
        }
}

/* The distances of the last pass are kept, each in the column of its node. */
static void test_distance_kept(void)
{
        struct scene s = run_pass_over_distance(": 10 20 30");

        fake_kernel_set(s.kernel, NODE "online", "0,2-3");
        fake_kernel_set(s.kernel, NODE "has_memory", "0,2");
        fake_kernel_set(s.kernel, NODE "node3/meminfo", " Node 3 MemTotal: 0 kB");
        fake_kernel_set(s.kernel, NODE "node0/distance", "10 ?");
        run_pass(&s);
        assert(s.result == 0 && s.problems.n == 1 && s.machine->n_nodes == 3);
        for (unsigned pass = 0; pass < 2; pass++) { /* as often as need be */
                assert(node_is_kept(node(&s, 0), FACT_DISTANCE));
                assert(!node_is_unreadable(node(&s, 0), FACT_DISTANCE));
                assert(node(&s, 0)->distance[0] == 10 && node(&s, 0)->distance[1] == 30);
                assert(node(&s, 0)->distance[2] == 0); /* just came */
                run_pass(&s);
        }
        fake_kernel_set(s.kernel, NODE "node0/distance", "10 31 17");
        run_pass(&s);
        assert(node(&s, 0)->unreadable == 0 && node(&s, 0)->kept == 0 && s.problems.n == 0);
        assert(node(&s, 0)->distance[1] == 31 && node(&s, 0)->distance[2] == 17);
        done(&s);
}

static unsigned attempts;

/* Node 1 goes while it is being read, in the first attempts. */
static void vanish_twice(struct fake_kernel *k, const char *path)
{
        if (streq(path, NODE "node1/meminfo"))
                attempts++;
        k->unreadable_path = attempts <= 2 ? "node1/meminfo" : NULL;
}

static void test_vanishing(void)
{
        struct scene s = scene(THREAD_GUEST);

        s.kernel->unreadable_error = -ENODEV;
        s.kernel->before_read = vanish_twice;
        run_pass(&s);
        assert(s.result == 0 && attempts == 3 && node(&s, 1)->has_memory && s.problems.n == 0);
        s.kernel->before_read = NULL;
        s.kernel->unreadable_path = "node1/meminfo";
        run_pass(&s);
        assert_given_up(&s, 1);
        /* it counts for the others as it was */
        assert(node_is_kept(node(&s, 1), FACT_SIZE) && node(&s, 1)->size_kib > 0);
        assert(s.problems.n == 1 && node(&s, 0)->has_memory);
        done(&s);
}

/* The kernel does not change while it runs. */
static void test_release_kept(void)
{
        struct scene s = scene(THREAD_GUEST "proc/sys/kernel/osrelease: 6.12.95\n");

        s.kernel->unreadable_path = "osrelease";
        s.kernel->unreadable_error = -EIO;
        run_pass(&s);
        assert(s.result == 0 && s.problems.n == 1 && !s.machine->kernel);
        s.kernel->unreadable_path = NULL;
        run_pass(&s);
        assert_streq(s.machine->kernel, "6.12.95");
        s.kernel->unreadable_path = "osrelease";
        run_pass(&s);
        assert(messages_have(&s.problems, "osrelease: cannot be read: Input/output error"));
        assert_streq(s.machine->kernel, "6.12.95");
        done(&s);
}

static void fail(struct scene *s, const char *path, int error)
{
        s->kernel->unreadable_path = path;
        s->kernel->unreadable_error = error;
        run_pass(s);
        assert(s->result == 0);
}

#define KEYED                                                                                      \
        THREAD_GUEST "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE                  \
                     "node1/memory40 -> ../../memory/memory40\n"

/* An error of reading is no value, and no reason to give up the machine or the node. */
static void test_unreadable(void)
{
        struct scene s = scene(KEYED);

        fail(&s, "node1/meminfo", -EIO);
        assert(node(&s, 1)->unreadable == 1U << FACT_SIZE && node(&s, 1)->size_kib == 0);
        assert(node(&s, 0)->unreadable == 0 && s.problems.n == 1);
        assert(messages_have(&s.problems,
                             "/" NODE "node1/meminfo: cannot be read: Input/output error"));
        fail(&s, "node1/meminfo", -EIO); /* nothing good to keep */
        assert(node_is_unreadable(node(&s, 1), FACT_SIZE));
        fail(&s, NULL, 0);
        assert(node(&s, 1)->unreadable == 0 && node(&s, 1)->size_kib == 500000);
        fail(&s, "node1/meminfo", -EIO);
        assert(node_is_kept(node(&s, 1), FACT_SIZE) && node(&s, 1)->size_kib == 500000);
        assert(!node_is_unreadable(node(&s, 1), FACT_SIZE) && s.problems.n == 1);
        fail(&s, "node1/meminfo", -EIO);
        assert(node_is_kept(node(&s, 1), FACT_SIZE) && node(&s, 1)->size_kib == 500000);
        done(&s);
}

/* One of the four values: none of them is taken from this pass. */
static void test_access_kept(void)
{
        struct scene s = run_pass_over(KEYED);

        assert_streq(node(&s, 1)->key, "node1@140000000");
        assert(!node(&s, 0)->key);
        fake_kernel_set(s.kernel, NODE "node1/access1/initiators/read_latency", "99");
        fail(&s, "node1/access1/initiators/write_bandwidth", -EIO);
        assert(node_is_kept(node(&s, 1), FACT_ACCESS) && s.problems.n == 1);
        assert(node(&s, 1)->access[ACCESS_CPU].v[READ_LATENCY] == 20);
        assert(node(&s, 1)->access[ACCESS_CPU].v[WRITE_BANDWIDTH] == 5);
        assert(node(&s, 1)->access_present[ACCESS_CPU]);
        /* other memory under the same number has values of its own */
        fake_kernel_set(s.kernel, NODE "node1/memory9/state", "online");
        fail(&s, "node1/access1/initiators/write_bandwidth", -EIO);
        assert_streq(node(&s, 1)->key, "node1@48000000");
        assert(node_is_unreadable(node(&s, 1), FACT_ACCESS));
        assert(!node_is_kept(node(&s, 1), FACT_ACCESS));
        /* that a file is absent is known */
        fail(&s, "node1/access1/", -ENOENT);
        assert(node(&s, 1)->unreadable == 0 && !node(&s, 1)->access_present[ACCESS_CPU]);
        done(&s);
}

/* Memory may be online before its CPUs, which no event reports: it is theirs all the same. */
static void test_offline_cpus(void)
{
        struct scene s = run_pass_over(
                NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                        MEMINFO(1, 9) MEMINFO(2, 9) NODE
                "node0/distance: 10 21 21\n" NODE "node1/distance: 21 10 21\n" NODE
                "node2/distance: 21 21 10\n"
                "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
                "node1/cpu8 -> ../../cpu/cpu8\n" NODE "node1/cpulist:\n" NODE "node2/cpulist:\n");

        assert(s.result == 0 && s.problems.n == 0);
        assert(!node(&s, 1)->has_cpu && node(&s, 1)->has_offline_cpu);
        assert(node(&s, 1)->distance && node(&s, 1)->distance[1] == 10);
        assert(!node(&s, 2)->has_offline_cpu && !node(&s, 2)->distance);
        assert(node(&s, 1)->kind == KIND_DRAM);
        done(&s);
}

/* Node 1 comes after "online" was read: the nodes and the columns belong together. */
static void plug_late(struct fake_kernel *k, const char *path)
{
        if (!streq(path, NODE "node0/meminfo"))
                return;
        fake_kernel_set(k, NODE "online", "0-1");
        fake_kernel_set(k, NODE "has_memory", "0-1");
        fake_kernel_set(k, NODE "node0/distance", "10 20");
}

static void test_plugged_meanwhile(void)
{
        struct scene s = scene(ONE_NODE MEMINFO(1, 7));

        s.kernel->before_read = plug_late;
        run_pass(&s);
        assert(s.result == 0 && s.machine->n_nodes == 2 && s.problems.n == 0);
        assert(node(&s, 1)->size_kib == 7 && node(&s, 0)->distance[1] == 20);
        done(&s);
}

static void come_and_go(struct fake_kernel *k, const char *path)
{
        if (!streq(path, NODE "node0/meminfo"))
                return;
        fake_kernel_set(k, NODE "online", attempts++ % 2 ? "0" : "0,2");
}

static void test_never_still(void)
{
        struct scene s = scene(NODE "online: 0\n" NODE "has_memory: 0\n" NODE
                                    "has_cpu:\n" MEMINFO(0, 9) MEMINFO(2, 0));

        attempts = 0;
        s.kernel->before_read = come_and_go;
        run_pass(&s);
        assert(s.result == -EAGAIN && !s.machine);
        done(&s);
}

#define CACHE(level) NODE "node0/memory_side_cache/index" #level "/"

static void test_side_caches(void)
{
        struct scene s = run_pass_over(
                ONE_NODE CACHE(1) "size: 17179869184\n" CACHE(1) "line_size: 64\n" CACHE(
                        1) "indexing: 1\n" CACHE(1) "write_policy: 0\n" CACHE(2) "size: "
                                                                                 "4096\n" CACHE(
                                                                                         4) "size: "
                                                                                            "1\n");
        const struct side_cache *c = node(&s, 0)->caches;

        assert(node(&s, 0)->n_caches == 2); /* levels have no gaps */
        assert(c[0].level == 1 && c[0].size == 17179869184 && c[0].line_size == 64);
        assert(c[0].indexing == 1 && c[0].write_policy == 0);
        assert(c[1].level == 2 && c[1].size == 4096 && c[1].line_size == 0);
        fake_kernel_set(s.kernel, CACHE(1) "size", "4K");
        run_pass(&s);
        assert(node(&s, 0)->n_caches == 0 && messages_have(&s.problems, "index1/size: expected"));
        done(&s);
}

static void test_guard(void)
{
        struct scene s = run_pass_over(THREAD_GUEST LRU_GEN(100) SWAP DEMOTION_PATH ": true\n");

        assert(s.machine->lru_gen.value == 7 && s.machine->min_ttl.value == 100);
        assert(s.machine->swap.value == 1 && s.machine->demotion.value == 1);
        fake_kernel_set(s.kernel, SWAPS_PATH, "Filename\tType");
        fake_kernel_set(s.kernel, LRU_GEN_PATH, "0x0000");
        run_pass(&s);
        assert(s.machine->swap.present && s.machine->swap.value == 0 && s.problems.n == 0);
        assert(s.machine->lru_gen.present && s.machine->lru_gen.value == 0);
        fake_kernel_set(s.kernel, SWAPS_PATH, "none");
        fake_kernel_set(s.kernel, LRU_GEN_PATH, "yes");
        fake_kernel_set(s.kernel, MIN_TTL_PATH, "1s");
        fake_kernel_set(s.kernel, DEMOTION_PATH, "1");
        run_pass(&s);
        assert(s.machine->swap.unreadable && s.machine->lru_gen.unreadable);
        assert(s.machine->min_ttl.unreadable && s.machine->demotion.unreadable);
        assert(s.problems.n == 4);
        s.kernel->unreadable_path = "sys/kernel/mm/";
        s.kernel->unreadable_error = -EIO;
        run_pass(&s);
        assert(s.machine->lru_gen.unreadable && !s.machine->lru_gen.present);
        assert(messages_have(&s.problems, "min_ttl_ms: cannot be read: Input/output error"));
        done(&s);
        s = run_pass_over(THREAD_GUEST);
        assert(!s.machine->lru_gen.unreadable && !s.machine->min_ttl.unreadable);
        assert(!s.machine->swap.unreadable && s.problems.n == 0);
        done(&s);
}

static void test_knobs(void)
{
        struct scene s = run_pass_over(THREAD_GUEST DEMOTION_PATH
                                       ": true\n" BALANCING_PATH ": 3\n" PROMOTE_RATE_PATH
                                       ": 65536\n" WEIGHT_DIR "/node0: 21\n" WEIGHT_DIR
                                       "/node1: 10\n" WEIGHT_AUTO_PATH ": true\n");
        const struct machine *m = s.machine;

        assert(m->demotion.present && m->demotion.value == 1);
        assert(m->numa_balancing.value == 3 && m->promote_rate_limit.value == 65536);
        assert(m->weight_auto.present && m->weight_auto.value == 1 && m->n_weights == 2);
        assert(m->weights[1].node == 1 && m->weights[1].value == 10);
        fake_kernel_set(s.kernel, DEMOTION_PATH, "perhaps");
        fake_kernel_set(s.kernel, BALANCING_PATH, "-1");
        fake_kernel_set(s.kernel, WEIGHT_DIR "/node0", "256");
        fake_kernel_set(s.kernel, WEIGHT_AUTO_PATH, "false");
        run_pass(&s);
        m = s.machine;
        assert(!m->demotion.present && !m->numa_balancing.present && s.problems.n == 3);
        assert(m->n_weights == 1 && m->weights[0].node == 1);
        assert(m->weight_auto.present && m->weight_auto.value == 0);
        done(&s);
        s = run_pass_over(THREAD_GUEST);
        assert(!s.machine->demotion.present && !s.machine->weight_auto.present);
        assert(s.machine->n_weights == 0 && s.problems.n == 0);
        done(&s);
}

static void assert_key(const char *text, int result, const char *want)
{
        struct scene s = scene(text);
        char *key = NULL;

        assert(key_read(s.root, &(struct node){ .id = 1 }, &key) == result);
        if (want)
                assert_streq(key, want);
        free(key);
        done(&s);
}

#define BLOCK_SIZE "sys/devices/system/memory/block_size_bytes: "

/* block_size_bytes is hexadecimal without 0x. */
static void test_memory_key(void)
{
        assert_key(BLOCK_SIZE "8000000\n" NODE "node1/memory32/state: online\n" NODE
                              "node1/memory9/state: online\n" NODE
                              "node1/memory_side_cache/index1/size: 1\n",
                   0, "node1@48000000");
        assert_key(BLOCK_SIZE "8000000\n" NODE "node1/cpulist:\n", -ENOENT, NULL);
        assert_key(BLOCK_SIZE "x\n" NODE "node1/memory9/state: online\n", -ENOENT, NULL);
        assert_key(NODE "node1/memory9/state: online\n", -ENOENT, NULL);
}

/* Every node there can be, each with its own values. */
static void test_all_nodes(void)
{
        struct scene s =
                scene(NODE "online: 0-1023\n" NODE "has_memory: 0-1023\n" NODE "has_cpu: 1023\n");
        char path[128], text[8192] = "";

        for (unsigned i = 0; i < NODE_MAX; i++) {
                snprintf(path, sizeof(path), NODE "node%u/meminfo", i);
                snprintf(text, sizeof(text), "Node %u MemTotal: %u kB", i, i + 1);
                fake_kernel_set(s.kernel, path, text);
        }
        for (unsigned i = 0; i < NODE_MAX; i++)
                memcpy(text + (size_t)i * 3, i == 1023 ? "10 " : "21 ", 4);
        assert(sysroot_replace(s.kernel->files, NODE "node1023/distance", text) == 0);
        run_pass(&s);
        assert(s.result == 0 && s.problems.n == 0 && s.machine->n_nodes == 1024);
        assert(node(&s, 1023)->size_kib == 1024 && node(&s, 512)->size_kib == 513);
        assert(node(&s, 1023)->distance[1023] == 10 && node(&s, 1023)->distance[0] == 21);
        done(&s);
}

int main(void)
{
        test_thread_guest();
        test_kinds();
        test_masks();
        test_values();
        test_access_class();
        test_meminfo();
        test_distance();
        test_distance_columns();
        test_distance_kept();
        test_vanishing();
        test_release_kept();
        test_unreadable();
        test_access_kept();
        test_offline_cpus();
        test_plugged_meanwhile();
        test_never_still();
        test_side_caches();
        test_guard();
        test_knobs();
        test_memory_key();
        test_all_nodes();
}
