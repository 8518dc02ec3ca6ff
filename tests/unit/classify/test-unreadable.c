/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/scene.h"
#include "state/state.h"
#include "testing.h"

/* A node is left exactly where it is if a fact that decides cannot be read now; and only then. */

/* The fact of a node could not be read, and no earlier pass could. */
static void hide(unsigned node, enum fact f)
{
        struct node *n = &machine->nodes[node];

        n->unreadable |= 1U << f;
        if (f == FACT_ACCESS) {
                memset(n->access, 0, sizeof(n->access));
                memset(n->access_present, 0, sizeof(n->access_present));
        } else if (f == FACT_MEASURED) {
                n->measured = (struct perf){ 0 };
        } else if (f == FACT_DISTANCE) {
                free(n->distance);
                n->distance = NULL;
        } else if (f == FACT_TIER) {
                n->present_tier = TIER_UNKNOWN;
        }
}

static void assign(const struct state *last)
{
        assignment = assignment_free(assignment);
        assert(assignment_new(machine, policy, last, &messages, &assignment) == 0);
}

/* The tiers of the last pass under this policy, as "node 1 - - cxl". */
static void assign_after(const char *text)
{
        struct state *last;

        assert(state_parse(text, strlen(text), "state", &messages, &last) == 0);
        last->policy = policy->hash;
        assign(last);
        state_free(last);
}

static const struct node_assignment *get(unsigned node)
{
        return assignment_get_node(assignment, node);
}

static void expect_tier(unsigned node, const char *tier)
{
        assert_streq(assignment_tier_name(assignment, get(node)), tier);
}

static void expect_left(unsigned node, const char *reason)
{
        assert_streq(get(node)->reason, reason);
        assert(get(node)->cause == CAUSE_UNREADABLE);
        assert(get(node)->tier == TIER_NONE && get(node)->wanted_tier == TIER_UNKNOWN);
}

#define VENDOR                                                                                     \
        "[tier hbm]\nmin-bandwidth=2x\nmax-latency=2x\n[tier dram]\nmax-latency=1.5x\n"            \
        "min-bandwidth=0.5x\n[tier cxl]\nmax-latency=5x\n[tier far]\n"
#define MASKS NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0\n"
#define NODES MASKS MEMINFO(0, 9) MEMINFO(1, 8) MEMINFO(2, 7)
#define HMAT  ACCESS1(0, 100, 1000) ACCESS1(1, 200, 500) ACCESS1(2, 300, 500)
#define SLIT  NODE "node0/distance: 10 20 30\n"
#define GIVEN "[node n]\nnode=1\nlatency=200ns\nbandwidth=500MiB/s\n"

static void test_own_facts(void)
{
        begin(NODES HMAT SLIT, VENDOR);
        assign(NULL);
        expect_tier(1, "cxl");
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_left(1, "its HMAT values cannot be read now: left as it is");
        expect_tier(2, "cxl");

        begin(NODES HMAT SLIT, VENDOR);
        hide(1, FACT_MEASURED);
        assign(NULL);
        expect_left(1, "its measured values cannot be read now: left as it is");

        begin(NODES HMAT, VENDOR); /* CDAT comes after HMAT */
        hide(1, FACT_DEVICES);
        assign(NULL);
        expect_tier(1, "cxl");
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_left(1, "its HMAT values cannot be read now: left as it is");

        begin(NODES, VENDOR);
        hide(1, FACT_DEVICES);
        assign(NULL);
        expect_left(1, "its devices cannot be read now: left as it is");
        assert(get(2)->cause == CAUSE_UNKNOWN);
}

/* A better source has the value, or the policy does not ask the source. */
static void test_not_needed(void)
{
        begin(NODES HMAT SLIT, VENDOR GIVEN);
        hide(1, FACT_MEASURED);
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_tier(1, "cxl");
        begin(NODES HMAT SLIT, "[policy]\nsources=hmat\n" VENDOR);
        hide(0, FACT_DISTANCE);
        hide(1, FACT_MEASURED);
        assign(NULL);
        expect_tier(1, "cxl");
        assert(messages.n == 0);
        /* no condition needs the latency */
        begin(NODES HMAT, "[tier a]\nmin-bandwidth=0.9x\n[tier b]\n[node n]\nnode=1\n"
                          "bandwidth=1GiB/s\n");
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_tier(1, "a");
        /* a condition that fails decides, whatever the other says */
        begin(NODES HMAT, "[tier a]\nmin-bandwidth=2x\nmax-latency=1x\n[tier b]\n[node n]\nnode=1\n"
                          "bandwidth=1GiB/s\n");
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_tier(1, "b");
}

