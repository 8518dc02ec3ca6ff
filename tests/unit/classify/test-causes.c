/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/assignment.h"
#include "state/recall.h"
#include "state/state.h"
#include "testing.h"

/* Every way a node comes to its tier, and the sentence that says so. */

static struct sysroot *root;
static struct machine *machine;
static struct policy *policy;
static struct assignment *assignment;
static struct messages warnings;

static void forget(void)
{
        assignment = assignment_free(assignment);
        machine = machine_free(machine);
        policy = policy_unref(policy);
        root = sysroot_free(root);
        messages_done(&warnings);
}

/* last: the tiers the nodes were in, as "node 1 - - cxl"; they count for this policy. */
static void assign_after(const char *machine_text, const char *policy_text, const char *last)
{
        struct state *state;

        forget();
        root = root_from(machine_text);
        policy = policy_from(policy_text);
        assert(state_parse(last, strlen(last), "state", &warnings, &state) == 0);
        state->policy = policy->hash;
        assert(machine_read(root, TIERS_READ, NULL, NULL, &warnings, &machine) == 0);
        assert(assignment_new(machine, policy, state, &warnings, &assignment) == 0);
        state_free(state);
}

static void assign_text(const char *machine_text, const char *policy_text)
{
        assign_after(machine_text, policy_text, "");
}

static const struct node_assignment *get(unsigned node)
{
        const struct node_assignment *n = assignment_get_node(assignment, node);

        assert(n);
        return n;
}

static void expect(unsigned node, enum cause cause, const char *tier, const char *reason)
{
        const struct node_assignment *n = get(node);

        assert_streq(n->reason, reason);
        assert(n->cause == cause);
        assert_streq(assignment_tier_name(assignment, n) ?: "-", tier);
        assert((n->wanted_tier == TIER_UNKNOWN) == streq(tier, "-"));
}

#define THREE                                                                                      \
        NODE "online: 0-2\n" NODE "has_memory: 0-2\n" MEMINFO(0, 9) MEMINFO(1, 8) MEMINFO(2, 7)

#define VENDOR                                                                                     \
        "[tier hbm]\nmin-bandwidth=2x\nmax-latency=2x\n[tier dram]\nmax-latency=1.5x\n"            \
        "min-bandwidth=0.5x\n[tier cxl]\nmax-latency=5x\n"

#define FAR "[tier far]\n"

static void test_conditions(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) ACCESS1(1, 60, 4096)
                            ACCESS1(2, 700, 100),
                    VENDOR FAR);
        expect(0, CAUSE_CONDITIONS, "dram",
               "latency 1x is within 1.5x, bandwidth 1x is at least 0.5x");
        expect(1, CAUSE_CONDITIONS, "hbm",
               "latency 60 ns (hmat) is within 200 ns (2x), "
               "bandwidth 4 GiB/s (hmat) is at least 1.95 GiB/s (2x)");
        expect(2, CAUSE_REST, "far",
               "not hbm: latency 700 ns (hmat) is over 200 ns (2x), "
               "bandwidth 100 MiB/s (hmat) is below 1.95 GiB/s (2x); "
               "not dram: latency 700 ns (hmat) is over 150 ns (1.5x), "
               "bandwidth 100 MiB/s (hmat) is below 500 MiB/s (0.5x); "
               "not cxl: latency 700 ns (hmat) is over 500 ns (5x)");
}

/* A policy without a tier for the rest. */
static void test_no_match(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) ACCESS1(1, 501, 1000), VENDOR);
        expect(1, CAUSE_NO_MATCH, "-", "no tier of the policy takes it: left to Linux");
        expect(2, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
}

static void test_the_only_tier(void)
{
        assign_text(THREAD_GUEST, "[tier all]\n");
        expect(1, CAUSE_REST, "all", "it takes every node");
}

