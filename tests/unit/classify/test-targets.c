/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/targets.h"

#include "facts/packages.h"
#include "facts/survey.h"
#include "state/recall.h"
#include "testing.h"

static struct sysroot *root;
static struct machine *machine;
static struct targets *targets;
static struct messages messages;

static void forget(void)
{
        targets = targets_free(targets);
        machine = machine_free(machine);
        root = sysroot_free(root);
        messages_done(&messages);
}

/* As a program that shows a machine does it. */
static void begin(const char *text)
{
        struct nodeset missing;

        forget();
        root = root_from(text);
        assert(machine_read(root, TIERS_READ, NULL, NULL, &messages, &machine) == 0);
        missing = targets_find_missing_distances(machine);
        assert(survey_fill_distances(root, &missing, machine, &messages) == 0);
        assert(targets_new(machine, &targets) == 0);
        packages_read(root, &targets->homes, machine);
        targets = targets_free(targets);
        assert(targets_new(machine, &targets) == 0);
}

static void assert_targets(const char *file, int line, unsigned node, const char *nodes,
                           const char *across)
{
        const struct node_targets *t =
                &targets->nodes[machine_get_node(machine, node) - machine->nodes];
        char buf[NODESET_STRING_MAX];

        assert_same(file, line, t->known ? nodeset_format(&t->nodes, buf) : "?", nodes);
        assert_same(file, line, nodeset_format(&t->across, buf), across);
}
#define expect(...) assert_targets(__FILE__, __LINE__, __VA_ARGS__)

#define MASKS(all, cpus)                                                                           \
        NODE "online: " all "\n" NODE "has_memory: " all "\n" NODE "has_cpu: " cpus "\n"
#define DISTANCE(node, row) NODE "node" #node "/distance: " row "\n"
#define PACKAGE(node, cpu, package)                                                                \
        NODE "node" #node "/cpulist: " #cpu "-" #cpu "0\n"                                         \
             "sys/devices/system/cpu/cpu" #cpu "/topology/physical_package_id: " #package "\n"

/* Two sockets, a slow node near each. */
#define TWO_SOCKETS                                                                                \
        MASKS("0-3", "0-1")                                                                        \
        MEMINFO(0, 9)                                                                              \
        MEMINFO(1, 9)                                                                              \
        MEMINFO(2, 9)                                                                              \
        MEMINFO(3, 9)                                                                              \
        DISTANCE(0, "10 21 14 24")                                                                 \
        DISTANCE(1, "21 10 24 14") DISTANCE(2, "14 24 10 26") DISTANCE(3, "24 14 26 10")

static void test_nearest(void)
{
        begin(TWO_SOCKETS TIER "memory_tier4/nodelist: 0-1\n" TIER "memory_tier22/nodelist: 2-3\n");
        expect(0, "2", "");
        expect(1, "3", "");
        expect(2, "", "");
        expect(3, "", "");
}

/* All that are as near as the first, and only of the next slower tier. */
static void test_several(void)
{
        begin(MASKS("0-4", "0") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9)
                      MEMINFO(4, 9) DISTANCE(0, "10 20 20 30 15") TIER
              "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1-3\n" TIER
              "memory_tier6/nodelist: 4\n");
        expect(0, "1-2", "");
        expect(1, "4", ""); /* needs no distance: there is only one */
        expect(3, "4", "");
        expect(4, "", "");
}

/* find_next_best_node: a node with CPUs, or of a lower number, comes later; the list ends where the
 * distance changes. */
static void test_order(void)
{
        /* 20 with CPUs ranks 21, as does 21 without: the lower number is first, alone */
        begin(MASKS("0-2", "0-1") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) DISTANCE(0, "10 20 21")
                      DISTANCE(1, "20 10 30") TIER "memory_tier4/nodelist: 0\n" TIER
                                                   "memory_tier5/nodelist: 1-2\n");
        expect(0, "1", "");
        /* 20, with CPUs and lower, ranks 22: behind 21 */
        begin(MASKS("0-2", "0-1") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) DISTANCE(0, "10 21 21")
                      DISTANCE(1, "20 10 21") TIER "memory_tier4/nodelist: 1\n" TIER
                                                   "memory_tier5/nodelist: 0,2\n");
        expect(1, "2", "");
        /* 20, then 21 in between, then another 20 that comes too late */
        begin(MASKS("0-3", "0-1") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9)
                      DISTANCE(0, "10 20 20 20") DISTANCE(1, "20 10 21 20") TIER
              "memory_tier4/nodelist: 1\n" TIER "memory_tier5/nodelist: 0,2-3\n");
        expect(1, "3", "");
}

