/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as a value: what is chosen, left out, refused and said. tests/machines/guests.py has what
 * QEMU and Linux make of it. */

#include "../classify/scene.h"
#include "guest/entries.h"
#include "guest/libvirt.h"
#include "guest/qemu.h"

/* Two sockets, and slow memory near the second: its row of distances is not known. */
#define SOCKETS                                                                                    \
        "proc/sys/kernel/osrelease: 6.12.95\n" NODE "online: 0-2\n" NODE "possible: 0-2\n" NODE    \
        "has_memory: 0-2\n" NODE "has_cpu: 0-1\n" NODE "has_generic_initiator:\n" NODE             \
        "node0/distance: 10 21 31\n" NODE "node1/distance: 22 10 17\n" MEMINFO(0, 4194304)         \
                MEMINFO(1, 4194300) MEMINFO(2, 8388608) ACCESS1(0, 100, 1000)                      \
                        ACCESS1(1, 100, 1000) ACCESS1(2, 300, 500)

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\nmax-latency=5x\n[tier far]\n"

static struct guest *guest;
static struct messages errors;

static int make(const char *nodes, const char *cpus, const char *memory, const char *const *lists)
{
        struct guest_wish wish;
        int r;

        guest = guest_free(guest);
        messages_done(&errors);
        r = guest_wish_parse(nodes, cpus, memory, &wish, &errors);
        if (r == 0)
                r = guest_new(assignment, &wish, lists, &errors, &guest);
        guest_wish_done(&wish);
        assert((r < 0) == (errors.n > 0));
        return r;
}

static void classify(const char *machine_text, const char *policy_text)
{
        begin(machine_text, policy_text);
        assert(assignment_new(machine, policy, NULL, &messages, &assignment) == 0);
}

static void finish(void)
{
        guest = guest_free(guest);
        messages_done(&errors);
        forget();
}

static void assert_text(bool libvirt, const char *text, bool there)
{
        char *printed = NULL;

        assert((libvirt ? guest_format_libvirt : guest_format_qemu)(guest, &printed) == 0);
        if ((strstr(printed, text) != NULL) != there)
                fprintf(stderr, "%s\n%s\n", text, printed);
        assert((strstr(printed, text) != NULL) == there);
        free(printed);
}

static void test_defaults(void)
{
        static const char *const lists[] = { "0-3,8-11", "4-7,12-15", NULL };

        classify(SOCKETS, POLICY);
        assert(make(NULL, NULL, NULL, lists) == 0);
        assert(guest->n == 3 && guest->cpus == 16 && guest->cores == 8);
        assert(guest->nodes[1].first_cpu == 8 && guest->nodes[2].cpus == 0);
        /* half of each; and the baseline, node 0, has more than the other node with CPUs */
        assert(guest->nodes[0].mib == 2048 && guest->nodes[1].mib == 1920 &&
               guest->nodes[2].mib == 4096 && guest->mib == 2048 + 1920 + 4096);
        assert(guest->nodes[0].initiator == 0 && guest->nodes[1].initiator == 1 &&
               guest->nodes[2].initiator == 1); /* the nearest */
        assert(guest->distances[1] == 21 && guest->distances[3] == 22 &&
               guest->distances[7] == 17); /* the row of node 1 says it for both */
        assert(!guest_is_symmetric(guest));
        assert_text(false, "-numa dist,src=1,dst=0,val=22 ", true);
        assert_text(false, "CPUs (8-15) belong on CPUs 4-7,12-15\n", true);
        assert_text(true, "<vcpupin vcpu='15' cpuset='4-7,12-15'/>", true);
        assert(guest->remarks.n == 0);
        finish();
}

/* Linux takes some of node 0 for itself: with the same size it would not be the baseline. */
static void test_baseline(void)
{
        classify(SOCKETS, POLICY);
        assert(make("1,0", NULL, "1G", NULL) == 0);
        assert(messages_have(&guest->remarks, "Tiers are compared with node 0 here"));
        assert(make("0-1", "2", "1G,1G", NULL) == 0 && guest->mib == 2048);
        classify(THREAD_GUEST MEMINFO(2, 1000000), POLICY);
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(guest->nodes[0].mib == 384 && guest->nodes[1].mib == 128);
        classify(SOCKETS, "[policy]\nbaseline = node:1\n" POLICY);
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(messages_have(&guest->remarks, "names its baseline"));
        finish();
}

