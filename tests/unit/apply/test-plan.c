/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/difference.h"
#include "apply/plan.h"
#include "classify/assign.h"
#include "facts/knobs.h"
#include "facts/settings.h"
#include "state/recall.h"
#include "testing.h"

/* What is to be written, from machines and policies in text; nothing is written here. */

static struct messages warnings;
static struct plan *plan;
static char *text;

/* Each write as "path: before -> value", each unmet wish as "unmet node: old -> new". */
static char *describe(const struct plan *p)
{
        char *out = NULL;
        size_t size;
        FILE *f = open_memstream(&out, &size);

        assert(f);
        for (size_t i = 0; i < p->n_writes; i++)
                fprintf(f, "%s: %s -> %s\n", p->writes[i].path, p->writes[i].before,
                        p->writes[i].value);
        for (size_t i = 0; i < p->n_unmet; i++)
                fprintf(f, "unmet %u: %u -> %u\n", p->unmet[i].node, p->unmet[i].present_tier,
                        p->unmet[i].wanted_tier);
        fclose(f);
        return out;
}

static void forget(void)
{
        plan = plan_free(plan);
        messages_done(&warnings);
        free(TAKE_PTR(text));
}

static unsigned unreadable; /* facts of node 1 that the next plan finds so */

static void make_plan(const char *machine, const char *policy, const char *state)
{
        struct sysroot *root = root_from(machine);
        struct policy *p = policy_from(policy);
        struct assignment *a;
        struct machine *m;
        struct state *s;

        forget();
        assert(state_parse(state, strlen(state), "state", &warnings, &s) == 0);
        assert(machine_read(root, TIERS_READ, s, NULL, &warnings, &m) == 0);
        machine_read_guard(root, m, &warnings);
        assert(machine_read_knobs(root, m, &warnings) == 0);
        assert(warnings.n ==
               (m->n_gpus > 0 || m->weights_unreadable)); /* one that cannot be read */
        if (unreadable)
                m->nodes[1].unreadable = unreadable;
        assert(assignment_new(m, p, s, &warnings, &a) == 0);
        assert(plan_new(a, s, &warnings, &plan) == 0);
        text = describe(plan);
        assert(plan_is_empty(plan) == (*text == '\0'));
        assignment_free(a);
        machine_free(m);
        policy_unref(p);
        state_free(s);
        sysroot_free(root);
}

static void assert_plan(const char *machine, const char *policy, const char *state,
                        const char *expected)
{
        make_plan(machine, policy, state);
        assert_streq(text, expected);
}

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n"
#define OFFSETS(offset)                                                                            \
        NODE "node0/adistance_offset: 0\n" NODE "node1/adistance_offset: " #offset "\n"

static void test_one_write(void)
{
        const struct plan_write *w;

        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY, "",
                    NODE "node1/memtier_override: memory_tier18 -> 5\n");
        w = &plan->writes[0];
        assert(w->kind == WRITE_NODE_TIER && w->interface == INTERFACE_MEMTIER_OVERRIDE);
        assert(w->node == 1 && w->present_tier == 18 && w->wanted_tier == 5 && warnings.n == 0);
        assert_streq(w->expect, "memory_tier5");
        assert_streq(w->reason, "tier cxl: not dram: latency 20 ns (hmat) is over 15 ns (1.5x)");
}

static void test_nothing_to_do(void)
{
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                    "[tier dram]\nmax-latency=1.5x\n[tier cxl]\nmemory-tier=18\n", "", "");
        assert(plan->interface == INTERFACE_MEMTIER_OVERRIDE && warnings.n == 0);
}

static void test_interfaces(void)
{
        static const char by_override[] = NODE "node1/memtier_override: memory_tier18 -> 5\n";
        static const char by_offset[] = NODE "node1/adistance_offset: 0 -> -1664\n";

        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES OFFSETS(0), POLICY, "", by_override);
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES OFFSETS(0),
                    POLICY "[apply]\ninterface=memtier_override\n", "", by_override);
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES OFFSETS(0),
                    POLICY "[apply]\ninterface=adistance_offset\n", "", by_offset);
        assert(plan->interface == INTERFACE_ADISTANCE_OFFSET && warnings.n == 0);
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES OFFSETS(0),
                    POLICY "[apply]\ninterface=none\n", "", "unmet 1: 18 -> 5\n");
        assert(plan->interface == INTERFACE_NONE && warnings.n == 0); /* as asked */
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                    POLICY "[apply]\ninterface=adistance_offset\n", "", "unmet 1: 18 -> 5\n");
        assert(messages_have(&warnings, "interface = adistance_offset, which this kernel does "
                                        "not have"));
}

