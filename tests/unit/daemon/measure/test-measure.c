/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of measuring that need no particular machine: the chain, the arithmetic, the choice of
 * the place. */

#include <math.h>

#include "base/values.h"
#include "measure/cpus.h"
#include "measure/loops.h"
#include "measure/measure.h"
#include "measure/place.h"
#include "measure/round.h"
#include "measure/values.h"
#include "state/recall.h"
#include "testing.h"

#define CPU "sys/devices/system/cpu/"

static struct line lines[4096];

/* Follows the chain from the first line until it is there again. */
static size_t cycle_length(void)
{
        const struct line *line = lines[0].next;
        size_t n = 1;

        for (; line != &lines[0]; line = line->next)
                n++;
        return n;
}

static void make_chain(size_t n, size_t steps, uint64_t seed)
{
        size_t at = n;

        chain_start(lines, n);
        while (at > 0)
                at = chain_mix(lines, at, steps, &seed);
}

static void test_chain(void)
{
        size_t in_order = 0;

        for (size_t n = 1; n <= 64; n++)
                for (uint64_t seed = 1; seed <= 20; seed++) {
                        make_chain(n, n % 7 + 1, seed);
                        assert(cycle_length() == n);
                }
        make_chain(ELEMENTSOF(lines), 1000, 7);
        assert(cycle_length() == ELEMENTSOF(lines));
        assert(chain_follow(lines, ELEMENTSOF(lines)) == lines);
        assert(chain_follow(lines, 1) == lines[0].next);
        /* no prefetcher guesses it */
        for (size_t i = 0; i + 1 < ELEMENTSOF(lines); i++)
                in_order += lines[i].next == &lines[i + 1];
        assert(in_order < 10);
}

/* Each of three lines is at each place in some chain: the mixing leaves no place out. */
static void test_chain_is_random(void)
{
        bool seen[3][3] = { 0 };

        for (uint64_t seed = 1; seed <= 100; seed++) {
                make_chain(3, 100, seed * 2685821657736338717ULL);
                for (size_t i = 0; i < 3; i++)
                        seen[i][lines[i].next - lines] = true;
        }
        for (size_t i = 0; i < 3; i++)
                for (size_t j = 0; j < 3; j++)
                        assert(seen[i][j] == (i != j));
}

static void test_loops(void)
{
        static _Alignas(4096) uint64_t memory[6 * LINE / sizeof(uint64_t)];
        const size_t line = LINE / sizeof(uint64_t);

        memset(memory, 0xff, sizeof(memory));
        loop_read((char *)memory, sizeof(memory));
        loop_mixed((char *)memory, sizeof(memory));
        assert(memory[4 * line - 1] == UINT64_MAX); /* the first two thirds are only read */
        assert(memory[4 * line] == 0 && memory[6 * line - 1] != UINT64_MAX);
        memset(memory, 0xff, sizeof(memory));
        loop_write((char *)memory, sizeof(memory) - LINE);
        for (size_t i = 0; i < 5 * line; i++)
                assert(memory[i] == i / line);
        assert(memory[5 * line] == UINT64_MAX);
}

static void test_sample(void)
{
        double odd[] = { 30, 10, 20, 11, 12 }, even[] = { 4, 1, 3, 2 }, same[] = { 7, 7, 7 };
        double zero[] = { 0 };
        struct sample s;

        s = sample_of(odd, ELEMENTSOF(odd));
        assert(fabs(s.median - 12) < 1e-9 && fabs(s.spread - 20.0 / 12) < 1e-9);
        s = sample_of(even, ELEMENTSOF(even));
        assert(fabs(s.median - 2.5) < 1e-9 && fabs(s.spread - 3 / 2.5) < 1e-9);
        s = sample_of(same, ELEMENTSOF(same));
        assert(fabs(s.median - 7) < 1e-9 && s.spread < 1e-9);
        s = sample_of(zero, ELEMENTSOF(zero));
        assert(s.spread < 1e-9);
}

