/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/assignment.h"
#include "state/recall.h"
#include "testing.h"

/* A machine from text, under a policy. */
struct assigned {
        struct sysroot *root;
        struct machine *machine;
        struct policy *policy;
        struct assignment *assignment;
        struct messages messages;
};

static struct assigned assign_with(const char *machine, const char *policy,
                                   const struct state *last)
{
        struct assigned j = { .root = root_from(machine), .policy = policy_from(policy) };

        assert(machine_read(j.root, TIERS_READ, NULL, NULL, &j.messages, &j.machine) == 0);
        assert(assignment_new(j.machine, j.policy, last, &j.messages, &j.assignment) == 0);
        return j;
}

static struct assigned assigned(const char *machine, const char *policy)
{
        return assign_with(machine, policy, NULL);
}

static void done(struct assigned *j)
{
        assignment_free(j->assignment);
        policy_unref(j->policy);
        machine_free(j->machine);
        sysroot_free(j->root);
        messages_done(&j->messages);
}

/* The tier of a node, or "-". */
static const char *tier(const struct assigned *j, unsigned node)
{
        const struct node_assignment *n = assignment_get_node(j->assignment, node);

        assert(n);
        return assignment_tier_name(j->assignment, n) ?: "-";
}

static const struct node_assignment *node(const struct assigned *j, unsigned id)
{
        return assignment_get_node(j->assignment, id);
}

#define VENDOR                                                                                     \
        "[tier hbm]\nmin-bandwidth=2x\nmax-latency=2x\n"                                           \
        "[tier dram]\nmax-latency=1.5x\nmin-bandwidth=0.5x\n"                                      \
        "[tier cxl]\nmax-latency=5x\n[tier far]\n"

static void test_thread_guest(void)
{
        struct assigned j = assigned(THREAD_GUEST, VENDOR);

        assert_streq(tier(&j, 0), "dram");
        assert_streq(tier(&j, 1), "cxl");
        assert(node(&j, 0)->wanted_tier == 4 && node(&j, 1)->wanted_tier == 5);
        assert(j.assignment->tiers[0].wanted_tier == 3 && j.assignment->tiers[3].wanted_tier == 6);
        assert(node(&j, 1)->figures.latency.value == 20);
        assert(node(&j, 1)->figures.latency.source == SOURCE_HMAT);
        assert(node(&j, 1)->cause == CAUSE_CONDITIONS && j.messages.n == 0);
        assert_streq(node(&j, 1)->reason, "latency 20 ns (hmat) is within 50 ns (5x)");
        done(&j);
}

/* One node beside the baseline of 100 ns and 1000 MiB/s: which of two tiers takes it. */
static const char *pick(const char *condition, const char *files)
{
        static char result[32];
        char machine[2048], policy[256];
        struct assigned j;

        snprintf(machine, sizeof(machine), "%s%s",
                 NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                         MEMINFO(1, 9) ACCESS1(0, 100, 1000),
                 files);
        snprintf(policy, sizeof(policy), "[tier yes]\n%s\n[tier no]\n", condition);
        j = assigned(machine, policy);
        snprintf(result, sizeof(result), "%s", tier(&j, 1));
        done(&j);
        return result;
}

#define FILES(rl, wl, rb, wb)                                                                      \
        NODE "node1/access1/initiators/read_latency: " #rl "\n" NODE                               \
             "node1/access1/initiators/write_latency: " #wl "\n" NODE                              \
             "node1/access1/initiators/read_bandwidth: " #rb "\n" NODE                             \
             "node1/access1/initiators/write_bandwidth: " #wb "\n"