/* The policy speaks, but where the node is now is not known: nothing is written on a guess. */
static void test_unknown_tier(void)
{
        assert_plan(THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER
                                      "memory_tier18/nodelist:\n" OFFSETS(0),
                    POLICY, "", "");
        assert_plan(THREAD_GUEST, POLICY, "", ""); /* a kernel without tiers */
}

#define ORIGINAL "original " NODE "node1/adistance_offset "

/* (5 - 18) * 128 on top of what was there; (6 - 18) * 128 likewise, not on top of our own. */
static void test_offset_counts_from_the_original(void)
{
        assert_plan(THREAD_GUEST THREAD_TIERS OFFSETS(256), POLICY, "",
                    NODE "node1/adistance_offset: 256 -> -1408\n");
        assert_plan(THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER
                                      "memory_tier5/nodelist: 1\n" OFFSETS(-1408),
                    POLICY "memory-tier=6\n", "node 1 18 5 cxl\n" ORIGINAL "256\n",
                    NODE "node1/adistance_offset: -1408 -> -1280\n");
        /* it was asked for and did nothing: not asked for again */
        assert_plan(THREAD_GUEST THREAD_TIERS OFFSETS(-1408), POLICY,
                    "node 1 18 18 cxl\n" ORIGINAL "256\n", "unmet 1: 18 -> 5\n");
}

/* Only what we moved is given back, and to what it was. */
static void test_give_back(void)
{
        static const char ignore[] = POLICY "[node x]\nnode=1\nignore=yes\n";

        assert_plan(THREAD_GUEST THREAD_TIERS OFFSETS(-1408), ignore, "", "");
        assert_plan(THREAD_GUEST THREAD_TIERS OFFSETS(-1408), ignore,
                    "node 1 18 5 cxl\n" ORIGINAL "256\n",
                    NODE "node1/adistance_offset: -1408 -> 256\n");
        assert(plan->writes[0].wanted_tier == TIER_UNKNOWN);
        assert_streq(plan->writes[0].expect, "256");
        assert_streq(plan->writes[0].reason, "given back: [node x] says ignore");
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, ignore,
                    "original " NODE "node1/memtier_override memory_tier22\n",
                    NODE "node1/memtier_override: memory_tier18 -> 22\n");
        assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES
                    "sys/module/memtier_override/initstate: live\n",
                    ignore, "original " NODE "node1/memtier_override memory_tier22\n",
                    NODE "node1/memtier_override: memory_tier18 -> default\n");
}

/* A node without memory is in no tier, whatever the policy says of it. */
static void test_memoryless(void)
{
        assert_plan(NODE "online: 0-1\n" NODE "has_memory: 0\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                            MEMINFO(1, 0) ACCESS1(0, 10, 10) TIER
                    "memory_tier4/nodelist: 0\n" THREAD_OVERRIDES,
                    POLICY "[node x]\nnode=1\ntier=cxl\n", "", "");
}

#define KNOBS(demotion, balancing, rate)                                                           \
        SWAP DEMOTION_PATH ": " #demotion "\n" BALANCING_PATH ": " #balancing                      \
                           "\n" PROMOTE_RATE_PATH ": " #rate "\n"

static void test_knobs(void)
{
        static const char yes[] = "[tier all]\n[apply]\ndemotion=yes\nnuma-balancing=tiering\n"
                                  "promotion-rate-limit=64GiB/s\n";
        static const char no[] = "[tier all]\n[apply]\ndemotion=no\nnuma-balancing=off\n";

        assert_plan(THREAD_GUEST KNOBS(false, 0, 9), yes, "",
                    DEMOTION_PATH ": false -> true\n" BALANCING_PATH ": 0 -> 2\n" PROMOTE_RATE_PATH
                                  ": 9 -> 65536\n");
        assert_plan(THREAD_GUEST KNOBS(true, 2, 65536), yes, "", "");
        assert_plan(THREAD_GUEST KNOBS(true, 3, 65536), yes, "", ""); /* bit 1 is not ours */
        assert_plan(THREAD_GUEST KNOBS(true, 3, 9), no, "",
                    DEMOTION_PATH ": true -> false\n" BALANCING_PATH ": 3 -> 0\n");
        assert_plan(THREAD_GUEST KNOBS(false, 0, 9), no, "", "");
        assert_plan(THREAD_GUEST KNOBS(true, 3, 9), "[tier all]\n", "", ""); /* left alone */
        assert(warnings.n == 0);
}

#define WEIGHTS(first, second) WEIGHT_DIR "/node0: " #first "\n" WEIGHT_DIR "/node1: " #second "\n"