static void test_size(void)
{
        static const struct {
                const char *text;
                uint64_t size;
        } right[] = {
                { "0K", 0 },       { "1K", 1024 },        { "256M", 256 << 20 },
                { "1G", 1 << 30 }, { "32MiB", 32 << 20 }, { "16777215T", 16777215ULL << 40 },
        };
        static const char *const wrong[] = { "",    "M",   "256", "-1M",   "1.5G", " 1M",
                                             "1M ", "1MB", "1m",  "1MiBs", "0x1M", "1E",
                                             "1 M", "+1M", "1Mi", "iB",    "1iB" };
        static const char *const large[] = { "16777216T", "18446744073709551616K",
                                             "99999999999999999999999999M" };
        uint64_t size = 42;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert(parse_size(wrong[i], &size) == -EINVAL && size == 42);
        for (size_t i = 0; i < ELEMENTSOF(large); i++)
                assert(parse_size(large[i], &size) == -ERANGE && size == 42);
        for (size_t i = 0; i < ELEMENTSOF(right); i++)
                assert(parse_size(right[i].text, &size) == 0 && size == right[i].size);
}

static void test_perf(void)
{
        struct measurement m = { .values = { [MEASURED_LATENCY] = { 0.2, 0.01 },
                                             [MEASURED_READ] = { 1000.5, 0.04 },
                                             [MEASURED_MIXED] = { 900, 0.06 },
                                             [MEASURED_WRITE] = { 1e12, 0.02 } } };
        struct perf p = measurement_perf(&m);

        assert(p.v[READ_LATENCY] == 1 && p.v[WRITE_LATENCY] == 1);
        assert(p.v[READ_BANDWIDTH] == 1001 && p.v[WRITE_BANDWIDTH] == UINT32_MAX);
        assert(measurement_worst_value(&m) == MEASURED_MIXED);
        assert(fabs(measurement_spread(&m) - 0.06) < 1e-9 && !measurement_is_repeatable(&m));
        m.values[MEASURED_MIXED].spread = SPREAD_MAX;
        assert(measurement_is_repeatable(&m));
        assert(round_value(0) == 1 && round_value(1.4) == 1 && round_value(1.6) == 2);
}

static void expect_cpus(const char *text, unsigned n, const char *formatted)
{
        char buf[CPUS_STRING_MAX];
        struct cpus cpus;

        assert(cpus_parse(text, &cpus) == 0 && cpus_count(&cpus) == n);
        assert_streq(cpus_format(&cpus, buf), formatted);
}

static void test_cpus(void)
{
        static const char *const wrong[] = {
                ",", "1,", "1-", "-1", "2-1", "0x1", "1 ", "a", "1\n\n"
        };
        struct cpus cpus, a, b, result;
        char *every_other = NULL;
        size_t size;
        FILE *f = open_memstream(&every_other, &size);

        expect_cpus("", 0, "");
        expect_cpus("\n", 0, "");
        expect_cpus("0", 1, "0");
        expect_cpus("8191,0-3,2,9,8\n", 7, "0-3,8-9,8191");
        expect_cpus("0-8191", CPU_MAX, "0-8191");
        assert(f);
        for (unsigned cpu = 0; cpu < CPU_MAX; cpu += 2)
                fprintf(f, "%s%u", cpu > 0 ? "," : "", cpu);
        assert(fclose(f) == 0);
        expect_cpus(every_other, CPU_MAX / 2, every_other);
        free(every_other);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert(cpus_parse(wrong[i], &cpus) == -EINVAL);
        assert(cpus_parse("0-8192", &cpus) == -ERANGE);
        assert(cpus_parse("99999999999999999999", &cpus) == -ERANGE);
        assert(cpus_parse("0-5", &a) == 0 && cpus_parse("4-7", &b) == 0);
        result = cpus_and(&a, &b);
        assert(cpus_count(&result) == 2 && cpus_has(4, &result) && cpus_has(5, &result));
        result = cpus_andnot(&a, &b);
        assert(cpus_count(&result) == 4 && cpus_has(0, &result) && cpus_has(3, &result));
}

/* Two sockets, and memory without CPUs: node 2 is nearer to the second socket by SLIT, node 3 by
 * what the firmware says. CPUs 0 and 1 share a cache. This process may not use CPU 3. CPU 4 of node
 * 1 is offline: the link is there, and cpulist does not have it. */