static void test_tie(void)
{
        classify(NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE
                      "has_cpu: 0-1\n" NODE "has_generic_initiator:\n" MEMINFO(0, 4194300)
                              MEMINFO(1, 4194302) ACCESS1(0, 100, 1000) ACCESS1(1, 101, 999),
                 POLICY);
        assert(assignment->baseline->id == 1);
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(guest->nodes[0].mib == 1920 && guest->nodes[1].mib == 2048 && guest->mib == 3968);
        assert(messages_have(&guest->remarks, "No distance between"));
        assert_text(false, "-numa dist", false);
        finish();
}

/* A distance is no latency. */
static void test_unknown_values(void)
{
        classify(NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE
                      "has_cpu: 0\n" NODE "has_generic_initiator:\n" NODE
                      "node0/distance: 10 40\n" MEMINFO(0, 4194304) MEMINFO(1, 4194304)
                              ACCESS1(0, 100, 1000),
                 POLICY);
        assert(assignment->nodes[1].figures.latency.value == 400); /* by SLIT */
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(guest->has_values && !perf_is_known(&guest->nodes[1].perf));
        assert(messages_have(&guest->remarks, "Node 1: no latency and no bandwidth"));
        assert_text(false, "target=1", false);
        classify(NODE "online: 0\n" NODE "possible: 0\n" NODE "has_memory: 0\n" NODE
                      "has_cpu: 0\n" NODE "has_generic_initiator:\n" NODE
                      "node0/distance: 10\n" MEMINFO(0, 4194304),
                 POLICY);
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(!guest->has_values && messages_have(&guest->remarks, "has no HMAT"));
        assert_text(false, "hmat", false);
        assert_text(false, "initiator", false); /* which QEMU takes only with hmat=on */
        finish();
}

/* Reads and writes that differ on one node have matrices of their own for all. */
static void test_split(void)
{
        classify(SOCKETS, POLICY "[node slow]\nnode=2\nlatency=300ns\nwrite-latency=400ns\n");
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(guest->split_latency && !guest->split_bandwidth);
        assert_text(false, "initiator=0,target=0,hierarchy=memory,data-type=write-latency,", true);
        assert_text(false, "access-latency", false);
        assert_text(false, "data-type=access-bandwidth,bandwidth=500M ", true);
        assert_text(true, "<latency initiator='1' target='2' type='write' value='400'/>", true);
        finish();
}

/* CPUs that are not where the values were seen from. */
static void test_initiators(void)
{
        classify(SOCKETS, POLICY);
        assert(make("0,2", NULL, NULL, NULL) == 0);
        assert(guest->nodes[1].initiator == 0);
        assert(messages_have(&guest->remarks, "The values of node 2 are those for the nearest CPUs "
                                              "of this host, which are not in the guest"));
        assert(make("1,2", NULL, NULL, NULL) == 0 && guest->nodes[1].host->node->id == 2);
        assert(guest->remarks.n == 1); /* the baseline is not there */
        assert(make("2", "4", NULL, NULL) == 0 && guest->nodes[0].cpus == 4);
        assert(messages_have(&guest->remarks, "guest node 0 has CPUs, and node 2 of this host has "
                                              "none"));
        assert(make(NULL, "0,4,0", NULL, NULL) == 0 && guest->nodes[0].initiator == 1);
        finish();
}

/* What the policy says of a node's number or device does not hold in the guest. */
static void test_rules(void)
{
        classify(SOCKETS, POLICY "[node a--b]\nnode=2\ntier=far\n");
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(messages_have(&guest->remarks, "Node 2 is in tier far because of [node a--b]"));
        assert_text(false, "\n# Node 2 is in tier far because of [node a--b]", true);
        assert_text(true, "\n-->\n<domain", true);
        assert_text(true, "[node a--b]", false);
        classify(SOCKETS,
                 "[policy]\nsources = user slit\n" POLICY "[node a]\nnode=2\nlatency=300ns\n");
        assert(make(NULL, NULL, NULL, NULL) == 0);
        assert(messages_have(&guest->remarks, "The policy's sources have no hmat"));
        finish();
}