/* What was read is a part of the fact: the rest may give another value. */
static void test_parts(void)
{
        static const char region[] =
                "[policy]\nsources=cdat\n" VENDOR "[node zero]\nnode=0\ntier=dram\n";

        /* class 0 of HMAT counts only where class 1 has no value */
        begin(NODES HMAT NODE "node1/access0/initiators/read_latency: 90\n" NODE
                              "node1/access0/initiators/read_bandwidth: 3000\n",
              VENDOR);
        machine->nodes[1].access[ACCESS_LOCAL] = machine->nodes[1].access[ACCESS_CPU];
        memset(&machine->nodes[1].access[ACCESS_CPU], 0, sizeof(struct perf));
        machine->nodes[1].unreadable = 1U << FACT_ACCESS;
        assign(NULL);
        expect_left(1, "its HMAT values cannot be read now: left as it is");
        /* and what class 1 says counts, whatever class 0 would say */
        begin(NODES HMAT, VENDOR);
        machine->nodes[1].unreadable = 1U << FACT_ACCESS;
        assign(NULL);
        expect_tier(1, "cxl");
        /* one of two regions */
        begin(NODES ACCESS1(0, 100, 1000), region);
        assert(node_add_device(
                       &machine->nodes[1],
                       &(struct node_device){ .kind = KIND_CXL,
                                              .access[ACCESS_CPU].v = { 200, 200, 500, 500 } },
                       0) == 0);
        machine->nodes[1].unreadable = 1U << FACT_DEVICES;
        assign(NULL);
        expect_left(1, "its devices cannot be read now: left as it is");
}

/* A section that may match hides those after it, for the baseline's values too. */
static void test_hidden_rule(void)
{
        begin(NODES HMAT, "[policy]\nbaseline=node:2\n" VENDOR
                          "[node a]\ncxl-serial=0x1\nlatency=300ns\n[node b]\nnode=2\n"
                          "latency=60ns\n");
        assign(NULL);
        assert(assignment->baseline_figures.latency.value == 60);
        hide(2, FACT_DEVICES);
        assign(NULL);
        assert(!get(2)->rule && assignment->baseline_figures.latency.unreadable);
        expect_left(1, "the devices of node 2, the baseline, cannot be read now: left as it is");
        expect_left(2, "its devices cannot be read now: left as it is");
}

/* Only SLIT is missing: what HMAT describes is classified, and the baseline stays. */
static void test_distance(void)
{
        begin(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 200, 500) SLIT, VENDOR);
        hide(0, FACT_DISTANCE);
        assign(NULL);
        assert(assignment->baseline->id == 0);
        expect_tier(0, "dram");
        expect_tier(1, "cxl");
        expect_left(2, "the distance of node 0, the baseline, cannot be read now: left as it is");
}

/* The distance that another node with CPUs has to it is not its own. */
static void test_distance_of_socket(void)
{
        begin(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                      MEMINFO(1, 8) NODE "node0/distance: 10 20\n" NODE "node1/distance: 20 10\n",
              VENDOR);
        hide(1, FACT_DISTANCE);
        assign(NULL);
        expect_tier(0, "dram");
        expect_left(1, "its distance cannot be read now: left as it is");
}

/* Kept values count like others, and are marked. */
static void test_kept(void)
{
        begin(NODES HMAT, VENDOR);
        machine->nodes[1].unreadable = machine->nodes[1].kept = 1U << FACT_ACCESS;
        assign(NULL);
        expect_tier(1, "cxl");
        assert(get(1)->figures.latency.kept && !get(2)->figures.latency.kept);
        assert_streq(get(1)->reason, "latency 200 ns (hmat, kept) is within 500 ns (5x)");
        begin(NODES SLIT, VENDOR);
        machine->nodes[0].unreadable = machine->nodes[0].kept = 1U << FACT_DISTANCE;
        assign(NULL);
        assert_streq(get(1)->reason, "latency 2x (slit, kept) is within 5x; SLIT alone, a guess");
}