static void test_conditions(void)
{
        assert_streq(pick("max-latency=200ns", FILES(150, 200, 1, 1)), "yes"); /* the worse */
        assert_streq(pick("max-latency=200ns", FILES(150, 201, 1, 1)), "no");
        assert_streq(pick("max-latency=2x", FILES(200, 200, 1, 1)), "yes");
        assert_streq(pick("max-latency=2x", FILES(200, 201, 1, 1)), "no");
        assert_streq(pick("max-read-latency=150ns", FILES(150, 999, 1, 1)), "yes");
        assert_streq(pick("max-read-latency=1.5x", FILES(151, 1, 1, 1)), "no");
        assert_streq(pick("max-write-latency=150ns", FILES(999, 150, 1, 1)), "yes");
        assert_streq(pick("max-write-latency=1.5x", FILES(1, 151, 1, 1)), "no");
        assert_streq(pick("min-bandwidth=500MiB/s", FILES(1, 1, 900, 500)), "yes");
        assert_streq(pick("min-bandwidth=0.5x", FILES(1, 1, 900, 499)), "no");
        assert_streq(pick("min-read-bandwidth=0.5x", FILES(1, 1, 500, 1)), "yes");
        assert_streq(pick("min-read-bandwidth=501MiB/s", FILES(1, 1, 500, 999)), "no");
        assert_streq(pick("min-write-bandwidth=0.5x", FILES(1, 1, 1, 500)), "yes");
        assert_streq(pick("min-write-bandwidth=501MiB/s", FILES(1, 1, 999, 500)), "no");
}

/* 0 is unknown; a condition on it is skipped, and one that is left decides. */
static void test_unknown(void)
{
        assert_streq(pick("max-latency=200ns\nmin-bandwidth=1MiB/s", FILES(0, 0, 5, 5)), "yes");
        assert_streq(pick("max-latency=200ns\nmin-bandwidth=9MiB/s", FILES(0, 0, 5, 5)), "no");
        assert_streq(pick("max-latency=200ns", FILES(0, 150, 0, 0)), "yes"); /* the known one */
        /* but what is better than the baseline is not taken on trust */
        assert_streq(pick("max-latency=2x\nmin-bandwidth=2x", FILES(150, 150, 0, 0)), "no");
        assert_streq(pick("max-latency=2x\nmin-bandwidth=1x", FILES(150, 150, 0, 0)), "yes");
        assert_streq(pick("max-latency=2x\nmin-bandwidth=1001MiB/s", FILES(150, 150, 0, 0)), "no");
        /* what is known is not asked for: nothing was tried, so "no" would be a guess */
        assert_streq(pick("max-latency=200ns", FILES(0, 0, 5, 5)), "-");
        assert_streq(pick("max-latency=200ns", FILES(0, 0, 0, 0)), "-");
        assert_streq(pick("max-latency=200ns", ""), "-");
}

static void test_left_to_linux(void)
{
        struct assigned j =
                assigned(NODE "online: 0-2\n" NODE "has_memory: 0,2\n" NODE
                              "has_cpu: 0-1\n" MEMINFO(0, 9) MEMINFO(1, 0) MEMINFO(2, 9) TIER
                         "memory_tier4/nodelist: 0\n" TIER "memory_tier22/nodelist: 2\n",
                         VENDOR);

        assert_streq(tier(&j, 0), "dram"); /* the baseline, whatever is known */
        assert(node(&j, 1)->cause == CAUSE_NO_MEMORY);
        assert(node(&j, 2)->cause == CAUSE_UNKNOWN && node(&j, 2)->wanted_tier == TIER_UNKNOWN);
        assert(node(&j, 2)->original_tier == 22);
        done(&j);
}

/* Two sockets and a CXL node without HMAT: SLIT knows multiples only, and only from the nearest
 * CPUs. */
#define SLIT_MACHINE                                                                               \
        NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0-1\n" NODE                   \
             "node0/distance: 10 21 34\n" NODE "node1/distance: 21 10 24\n" MEMINFO(0, 9)          \
                     MEMINFO(1, 9) MEMINFO(2, 9)

static void test_slit(void)
{
        struct assigned j = assigned(SLIT_MACHINE, VENDOR);

        assert_streq(tier(&j, 0), "dram");
        assert_streq(tier(&j, 1), "dram"); /* not 2.1x: its own CPUs are the nearest */
        assert_streq(tier(&j, 2), "cxl");
        assert(node(&j, 2)->figures.latency.relative && node(&j, 2)->figures.latency.value == 2.4);
        assert(node(&j, 2)->figures.latency.source == SOURCE_SLIT);
        done(&j);
        j = assigned(SLIT_MACHINE ACCESS1(0, 100, 10), VENDOR);
        assert(!node(&j, 2)->figures.latency.relative && node(&j, 2)->figures.latency.value == 240);
        done(&j);
}