static void test_refused(void)
{
        static const struct {
                const char *nodes, *cpus, *memory, *error;
        } wrong[] = {
                { "0,0", NULL, NULL, "node 0 is there twice" },
                { "0-2,1", NULL, NULL, "node 1 is there twice" },
                { "7", NULL, NULL, "there is no node 7 online" },
                { "", NULL, NULL, "--nodes: expected a list of nodes" },
                { "0,", NULL, NULL, "--nodes: expected" },
                { "2-0", NULL, NULL, "--nodes: expected" },
                { "0-99999", NULL, NULL, "--nodes: expected" },
                { "-1", NULL, NULL, "--nodes: expected" },
                { "0 1", NULL, NULL, "--nodes: expected" },
                { "0x1", NULL, NULL, "--nodes: expected" },
                { "2", NULL, NULL, "none of these nodes has CPUs" },
                { NULL, "0", NULL, "none of these nodes has CPUs" },
                { NULL, "1,2", NULL, "--cpus: expected one value, or one for each of the 3 nodes" },
                { NULL, "1,,2", NULL, "--cpus: expected a list of numbers" },
                { NULL, "70000", NULL, "--cpus: expected" },
                { NULL, "65535", NULL, "at most 65535 CPUs" },
                { NULL, "-1", NULL, "--cpus: expected" },
                { NULL, NULL, "1G,1G", "--memory: expected one value" },
                { NULL, NULL, "1", "--memory: expected a list of sizes" },
                { NULL, NULL, "0G", "--memory: expected" },
                { NULL, NULL, "1K", "--memory: expected" },
                { NULL, NULL, "1G;reboot", "--memory: expected" },
                { NULL, NULL, "99999999999999999999T", "--memory: expected" },
        };

        classify(SOCKETS, POLICY);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                int r = make(wrong[i].nodes, wrong[i].cpus, wrong[i].memory, NULL);

                if (r != -EINVAL || !messages_have(&errors, wrong[i].error))
                        fprintf(stderr, "%s: %d %s\n", wrong[i].error, r,
                                errors.n > 0 ? errors.items[0] : "");
                assert(r == -EINVAL && errors.n == 1 && messages_have(&errors, wrong[i].error));
        }
        finish();
}

static void test_unsettled(void)
{
        classify(SOCKETS, POLICY);
        machine->nodes[2].unsettled = true;
        assert(make(NULL, NULL, NULL, NULL) == -EAGAIN &&
               messages_have(&errors, "still bringing node 2 up"));
        assert(make("2,0", NULL, NULL, NULL) == -EAGAIN);
        assert(make("0-1", NULL, NULL, NULL) == 0);
        machine->nodes[0].size_kib = 0; /* as if its file could not be read */
        assert(make("0-1", NULL, NULL, NULL) == -EAGAIN &&
               messages_have(&errors, "the size of node 0 cannot be read"));
        assert(make("0-1", NULL, "1G", NULL) == 0);
        finish();
}

static void test_warnings(void)
{
        classify(SOCKETS, POLICY);
        assert(make(NULL, NULL, "4G", NULL) == 0);
        assert(messages_have(&guest->warnings, "guest node 1 has 4 GiB, and node 1 of this host"));
        assert(messages_have(&guest->warnings, "guest node 2 has 4 GiB, and only 1 KiB of node 2"));
        assert(make(NULL, "200", "129M", NULL) == 0);
        assert(messages_have(&guest->warnings, "not a multiple of 128 MiB"));
        assert(messages_have(&guest->warnings, "more than 255 CPUs"));
        finish();
}

static void test_entries(void)
{
        uint32_t few[] = { 0, 65534, 1, 3 }, many[] = { 65535, 7, 1, 0 };
        uint32_t top[] = { UINT32_MAX, 1 }, slow[] = { GUEST_LATENCY_MAX, 99, 0 };

        assert(guest_fit_entries(few, 4, false) == 1 && few[1] == 65534 && few[3] == 3);
        assert(guest_fit_entries(many, 4, false) == 2);
        assert(many[0] == 65536 && many[1] == 8 && many[2] == 2 && many[3] == 0);
        assert(guest_fit_entries(top, 2, false) == 1 << 17);
        assert(top[0] == UINT32_MAX - (1 << 17) + 1 && top[1] == 1 << 17);
        assert(guest_fit_entries(slow, 3, true) == 100);
        assert(slow[0] == GUEST_LATENCY_MAX - GUEST_LATENCY_MAX % 100);
        assert(slow[1] == 100 && slow[2] == 0);
}

int main(void)
{
        test_defaults();
        test_baseline();
        test_tie();
        test_unknown_values();
        test_split();
        test_initiators();
        test_rules();
        test_refused();
        test_unsettled();
        test_warnings();
        test_entries();
        return 0;
}