/* The second socket of a machine of which nothing is known stands with the first. */
static void test_with_the_baseline(void)
{
        assign_text(THREE NODE "has_cpu: 0-1\n", VENDOR FAR);
        expect(0, CAUSE_CONDITIONS, "dram", "it is the baseline");
        expect(1, CAUSE_BASELINE, "dram",
               "it has CPUs and nothing is known of its memory: with the baseline, node 0");
        expect(2, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
        assert(get(1)->wanted_tier == get(0)->wanted_tier && warnings.n == 0);
}

/* So it does if what is known of it fits no tier; but not if a rule says to ignore it. */
static void test_cpus_without_a_match(void)
{
        assign_text(THREE NODE "has_cpu: 0-2\n" ACCESS1(0, 100, 1000) ACCESS1(1, 501, 1000),
                    VENDOR "[node x]\nnode=2\nignore=yes\n");
        expect(1, CAUSE_BASELINE, "dram",
               "it has CPUs and no tier of the policy takes it: with the baseline, node 0");
        expect(2, CAUSE_IGNORED, "-", "[node x] says ignore");
}

#define GPU_OF(n) "proc/driver/nvidia/gpus/0009:01:00.0/numa_status: Node: " #n "\n"
#define NO_GPU    "proc/driver/nvidia/gpus/0009:01:00.0/numa_status ! EIO\n"
#define SLOW_TWO  THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) ACCESS1(2, 300, 1000)

/* GPUs are left alone by every policy, unless a section says otherwise. */
static void test_gpu(void)
{
        static const char builtin[] = "the memory of a GPU is left to its driver (built-in rule)";

        assign_text(SLOW_TWO GPU_OF(2), VENDOR FAR);
        expect(2, CAUSE_IGNORED, "-", builtin);
        assign_text(SLOW_TWO GPU_OF(2), "[policy]\nmethod=adistance\n");
        expect(2, CAUSE_IGNORED, "-", builtin);
        assign_text(SLOW_TWO GPU_OF(2), VENDOR FAR "[node x]\nkind=dram\ntier=dram\n");
        expect(2, CAUSE_IGNORED, "-", builtin);
        assign_text(SLOW_TWO GPU_OF(2), VENDOR FAR "[node gpu]\nkind=gpu\nignore=no\n");
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 300 ns (hmat) is within 500 ns (5x)");
        assign_text(SLOW_TWO GPU_OF(2), VENDOR FAR "[node x]\nnode=2\ntier=dram\n");
        expect(2, CAUSE_RULE, "dram", "[node x] names the tier");
        assign_text(SLOW_TWO GPU_OF(2), VENDOR FAR "[node gpu]\nkind=gpu\nignore=yes\n");
        expect(2, CAUSE_IGNORED, "-", "[node gpu] says ignore");
}

/* ignore = no stands before what later sections say. */
static void test_not_ignored(void)
{
        assign_text(SLOW_TWO, VENDOR FAR "[node a]\nnode=2\nignore=no\n"
                                         "[node b]\nnode=2\nignore=yes\n");
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 300 ns (hmat) is within 500 ns (5x)");
}

/* What may be a GPU's memory is left alone, unless a section says of this very node what it is to
 * be. */
static void test_may_be_gpu(void)
{
        static const char left[] = "it may be the memory of GPU 0009:01:00.0, whose driver cannot "
                                   "report its node now: left as it is";

        assign_text(SLOW_TWO NO_GPU, VENDOR FAR);
        expect(0, CAUSE_CONDITIONS, "dram",
               "latency 1x is within 1.5x, bandwidth 1x is at least 0.5x");
        expect(2, CAUSE_UNREADABLE, "-", left);
        assign_text(SLOW_TWO NO_GPU, "[policy]\nmethod=adistance\n");
        expect(2, CAUSE_UNREADABLE, "-", left);
        assign_text(SLOW_TWO NO_GPU, VENDOR FAR "[node x]\nnode=2\nlatency=90ns\n");
        expect(2, CAUSE_UNREADABLE, "-", left);
        assign_text(SLOW_TWO NO_GPU, VENDOR FAR "[node gpu]\nkind=gpu\nignore=no\n"
                                                "[node x]\nkind=unknown\ntier=far\n");
        expect(2, CAUSE_UNREADABLE, "-", left);
        assign_text(SLOW_TWO NO_GPU, VENDOR FAR "[node x]\nnode=2\ntier=dram\n");
        expect(2, CAUSE_RULE, "dram", "[node x] names the tier");
        assign_text(SLOW_TWO NO_GPU, VENDOR FAR "[node x]\nnode=2\nignore=no\n");
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 300 ns (hmat) is within 500 ns (5x)");
        assign_text(SLOW_TWO NO_GPU, VENDOR FAR "[node x]\nnode=2\nignore=yes\n");
        expect(2, CAUSE_IGNORED, "-", "[node x] says ignore");
}

/* A baseline that is left alone is still what the others are numbered from. */
static void test_ignored_baseline(void)
{
        assign_text(THREE NODE "has_cpu: 0-1\n" ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1000)
                            ACCESS1(2, 300, 1000),
                    VENDOR FAR "[node x]\nnode=0\nignore=yes\n");
        expect(0, CAUSE_IGNORED, "-", "[node x] says ignore");
        assert(get(1)->wanted_tier == 4 && get(2)->wanted_tier == 5 && warnings.n == 0);
        /* left in another tier than the other socket belongs in */
        assign_text(THREE NODE "has_cpu: 0-1\n" ACCESS1(0, 100, 1000) ACCESS1(1, 300, 1000) ACCESS1(
                            2, 300,
                            1000) "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0-2\n",
                    VENDOR FAR "[node x]\nnode=0\nignore=yes\n");
        assert(get(1)->wanted_tier == 5 && warnings.n == 1);
}