static void test_sources(void)
{
        struct assigned j = assigned(THREAD_GUEST, "[tier a]\nmax-latency=1ms\n[node n]\nnode=1\n"
                                                   "read-latency=7ns\n");

        assert(node(&j, 1)->figures.values[READ_LATENCY].value == 7);
        assert(node(&j, 1)->figures.values[READ_LATENCY].source == SOURCE_USER);
        assert(node(&j, 1)->figures.values[WRITE_LATENCY].source ==
               SOURCE_HMAT); /* value by value */
        assert(node(&j, 1)->figures.candidates[SOURCE_HMAT][READ_LATENCY].value == 20);
        done(&j);
        j = assigned(THREAD_GUEST, "[policy]\nsources=slit hmat\n[tier a]\nmax-latency=1ms\n");
        assert(node(&j, 1)->figures.values[READ_LATENCY].source == SOURCE_SLIT);
        assert(node(&j, 1)->figures.values[READ_BANDWIDTH].source == SOURCE_HMAT);
        done(&j);
        /* class 0 only where class 1 has no value */
        j = assigned(NODE "online: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                             NODE "node0/access0/initiators/read_latency: 5\n" NODE
                                  "node0/access1/initiators/read_latency: 10\n" NODE
                                  "node0/access0/initiators/write_latency: 6\n" NODE
                                  "node0/access1/initiators/write_latency: 0\n",
                     "[tier a]\n");
        assert(node(&j, 0)->figures.values[READ_LATENCY].value == 10);
        assert(node(&j, 0)->figures.values[WRITE_LATENCY].value == 6);
        done(&j);
}

static void test_rules(void)
{
        struct assigned j = assigned(THREAD_GUEST, "[tier a]\nmax-latency=1ms\n[tier b]\n"
                                                   "[node n]\nnode=1\ntier=b\n"
                                                   "[node late]\nnode=1\nignore=yes\n");

        assert_streq(tier(&j, 1), "b"); /* the first match wins */
        assert(node(&j, 1)->cause == CAUSE_RULE);
        assert_streq(node(&j, 1)->reason, "[node n] names the tier");
        done(&j);
        j = assigned(THREAD_GUEST, "[tier a]\nmax-latency=1ms\n[node n]\nnode=1\nignore=yes\n");
        assert_streq(tier(&j, 1), "-");
        assert(node(&j, 1)->cause == CAUSE_IGNORED && node(&j, 1)->wanted_tier == TIER_UNKNOWN);
        done(&j);
}

static void test_baseline(void)
{
        struct assigned j = assigned(THREAD_GUEST, "[policy]\nbaseline=node:1\n" VENDOR);

        assert(j.assignment->baseline->id == 1);
        assert_streq(tier(&j, 1), "dram");
        assert_streq(tier(&j, 0), "hbm"); /* twice the bandwidth at half the latency */
        assert(node(&j, 1)->wanted_tier == 4 && node(&j, 0)->wanted_tier == 3);
        done(&j);
        j = assigned(THREAD_GUEST, "[policy]\nbaseline=node:9\n" VENDOR);
        assert(j.assignment->baseline->id == 0 && messages_have(&j.messages, "node 9"));
        done(&j);
}