/* The distances of nodes without CPUs are read where they decide, and only there. */
static void test_distances(void)
{
        begin(TWO_SOCKETS TIER "memory_tier3/nodelist: 2-3\n" TIER "memory_tier4/nodelist: 0-1\n");
        expect(2, "0", "");
        expect(3, "1", "");
        begin(TWO_SOCKETS TIER "memory_tier4/nodelist: 0-1\n" TIER "memory_tier22/nodelist: 2-3\n");
        assert(!machine->nodes[2].distance && !machine->nodes[3].distance);
}

static void test_unknown(void)
{
        /* a recording without the file that decides */
        begin(MASKS("0-2", "0-1") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) DISTANCE(0, "10 21 14")
                      DISTANCE(1, "21 10 24") TIER "memory_tier3/nodelist: 2\n" TIER
                                                   "memory_tier4/nodelist: 0-1\n");
        expect(2, "?", "");
        expect(0, "", "");
        /* a distance that SLIT does not have */
        begin(MASKS("0-2", "0") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) DISTANCE(0, "10 20 255")
                      TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1-2\n");
        expect(0, "?", "");
        /* a node whose tier is not known may be in any */
        begin(MASKS("0-2", "0") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) DISTANCE(0, "10 20 20")
                      TIER "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1\n");
        expect(0, "?", "");
        expect(1, "?", "");
        /* a kernel without tiers */
        begin(MASKS("0-1", "0") MEMINFO(0, 9) MEMINFO(1, 9) DISTANCE(0, "10 20"));
        expect(0, "?", "");
}

/* One slow node, near socket 0. */
#define ONE_SLOW(row0, row1)                                                                       \
        MASKS("0-2", "0-1")                                                                        \
        MEMINFO(0, 9)                                                                              \
        MEMINFO(1, 9)                                                                              \
        MEMINFO(2, 9)                                                                              \
        DISTANCE(0, row0)                                                                          \
        DISTANCE(1, row1) TIER "memory_tier4/nodelist: 0-1\n" TIER "memory_tier22/nodelist: 2\n"

static void test_across(void)
{
        begin(ONE_SLOW("10 21 14", "21 10 24") PACKAGE(0, 1, 0) PACKAGE(1, 2, 1));
        expect(0, "2", "");
        expect(1, "2", "2");
        /* the same package: clusters of one socket */
        begin(ONE_SLOW("10 12 14", "12 10 16") PACKAGE(0, 1, 0) PACKAGE(1, 2, 0));
        expect(1, "2", "");
        /* as near to both */
        begin(ONE_SLOW("10 21 24", "21 10 24") PACKAGE(0, 1, 0) PACKAGE(1, 2, 1));
        expect(1, "2", "");
        /* packages that nobody knows */
        begin(ONE_SLOW("10 21 14", "21 10 24"));
        expect(1, "2", "");
        begin(ONE_SLOW("10 21 14", "21 10 24") PACKAGE(0, 1, 0) PACKAGE(1, 2, -1));
        expect(1, "2", "");
        begin(ONE_SLOW("10 21 14", "21 10 24") PACKAGE(0, 1, 1));
        expect(1, "2", "");
        /* a distance that nobody knows */
        begin(ONE_SLOW("10 21 14", "21 10 255") PACKAGE(0, 1, 0) PACKAGE(1, 2, 1));
        expect(0, "2", "");
        expect(1, "2", "");
}

/* A source without CPUs belongs to the nearest ones; of two targets, one may be across. */
static void test_source_without_cpus(void)
{
        begin(MASKS("0-4", "0-1") MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9)
                      MEMINFO(4, 9) DISTANCE(0, "10 21 12 20 30") DISTANCE(1, "21 10 24 30 20")
                              DISTANCE(2, "12 24 10 25 25") PACKAGE(0, 1, 0) PACKAGE(1, 2, 1) TIER
              "memory_tier3/nodelist: 2\n" TIER "memory_tier4/nodelist: 3-4\n" TIER
              "memory_tier5/nodelist: 0-1\n");
        expect(2, "3-4", "4");
}

/* A node with CPUs alone has no pages. */
static void test_no_memory(void)
{
        begin(NODE "online: 0-1\n" NODE "has_memory: 1\n" NODE "has_cpu: 0\n" MEMINFO(0, 0)
                      MEMINFO(1, 9) DISTANCE(0, "10 20") TIER "memory_tier4/nodelist: 1\n");
        expect(0, "?", "");
        expect(1, "", "");
}

int main(void)
{
        test_nearest();
        test_several();
        test_order();
        test_distances();
        test_unknown();
        test_across();
        test_source_without_cpus();
        test_no_memory();
        forget();
}