/* SLIT's multiples of the baseline count where values cannot be compared with it. */
static void test_figures_without_baseline(void)
{
        const char *given = VENDOR FAR "[node x]\nnode=2\nlatency=250ns\nbandwidth=30GiB/s\n";

        assign_text(THREE NODE "has_cpu: 0\n" NODE "node0/distance: 10 20 24\n", given);
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 2.4x (slit) is within 5x; SLIT alone, a guess");
        assert(warnings.n == 2 && messages_have(&warnings, "SLIT alone places nodes 1-2,"));
        assert(strstr(warnings.items[0], "node 2") && strstr(warnings.items[0], "node 0"));
        assign_text(THREE NODE "has_cpu: 0\n" NODE "node0/distance: 10 20 24\n",
                    VENDOR FAR "[policy]\nsources = user hmat\n"
                               "[node x]\nnode=2\nlatency=250ns\nbandwidth=30GiB/s\n");
        expect(2, CAUSE_NO_MATCH, "-", "no tier of the policy takes it: left to Linux");
        assign_text(THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) NODE
                    "node0/distance: 10 20 24\n",
                    given);
        assert(!messages_have(&warnings, "cannot be compared"));
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 250 ns (user) is within 500 ns (5x)");
}

/* A node without memory is no measure of memory. */
static void test_memoryless_baseline(void)
{
        assign_text(NODE "online: 0-1\n" NODE "has_memory: 0\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                            MEMINFO(1, 0) ACCESS1(0, 100, 10),
                    "[policy]\nbaseline=node:1\n" VENDOR);
        assert(assignment->baseline->id == 0);
        assert(messages_have(&warnings, "node 1, is not online or has no memory"));
}

/* SLIT says how many times; a multiple of an unknown value is unknown in ns. */
static void test_relative_and_absolute(void)
{
        static const char slit[] = THREE NODE "has_cpu: 0\n" NODE "node0/distance: 10 20 30\n";

        assign_text(slit,
                    "[tier near]\nmax-latency=100ns\n[tier twice]\nmax-latency=2x\n[tier r]\n");
        expect(1, CAUSE_CONDITIONS, "twice", "latency 2x (slit) is within 2x; SLIT alone, a guess");
        expect(2, CAUSE_REST, "r", "not twice: latency 3x (slit) is over 2x; SLIT alone, a guess");
        assert(get(2)->trials[0].conditions[MAX_LATENCY].verdict == VERDICT_UNKNOWN);
        /* ns that are known are the worse of the two, whatever the multiple */
        assign_text(slit, "[tier near]\nmax-latency=100ns\n[tier r]\n"
                          "[node x]\nnode=2\nread-latency=90ns\n");
        expect(2, CAUSE_CONDITIONS, "near", "latency 90 ns (user) is within 100 ns");
        assert(get(2)->figures.values[WRITE_LATENCY].relative);
        assign_text(slit, "[tier near]\nmax-latency=100ns\n[tier r]\n"
                          "[node x]\nnode=2\nwrite-latency=110ns\n");
        expect(2, CAUSE_REST, "r", "not near: latency 110 ns (user) is over 100 ns");
}