static void test_numbers(void)
{
        struct assigned j = assigned(THREAD_GUEST, "[tier a]\nmax-latency=1.5x\nmemory-tier=7\n"
                                                   "[tier b]\n");

        assert(node(&j, 0)->wanted_tier == 7 && node(&j, 1)->wanted_tier == 8);
        done(&j);
        /* the baseline's tier is the sixth: 4 leaves no room before it */
        j = assigned(THREAD_GUEST,
                     "[tier a]\nmax-latency=1ns\n[tier b]\nmax-latency=2ns\n"
                     "[tier c]\nmax-latency=3ns\n[tier d]\nmax-latency=4ns\n"
                     "[tier e]\nmax-latency=5ns\n[tier f]\nmax-latency=1x\n[tier g]\n");
        assert(j.assignment->tiers[0].wanted_tier == 0 && node(&j, 0)->wanted_tier == 5);
        assert(node(&j, 1)->wanted_tier == 6);
        done(&j);
        /* a fixed number below the baseline's leaves 4 no room */
        j = assigned(THREAD_GUEST, "[tier a]\nmax-latency=1.5x\n[tier b]\nmemory-tier=3\n");
        assert(node(&j, 0)->wanted_tier == 2 && node(&j, 1)->wanted_tier == 3);
        done(&j);
}

static void test_split_cpus(void)
{
        struct assigned j = assigned(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE
                                          "has_cpu: 0-1\n" MEMINFO(0, 9) MEMINFO(1, 8)
                                                  ACCESS1(0, 10, 10) ACCESS1(1, 20, 10),
                                     VENDOR);

        assert_streq(tier(&j, 1), "cxl");
        assert(messages_have(&j.messages, "Nodes 0 and 1 both have CPUs"));
        done(&j);
}

/* Hysteresis of 10% around 1.5x of 10 ns. */
static const char *tier_after(unsigned latency, const char *last, uint64_t other_policy)
{
        static char result[32];
        char machine[2048], policy[] = "[policy]\nhysteresis=10%\n[tier dram]\nmax-latency=1.5x\n"
                                       "[tier cxl]\nmax-latency=5x\n";
        struct policy *p = policy_from(policy);
        struct state *s;
        struct assigned j;

        snprintf(machine, sizeof(machine),
                 NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                         MEMINFO(1, 8) ACCESS1(0, 100, 10) NODE
                 "node1/access1/initiators/read_latency: %u\n",
                 latency);
        assert(state_new(&s) == 0);
        state_make_node(s, 1)->tier = strdup(last);
        s->policy = p->hash + other_policy;
        j = assign_with(machine, policy, s);
        snprintf(result, sizeof(result), "%s%s", tier(&j, 1), node(&j, 1)->held ? ", held" : "");
        done(&j);
        state_free(s);
        policy_unref(p);
        return result;
}

static void test_hysteresis(void)
{
        assert_streq(tier_after(150, "dram", 0), "dram");
        assert_streq(tier_after(164, "dram", 0), "dram, held");
        assert_streq(tier_after(166, "dram", 0), "cxl");
        assert_streq(tier_after(149, "cxl", 0), "cxl, held");
        assert_streq(tier_after(134, "cxl", 0), "dram");
        assert_streq(tier_after(164, "gone", 0), "cxl");
        assert_streq(tier_after(164, "dram", 1), "cxl"); /* under another policy */
}

static void test_adistance(void)
{
        struct assigned j = assigned(THREAD_GUEST, "[policy]\nmethod=adistance\n");

        assert(node(&j, 0)->wanted_tier == 4 && node(&j, 1)->wanted_tier == 18);
        assert(node(&j, 1)->adistance == 2304);
        assert_streq(tier(&j, 1), "memory_tier18");
        done(&j);
        /* SLIT is none of the kernel's sources */
        j = assigned(SLIT_MACHINE, "[policy]\nmethod=adistance\n");
        assert(node(&j, 0)->wanted_tier == 4 && node(&j, 2)->cause == CAUSE_UNKNOWN);
        done(&j);
        j = assigned(THREAD_GUEST, "[policy]\nmethod=adistance\n[tier t]\nmemory-tier=99\n"
                                   "[node n]\nnode=1\ntier=t\n");
        assert(node(&j, 1)->wanted_tier == 99 && node(&j, 1)->cause == CAUSE_RULE);
        done(&j);
}

int main(void)
{
        test_thread_guest();
        test_conditions();
        test_unknown();
        test_left_to_linux();
        test_slit();
        test_sources();
        test_rules();
        test_baseline();
        test_numbers();
        test_split_cpus();
        test_hysteresis();
        test_adistance();
}