static void test_rules(void)
{
        begin(NODES HMAT, VENDOR "[node a]\nnode=1\ntier=far\n[node b]\nkind=cxl\ntier=far\n");
        hide(1, FACT_DEVICES);
        hide(2, FACT_DEVICES);
        assign(NULL);
        expect_tier(1, "far");
        expect_left(2, "its devices cannot be read now: left as it is");
        begin(NODES HMAT, VENDOR "[node b]\nregion=region0\nignore=yes\n[node a]\nnode=1\n"
                                 "tier=far\n[node c]\nnode=0\nkind=cxl\ntier=far\n");
        hide(1, FACT_DEVICES);
        assign(NULL);
        expect_left(1, "its devices cannot be read now: left as it is");
        expect_tier(0, "dram");
        /* a rule about another node needs nothing */
        begin(NODES HMAT, VENDOR "[node c]\nnode=2\nkind=cxl\ntier=far\n");
        hide(1, FACT_DEVICES);
        assign(NULL);
        expect_tier(1, "cxl");
}

/* On kernels that get the latency of CXL memory wrong, it matters what the memory is. */
static void test_picoseconds(void)
{
        begin("proc/sys/kernel/osrelease: 6.12.95\n" NODES ACCESS1(0, 100, 1000)
                      ACCESS1(1, 4250, 500) ACCESS1(2, 250, 500),
              VENDOR);
        hide(1, FACT_DEVICES);
        hide(2, FACT_DEVICES);
        assign(NULL);
        expect_left(1, "its devices cannot be read now: left as it is");
        expect_tier(2, "cxl");
}

static void test_baseline(void)
{
        begin(NODES HMAT, VENDOR "[node n]\nnode=2\ntier=far\n");
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_tier(0, "dram"); /* it is 1x whatever that is */
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
        expect_tier(2, "far");
        /* an absolute condition needs no baseline, and SLIT's multiples do not either */
        begin(NODES HMAT, "[tier a]\nmax-latency=250ns\n[tier b]\nmax-latency=1ms\n");
        hide(0, FACT_ACCESS);
        assign_after("node 0 - - a\n");
        expect_tier(1, "a");
        expect_tier(2, "b");
        assert(get(1)->wanted_tier == 4 && get(2)->wanted_tier == 5);
        begin(NODES ACCESS1(0, 100, 1000) SLIT, "[tier a]\nmax-latency=2x\n[tier b]\n");
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_tier(1, "a");
        expect_tier(2, "b");
}

/* Tiers are numbered from the baseline's: without that, only fixed numbers are known. */
static void test_numbers(void)
{
        begin(NODES HMAT, "[tier a]\nmax-latency=150ns\n[tier b]\nmax-latency=250ns\n"
                          "[tier c]\nmemory-tier=9\n");
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_left(0, "its HMAT values cannot be read now: left as it is");
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
        assert(get(2)->wanted_tier == 9);
        assert(assignment->tiers[0].wanted_tier == TIER_UNKNOWN);
        assign_after("node 0 - - a\n");
        expect_left(0, "its HMAT values cannot be read now: left as it is");
        assert(get(1)->wanted_tier == 5);
        /* the baseline itself is not moved */
        begin(NODES HMAT, "[tier a]\nmax-latency=50ns\n[tier b]\nmax-latency=250ns\n[tier c]\n"
                          "[node n]\nnode=0\nignore=yes\n");
        assign(NULL);
        assert(get(1)->wanted_tier == 4 && get(2)->wanted_tier == 5);
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
}