static void test_held(void)
{
        static const char text[] = "[policy]\nhysteresis=10%\n[tier dram]\nmax-latency=1.5x\n"
                                   "[tier cxl]\n";
        static const char wobbling[] =
                THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) ACCESS1(1, 160, 1000);

        assign_after(wobbling, text, "node 1 - - dram\n");
        expect(1, CAUSE_CONDITIONS, "dram",
               "latency 160 ns (hmat) is within 165 ns (1.5x); stays where it was: not past the "
               "threshold by the hysteresis");
        assign_after(wobbling, text, "node 1 - - cxl\n");
        expect(1, CAUSE_REST, "cxl", "not dram: latency 160 ns (hmat) is over 135 ns (1.5x)");
        assert(!get(1)->held);
}

/* The baseline is once itself: there is no going past that, by the hysteresis or by less. */
static void test_baseline_is_not_held(void)
{
        assign_after(THREE NODE "has_cpu: 0-1\n" ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1000),
                     "[tier dram]\nmax-latency=1x\n[tier far]\n",
                     "node 0 - - far\nnode 1 - - dram\n");
        expect(0, CAUSE_CONDITIONS, "dram", "latency 1x is within 1x");
        assert(get(1)->wanted_tier == get(0)->wanted_tier && warnings.n == 0);
}

/* A bandwidth holds the other way round: 10% below the threshold stays, 10% above it returns. */
static void hold_bandwidth(unsigned bandwidth, const char *last, const char *tier)
{
        char text[4096];

        snprintf(text, sizeof(text),
                 THREE NODE "has_cpu: 0\n" ACCESS1(0, 100, 1000) NODE
                 "node1/access1/initiators/read_bandwidth: %u\n",
                 bandwidth);
        assign_after(text,
                     "[policy]\nhysteresis=10%\n[tier dram]\nmin-bandwidth=0.5x\n[tier cxl]\n",
                     last);
        assert_streq(assignment_tier_name(assignment, get(1)), tier);
}

static void test_bandwidth_held(void)
{
        hold_bandwidth(500, "", "dram");
        hold_bandwidth(499, "", "cxl");
        hold_bandwidth(451, "node 1 - - dram\n", "dram");
        assert(get(1)->held);
        hold_bandwidth(449, "node 1 - - dram\n", "cxl");
        hold_bandwidth(549, "node 1 - - cxl\n", "cxl");
        assert(get(1)->held);
        hold_bandwidth(551, "node 1 - - cxl\n", "dram");
        assert(!get(1)->held);
}

/* What is better than the baseline is not taken on trust. */
static void test_unproven(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" NODE "node0/distance: 10 11 30\n", VENDOR FAR);
        expect(0, CAUSE_CONDITIONS, "dram", "it is the baseline");
        expect(1, CAUSE_CONDITIONS, "dram",
               "latency 1.1x (slit) is within 1.5x; SLIT alone, a guess");
        expect(2, CAUSE_CONDITIONS, "cxl", "latency 3x (slit) is within 5x; SLIT alone, a guess");
        assert(get(1)->trials[0].conditions[MIN_BANDWIDTH].verdict == VERDICT_UNPROVEN);
}

#define ADISTANCE "[policy]\nmethod=adistance\n"