static void test_weights(void)
{
        static const char policy[] = "[tier all]\n[apply]\nweighted-interleave=by-bandwidth\n";

        /* 10 : 5 */
        assert_plan(THREAD_GUEST WEIGHTS(21, 10), policy, "",
                    WEIGHT_DIR "/node0: 21 -> 2\n" WEIGHT_DIR "/node1: 10 -> 1\n");
        assert(plan->writes[1].kind == WRITE_WEIGHT && plan->writes[1].node == 1);
        assert_streq(plan->writes[1].reason, "[apply] weighted-interleave: bandwidth 5 MiB/s");
        assert_plan(THREAD_GUEST WEIGHTS(2, 9), policy, "", WEIGHT_DIR "/node1: 9 -> 1\n");
        assert_plan(THREAD_GUEST WEIGHTS(2, 1), policy, "", "");
        assert_plan(THREAD_GUEST WEIGHTS(2, 1) WEIGHT_AUTO_PATH ": false\n", policy, "", "");
        assert_plan(THREAD_GUEST WEIGHTS(2, 1),
                    "[tier all]\n[node x]\nnode=1\nbandwidth=1MiB/s\n"
                    "[apply]\nweighted-interleave=by-bandwidth\n",
                    "", WEIGHT_DIR "/node0: 2 -> 10\n");
        /* a node to be ignored keeps its weight, and is not asked for its bandwidth */
        assert_plan(THREAD_GUEST WEIGHTS(5, 7),
                    "[tier all]\n[node x]\nnode=1\nignore=yes\n"
                    "[apply]\nweighted-interleave=by-bandwidth\n",
                    "", WEIGHT_DIR "/node0: 5 -> 1\n");
        assert_plan(THREAD_GUEST WEIGHTS(1, 7),
                    "[tier all]\n[node x]\nnode=1\nignore=yes\n"
                    "[apply]\nweighted-interleave=by-bandwidth\n",
                    "", "");
        assert(warnings.n == 0);
        make_plan(THREAD_GUEST WEIGHTS(1, 1),
                  "[tier all]\n[node x]\nnode=1\nbandwidth=1GiB/s\n[node y]\nnode=0\n"
                  "bandwidth=1TiB/s\n[apply]\nweighted-interleave=by-bandwidth\n",
                  "");
        assert_streq(text, WEIGHT_DIR "/node0: 1 -> 255\n");
        assert(messages_have(&warnings, "the ratio is kept as nearly as possible"));
        /* the weights of the others depend on one that cannot be read now */
        make_plan(THREAD_GUEST WEIGHT_DIR "/node0: 21\n" WEIGHT_DIR "/node1 ! EIO\n", policy, "");
        assert_streq(text, "");
        assert(messages_have(&warnings, "the weight of a node cannot be read now: weights are"));
        /* what may be a GPU's memory has no weight of its own, nor is it left out */
        make_plan(THREAD_GUEST WEIGHTS(
                          21, 10) "proc/driver/nvidia/gpus/0009:01:00.0/numa_status ! EIO\n",
                  policy, "");
        assert_streq(text, "");
        assert(messages_have(&warnings, "what node 1 is cannot be read now: weights are left"));
}

/* Where nothing can move nodes, only a fixed number makes Linux's number wrong. */
#define FIXED POLICY "memory-tier=5\n"

/* Nothing is written, and nothing said to be impossible, because of what cannot be read now. */
static void test_unreadable(void)
{
        static const enum fact facts[] = { FACT_TIER, FACT_INTERFACE };

        for (size_t i = 0; i < ELEMENTSOF(facts); i++) {
                unreadable = 1U << facts[i];
                assert_plan(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY, "", "");
                assert_plan(THREAD_GUEST THREAD_TIERS, POLICY, "", "");
        }
        assert_plan(THREAD_GUEST THREAD_TIERS, POLICY "[apply]\ninterface=memtier_override\n", "",
                    "");
        assert(warnings.n == 0);
        /* what a policy does not use may be anything */
        make_plan(THREAD_GUEST THREAD_TIERS, FIXED "[apply]\ninterface=none\n", "");
        assert(plan->n_unmet == 1);
        unreadable = 0;
        make_plan(THREAD_GUEST THREAD_TIERS, FIXED "[apply]\ninterface=memtier_override\n", "");
        assert(warnings.n == 1 && plan->n_unmet == 1);
}

int main(void)
{
        test_one_write();
        test_nothing_to_do();
        test_interfaces();
        test_unknown_tier();
        test_offset_counts_from_the_original();
        test_give_back();
        test_memoryless();
        test_knobs();
        test_weights();
        test_unreadable();
        forget();
}