/* A node whose directory cannot be read is left, even if a section names its tier. */
static void test_half_there(void)
{
        begin(MASKS MEMINFO(0, 9) NODE "node1/meminfo ! ENODEV\n" MEMINFO(2, 7)
                      ACCESS1(0, 100, 1000) ACCESS1(2, 300, 500),
              VENDOR "[node n]\nnode=1\ntier=far\n");
        assign(NULL);
        expect_left(1, "its size cannot be read now: left as it is");
        expect_tier(2, "cxl");
        /* the only node with CPUs and memory is the baseline even so */
        begin(MASKS NODE "node0/meminfo ! ENODEV\n" MEMINFO(1, 8) MEMINFO(2, 7) ACCESS1(1, 200, 500)
                      ACCESS1(2, 300, 500),
              VENDOR);
        assign(NULL);
        assert(assignment->baseline->id == 0);
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
        expect_left(2,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
}

/* Whether a candidate for the baseline is a GPU's memory is not known now. */
static void test_undecided_baseline(void)
{
        begin(NODE "online: 0-1\n" NODE "has_memory: 1\n" NODE "has_cpu: 0\n" MEMINFO(0, 0)
                      MEMINFO(1, 8) ACCESS1(1, 100, 1000),
              VENDOR "[node n]\nnode=1\ntier=cxl\n");
        assign(NULL);
        assert(get(1)->wanted_tier == 4);
        machine->nodes[0].has_memory = true; /* which nothing is known of */
        machine->nodes[0].has_cpu = false;
        machine->nodes[0].may_be_gpu = true;
        assign(NULL);
        assert(!assignment->baseline && assignment->undecided.fact == FACTS);
        assert(get(1)->cause == CAUSE_UNREADABLE && get(1)->wanted_tier == TIER_UNKNOWN);
}

/* A second socket that would go with the baseline waits with it. */
static void test_followers(void)
{
        begin(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                      MEMINFO(1, 8) ACCESS1(0, 100, 1000),
              "[tier a]\nmax-latency=150ns\n[tier b]\n");
        assign(NULL);
        expect_tier(1, "a");
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
}

/* SLIT alone, if the facts that it must not contradict cannot be read. */
static void test_slit_beside_facts(void)
{
        begin(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 90, 2000) SLIT,
              "[policy]\nsources=slit hmat\n[tier a]\nmax-latency=1.5x\n[tier b]\n");
        assign(NULL);
        expect_tier(1, "a");
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_left(1, "its HMAT values cannot be read now: left as it is");
}

static void test_adistance(void)
{
        static const char adistance[] = "[policy]\nmethod=adistance\n";

        begin(NODES HMAT, adistance);
        hide(1, FACT_ACCESS);
        assign(NULL);
        expect_left(1, "its HMAT values cannot be read now: left as it is");
        assert(get(2)->cause == CAUSE_ADISTANCE);
        begin(NODES HMAT, adistance);
        hide(0, FACT_ACCESS);
        assign(NULL);
        expect_left(0, "its HMAT values cannot be read now: left as it is");
        expect_left(1,
                    "the HMAT values of node 0, the baseline, cannot be read now: left as it is");
        /* the kernel does not use SLIT */
        begin(NODES ACCESS1(0, 100, 1000) ACCESS1(1, 200, 500) SLIT, adistance);
        hide(0, FACT_DISTANCE);
        assign(NULL);
        assert(get(1)->cause == CAUSE_ADISTANCE && get(2)->cause == CAUSE_UNKNOWN);
}

/* manual = keep, and where the node is cannot be read now. */
static void test_manual(void)
{
        struct state *last;

        begin(NODES HMAT TIER "memory_tier4/nodelist: 0-2\n" NODE
                              "node0/memtier_override: memory_tier4\n" NODE
                              "node1/memtier_override: memory_tier4\n" NODE
                              "node2/memtier_override: memory_tier4\n",
              "[apply]\nmanual=keep\n" VENDOR);
        assert(state_new(&last) == 0);
        last->policy = policy->hash;
        state_make_node(last, 1)->placed = 5;
        assign(last);
        assert(get(1)->cause == CAUSE_MANUAL && get(1)->wanted_tier == 4);
        /* a tier of an earlier pass is older than our own write */
        machine->nodes[1].unreadable = machine->nodes[1].kept = 1U << FACT_TIER;
        assign(last);
        assert(get(1)->cause == CAUSE_CONDITIONS && !get(1)->moved_by_hand);
        machine->nodes[1].kept = 0;
        hide(1, FACT_TIER);
        state_make_node(last, 1)->manual = true;
        assign(last);
        assert(get(1)->cause == CAUSE_MANUAL && get(1)->wanted_tier == TIER_UNKNOWN);
        state_free(last);
}

int main(void)
{
        test_own_facts();
        test_not_needed();
        test_parts();
        test_hidden_rule();
        test_distance();
        test_distance_of_socket();
        test_kept();
        test_rules();
        test_picoseconds();
        test_baseline();
        test_numbers();
        test_half_there();
        test_undecided_baseline();
        test_followers();
        test_slit_beside_facts();
        test_adistance();
        test_manual();
        forget();
}