static void test_adistance(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" ACCESS1(0, 10, 10) ACCESS1(1, 20, 5), ADISTANCE);
        expect(0, CAUSE_ADISTANCE, "memory_tier4", "abstract distance 576");
        expect(1, CAUSE_ADISTANCE, "memory_tier18", "abstract distance 2304");
        expect(2, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
        /* 11% apart: off for the boot; CPU nodes are DRAM, the others stay */
        assign_text(THREE NODE "has_cpu: 0-1\n" ACCESS1(0, 100, 100) ACCESS1(1, 111, 100)
                            ACCESS1(2, 200, 100),
                    ADISTANCE);
        expect(0, CAUSE_ADISTANCE, "memory_tier4", "abstract distance 576");
        expect(1, CAUSE_ADISTANCE, "memory_tier4", "abstract distance 576");
        expect(2, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
}

/* SLIT is none of the kernel's sources: with it alone for a latency, there is no distance. */
static void test_adistance_without_slit(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" NODE "node0/distance: 10 20 30\n" ACCESS1(0, 10, 10)
                            NODE "node1/access1/initiators/read_bandwidth: 5\n",
                    ADISTANCE);
        assert(get(1)->figures.values[READ_LATENCY].source == SOURCE_SLIT);
        expect(1, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
}

/* 10% apart in both leaves DRAM in two tiers, as Linux would. A warning says so: it moves the top
 * tier. */
static void test_adistance_splits_dram(void)
{
        assign_text(THREE NODE "has_cpu: 0-1\n" ACCESS1(0, 100, 100) ACCESS1(1, 110, 90)
                            ACCESS1(2, 200, 100),
                    ADISTANCE);
        expect(1, CAUSE_ADISTANCE, "memory_tier5", "abstract distance 703");
        expect(2, CAUSE_ADISTANCE, "memory_tier9", "abstract distance 1152");
        assert(messages_have(&warnings, "Nodes 0 and 1 both have CPUs and belong to different "
                                        "tiers (4 and 5)"));
}

static void test_adistance_overflow(void)
{
        assign_text(THREE NODE "has_cpu: 0\n" ACCESS1(0, 1, 4294967295) ACCESS1(1, 4000000001, 1)
                            ACCESS1(2, 1, 4294967295),
                    ADISTANCE);
        expect(1, CAUSE_UNKNOWN, "-", "nothing is known of its memory: left to Linux");
        expect(2, CAUSE_ADISTANCE, "memory_tier4", "abstract distance 576");
}

/* The distances of tier 8 are 1024 to 1151; with 5%, 972.8 to 1209.6 stay. */
static void hold(unsigned latency, const char *last, const char *tier)
{
        char text[4096];

        snprintf(text, sizeof(text),
                 THREE NODE "has_cpu: 0\n" ACCESS1(0, 576, 10) ACCESS1(1, 1, 10) NODE
                 "node2/access1/initiators/read_latency: %u\n" NODE
                 "node2/access1/initiators/write_latency: %u\n" NODE
                 "node2/access1/initiators/read_bandwidth: 10\n" NODE
                 "node2/access1/initiators/write_bandwidth: 10\n",
                 latency, latency);
        assign_after(text, ADISTANCE, last);
        assert(get(2)->adistance == (int)latency);
        assert_streq(assignment_tier_name(assignment, get(2)), tier);
}

static void test_adistance_held(void)
{
        hold(1151, "", "memory_tier8");
        hold(1152, "", "memory_tier9");
        hold(1152, "node 2 - - memory_tier8\n", "memory_tier8");
        assert_streq(get(2)->reason, "abstract distance 1152; stays where it was: not past the "
                                     "threshold by the hysteresis");
        hold(1209, "node 2 - - memory_tier8\n", "memory_tier8");
        hold(1210, "node 2 - - memory_tier8\n", "memory_tier9");
        assert(!get(2)->held);
        hold(973, "node 2 - - memory_tier8\n", "memory_tier8");
        hold(972, "node 2 - - memory_tier8\n", "memory_tier7");
        hold(1152, "node 2 - - dram\n", "memory_tier9"); /* of another policy's making */
        hold(1152, "node 2 - - memory_tier4294967295\n", "memory_tier9");
}

int main(void)
{
        test_conditions();
        test_no_match();
        test_the_only_tier();
        test_with_the_baseline();
        test_cpus_without_a_match();
        test_gpu();
        test_not_ignored();
        test_may_be_gpu();
        test_ignored_baseline();
        test_figures_without_baseline();
        test_memoryless_baseline();
        test_relative_and_absolute();
        test_held();
        test_baseline_is_not_held();
        test_bandwidth_held();
        test_unproven();
        test_adistance();
        test_adistance_without_slit();
        test_adistance_splits_dram();
        test_adistance_overflow();
        test_adistance_held();
        forget();
}