#define CACHE(cpu, index, level, size, shared)                                                     \
        CPU "cpu" #cpu "/cache/index" #index "/level: " #level "\n" CPU "cpu" #cpu                 \
            "/cache/index" #index "/size: " size "\n" CPU "cpu" #cpu "/cache/index" #index         \
            "/shared_cpu_list: " shared "\n"

#define CPU_LINK(node, cpu) NODE "node" #node "/cpu" #cpu " -> ../../cpu/cpu" #cpu "\n"

static const char machine_text[] = NODE "online: 0-3\n" NODE "has_memory: 0,2-3\n" NODE
                                        "has_cpu: 0-1\n" NODE "node0/distance: 10 20 30 20\n" NODE
                                        "node1/distance: 20 10 20 30\n" MEMINFO(0, 1000000)
                                                MEMINFO(1, 0) MEMINFO(2, 1000) MEMINFO(3, 1000) NODE
        "node0/cpulist: 0-1\n" NODE "node1/cpulist: 2-3\n" CPU_LINK(0, 0) CPU_LINK(0, 1)
                CPU_LINK(1, 2) CPU_LINK(1, 3) CPU_LINK(1, 4) NODE
        "node3/access1/initiators/node1 -> ../../../node1\n" NODE
        "node3/access1/initiators/read_latency: 100\n" CACHE(0, 0, 1, "48K", "0")
                CACHE(0, 1, 3, "32768K", "0-1") CACHE(0, 2, 2, "1M", "0")
                        CACHE(1, 0, 3, "32768K", "0-1") CACHE(2, 0, 3, "16M", "2");

struct fixture {
        struct sysroot *root;
        struct machine *machine;
        struct cpus allowed;
};

static struct fixture make_fixture(const char *text)
{
        struct messages problems = MESSAGES_INIT;
        struct fixture f = { .root = root_from(text) };

        assert(machine_read(f.root, TIERS_KNOWN_ONLY, NULL, NULL, &problems, &f.machine) == 0);
        messages_done(&problems);
        for (unsigned cpu = 0; cpu < 3; cpu++)
                cpus_add(cpu, &f.allowed);
        return f;
}

static void fixture_done(struct fixture *f)
{
        machine_free(f->machine);
        sysroot_free(f->root);
}

static struct place find(const struct fixture *f, unsigned node)
{
        struct messages errors = MESSAGES_INIT;
        struct place p;

        assert(place_find(f->root, f->machine, node, &f->allowed, &errors, &p) == 0);
        assert(errors.n == 0 && p.node == node);
        return p;
}

static void test_place(void)
{
        struct fixture f = make_fixture(machine_text);
        struct place p;
        uint64_t size;

        p = find(&f, 0);
        assert(p.initiator == 0 && cpus_count(&p.cpus) == 2);
        assert(p.cache == 32 << 20 && p.cache_total == 32 << 20);
        assert(place_buffer_size(&p) == 128 << 20);
        p = find(&f, 2); /* the nearest */
        assert(p.initiator == 1 && cpus_count(&p.cpus) == 1 && cpus_has(2, &p.cpus));
        assert(p.cache == 16 << 20 && place_buffer_size(&p) == 64 << 20);
        p = find(&f, 3); /* the firmware's initiator counts more than the distance */
        assert(p.initiator == 1);
        assert(place_read_free(f.root, 2, &size) == 0 && size == 1024);
        assert(place_needed(64 << 20) == 72 << 20);
        fixture_done(&f);
}

/* A part of the initiator's CPUs would give too low a bandwidth. */
static void test_missing_cpus(void)
{
        struct fixture f = make_fixture(machine_text);
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct place p = find(&f, 0);

        assert(cpus_count(&p.missing) == 0);
        assert(place_check_cpus(f.root, &p, false, &errors, &warnings) == 0);
        assert(errors.n == 0 && warnings.n == 0);
        p = find(&f, 2);
        assert(cpus_count(&p.missing) == 1 && cpus_has(3, &p.missing));
        assert(place_check_cpus(f.root, &p, false, &errors, &warnings) == -EPERM);
        assert(errors.n == 1 && warnings.n == 0);
        assert(messages_have(&errors, "node 2: is measured from the CPUs of node 1, and this "
                                      "process may not use CPU 3 of them (its CPU affinity or "
                                      "cpuset excludes them)"));
        assert(messages_have(&errors, "--force"));
        messages_done(&errors);
        assert(place_check_cpus(f.root, &p, true, &errors, &warnings) == 0);
        assert(errors.n == 0 && messages_have(&warnings, "the bandwidth is too low"));
        messages_done(&warnings);
        fixture_done(&f);
}

static void test_isolated_cpus(void)
{
        _cleanup_(freep) char *text = NULL;
        struct messages errors = MESSAGES_INIT;
        struct fixture f;
        struct place p;

        assert(asprintf(&text, "%s" CPU "isolated: 3\n", machine_text) > 0);
        f = make_fixture(text);
        p = find(&f, 3);
        assert(place_check_cpus(f.root, &p, false, &errors, &errors) == -EPERM);
        assert(messages_have(&errors, "CPU 3 of them (isolated with isolcpus=)"));
        messages_done(&errors);
        fixture_done(&f);
}

static void expect_refusal(const struct fixture *f, unsigned node, int r, const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct place p;

        assert(place_find(f->root, f->machine, node, &f->allowed, &errors, &p) == r);
        assert(errors.n == 1 && messages_have(&errors, text));
        messages_done(&errors);
}

static void test_no_place(void)
{
        struct fixture f = make_fixture(machine_text);

        expect_refusal(&f, 1, -ENODEV, "node 1: has no memory");
        expect_refusal(&f, 9, -ENODEV, "node 9: is not there");
        f.allowed = (struct cpus){ 0 };
        cpus_add(3, &f.allowed);
        expect_refusal(&f, 0, -ENXIO, "this process may use none of them");
        fixture_done(&f);
        f = make_fixture(NODE "online: 0\n" NODE "has_memory: 0\n" NODE
                              "has_cpu:\n" MEMINFO(0, 1000000));
        expect_refusal(&f, 0, -ENXIO, "no node has a CPU");
        fixture_done(&f);
        f = make_fixture(NODE "online: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE
                              "node0/cpulist: 0;1\n" MEMINFO(0, 1000000));
        expect_refusal(&f, 0, -EINVAL, "node0/cpulist: expected a list of CPUs");
        fixture_done(&f);
}

/* A round on whatever CPU this test may use. */
static void test_round(void)
{
        static _Alignas(4096) char memory[1 << 20];
        struct cpus cpus = { 0 };
        struct line *at = (struct line *)(void *)memory, *before;
        struct round round = { .cpus = &cpus, .memory = memory, .size = sizeof(memory), .at = &at };
        double rate;

        assert(sched_getaffinity(0, sizeof(cpus.words), cpus.words) >= 0);
        round.n_cpus = cpus_count(&cpus) < 3 ? cpus_count(&cpus) : 3;
        round.nsec = 60000000000;
        assert(round_run(&round, &rate) == 0 && rate > 0);
        for (size_t i = 0; i < sizeof(memory); i++)
                assert(memory[i] == 1);
        round.nsec = 1000000;
        for (round.work = WORK_READ; round.work <= WORK_WRITE; round.work++)
                assert(round_run(&round, &rate) == 0 && rate > 0);
        round.n_cpus = 1;
        round.work = WORK_CHAIN;
        chain_start((struct line *)(void *)memory, sizeof(memory) / LINE);
        round.nsec = 60000000000;
        assert(round_run(&round, &rate) == 0);
        round.work = WORK_CHASE;
        round.nsec = 1;
        for (unsigned i = 0; i < 3; i++) { /* each goes on where the last one ended */
                before = at;
                assert(round_run(&round, &rate) == 0 && rate > 0);
                assert(at != before && at == chain_follow(before, 1024));
        }
}

int main(void)
{
        test_chain();
        test_chain_is_random();
        test_loops();
        test_sample();
        test_size();
        test_perf();
        test_cpus();
        test_place();
        test_missing_cpus();
        test_isolated_cpus();
        test_no_place();
        test_round();
        return 0;
}
