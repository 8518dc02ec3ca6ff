/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/assignment.h"
#include "state/measured.h"
#include "state/recall.h"
#include "testing.h"

/* What was measured: the file, and what becomes of its figures beside those of other sources. */

#define HEADER "# numatier measured 1; written by numatier measure\n"

static struct measured *parse(const char *text, struct messages *errors)
{
        struct measured *m = NULL;
        int r = measured_parse(text, strlen(text), "f", errors, &m);

        assert(r == 0 && m->n_bad == errors->n);
        return m;
}

static struct measured *parse_good(const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct measured *m = parse(text, &errors);

        assert(errors.n == 0);
        return m;
}

static void assert_format(const struct measured *m, const char *want)
{
        char *text;

        assert(measured_format(m, &text) == 0);
        assert_streq(text, want);
        free(text);
}

#define LINES                                                                                      \
        "cxl:0x1+0x2 read_latency=250 write_latency=0 read_bandwidth=30000 "                       \
        "write_bandwidth=25000\n"                                                                  \
        "node1@140000000 read_latency=0 write_latency=0 read_bandwidth=0 "                         \
        "write_bandwidth=4294967295\n"

static void test_format(void)
{
        struct measured *m = parse_good(HEADER LINES);
        const struct perf *p = measured_get(m, "cxl:0x1+0x2");

        assert(m->n == 2 && p->v[READ_LATENCY] == 250 && p->v[WRITE_LATENCY] == 0);
        assert(p->v[READ_BANDWIDTH] == 30000 && p->v[WRITE_BANDWIDTH] == 25000);
        p = measured_get(m, "node1@140000000");
        assert(p->v[WRITE_BANDWIDTH] == UINT32_MAX && !perf_is_complete(p) && perf_is_known(p));
        assert(!measured_get(m, "cxl:0x1") && !measured_get(m, "cxl:0x1+0x2+0x3"));
        assert_format(m, HEADER LINES);
        measured_free(m);
        m = parse_good("");
        assert(m->n == 0);
        assert_format(m, HEADER);
        measured_free(m);
}

/* As somebody may have edited it. */
static void test_edited(void)
{
        struct measured *m = parse_good("\n# mine\n\nk  write_bandwidth=7   read_latency=5 \n#\n"
                                        "l read_latency=2");

        assert(m->n == 2 && measured_get(m, "k")->v[READ_LATENCY] == 5);
        assert(measured_get(m, "k")->v[WRITE_BANDWIDTH] == 7);
        assert(measured_get(m, "k")->v[WRITE_LATENCY] == 0);
        assert(measured_get(m, "l")->v[READ_LATENCY] == 2);
        measured_free(m);
}

static void test_set(void)
{
        struct measured *m = parse_good("k read_latency=1 read_bandwidth=2\n");

        assert(measured_set(m, "k", &(struct perf){ .v[WRITE_LATENCY] = 3 }) == 0);
        assert(m->n == 1 && measured_get(m, "k")->v[READ_LATENCY] == 0); /* in place of all four */
        assert(measured_get(m, "k")->v[WRITE_LATENCY] == 3);
        for (unsigned i = 0; i < 100; i++) {
                char key[16];

                snprintf(key, sizeof(key), "k%u", i);
                assert(measured_set(m, key, &(struct perf){ .v[READ_LATENCY] = i + 1 }) == 0);
        }
        assert(m->n == 101 && measured_get(m, "k99")->v[READ_LATENCY] == 100);
        assert(measured_get(m, "k0")->v[READ_LATENCY] == 1);
        measured_free(m);
        assert(!measured_free(NULL));
}

#define EXPECTED ": expected what identifies a memory, once, and values such as read_latency=250"

static void test_garbage(void)
{
        static const char *const lines[] = {
                "k",
                "k read_latency=0",
                "k read_latency",
                "k read_latency=",
                "k read_latency:1",
                "k read_latency1",
                "k read_latency=-1",
                "k read_latency=+1",
                "k read_latency=0x10",
                "k read_latency=1ns",
                "k read_latency=4294967296",
                "k read_latency =1",
                "k read_latency=1\twrite_latency=1",
                "k readlatency=1",
                "k latency=1",
                "k 1 2 3 4",
                "k read_latency=1 and more",
                " k read_latency=1", /* indented: it has no key */
                " ",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct messages errors = MESSAGES_INIT;
                struct measured *m = parse(lines[i], &errors);

                assert(m->n == 0 && errors.n == 1);
                assert_streq(errors.items[0], "f:1" EXPECTED);
                measured_free(m);
                messages_done(&errors);
        }
}

/* Every faulty line, by its number. */
static void test_line_numbers(void)
{
        struct messages errors = MESSAGES_INIT;
        struct measured *m = parse(HEADER "k read_latency=1\n\nbad\nl read_latency=2\n"
                                          "k read_latency=9\nworse x",
                                   &errors);

        assert(m->n == 2 && measured_get(m, "k")->v[READ_LATENCY] == 1);
        assert(errors.n == 3);
        assert_streq(errors.items[0], "f:4" EXPECTED);
        assert_streq(errors.items[1], "f:6" EXPECTED); /* the second of its key */
        assert_streq(errors.items[2], "f:7" EXPECTED);
        measured_free(m);
        messages_done(&errors);
}

/* A bad line harms no other, says of which memory nothing is known, and is not destroyed. */
static void test_bad_lines(void)
{
        struct messages errors = MESSAGES_INIT;
        struct measured *m = parse(HEADER LINES "cxl:0x9 read_latency=abc\n", &errors);

        assert(errors.n == 1 && measured_get(m, "cxl:0x1+0x2") && !measured_get(m, "cxl:0x9"));
        assert(measured_is_unreadable(m, "cxl:0x9"));
        assert(!measured_is_unreadable(m, "cxl:0x90"));
        assert(!measured_is_unreadable(m, "node2@40000000"));
        assert_format(m, HEADER LINES "cxl:0x9 read_latency=abc\n");
        assert(measured_set(m, "k", &(struct perf){ .v = { 1, 2, 3, 4 } }) == 0);
        assert(measured_is_unreadable(m, "cxl:0x9"));
        assert(measured_set(m, "cxl:0x9", &(struct perf){ .v = { 1, 2, 3, 4 } }) == 0);
        assert(m->n_bad == 0 && !measured_is_unreadable(m, "cxl:0x9"));
        measured_free(m);
        messages_done(&errors);
}

/* Where not even the key can be read, it may be anybody's. */
static void test_bad_key(void)
{
        static const char *const lines[] = { "cx\1:0x9 read_latency=1ns",
                                             "cxl:0xg read",
                                             "nodex@1 k",
                                             "node1@ k",
                                             "node1 read_latency=",
                                             " " };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                struct messages errors = MESSAGES_INIT;
                struct measured *m = parse(lines[i], &errors);

                assert(errors.n == 1 && measured_is_unreadable(m, "cxl:0x9"));
                measured_free(m);
                messages_done(&errors);
        }
}

/* What stands after a NUL byte, or after the size, is not looked at. */
static void test_size(void)
{
        static const char text[] = "k read_latency=12\nl read_latency=1\n";
        struct messages errors = MESSAGES_INIT;
        struct measured *m;

        assert(measured_parse(text, strlen("k read_latency=1"), "f", &errors, &m) == 0);
        assert(m->n == 1 && measured_get(m, "k")->v[READ_LATENCY] == 1);
        measured_free(m);
}

static struct measured *load(struct sysroot *root, const char *complaint)
{
        struct messages problems = MESSAGES_INIT;
        struct measured *m = NULL;

        assert(measured_load(root, &problems, &m) == 0 && m);
        assert(problems.n == (complaint != NULL));
        if (complaint)
                assert_streq(problems.items[0], complaint);
        messages_done(&problems);
        return m;
}

static void test_load(void)
{
        static const struct {
                const char *file, *complaint;
                size_t n;
        } cases[] = {
                { "", NULL, 0 },
                { MEASURED_PATH ":\n", NULL, 0 },
                { MEASURED_PATH ":\n  # numatier measured 1\n  k read_latency=1\n", NULL, 1 },
                { MEASURED_PATH ": k\n", "/" MEASURED_PATH ":1" EXPECTED, 0 },
                { MEASURED_PATH ":\n  k read_latency=1\n  k read_latency=1\n",
                  "/" MEASURED_PATH ":2" EXPECTED, 1 },
                { MEASURED_PATH " ! EACCES\n",
                  "/" MEASURED_PATH ": cannot be read: Permission denied", 0 },
                { MEASURED_PATH " ! EISDIR\n", "/" MEASURED_PATH ": cannot be read: Is a directory",
                  0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct sysroot *root = root_from(cases[i].file);
                struct measured *m = load(root, cases[i].complaint);

                assert(m->n == cases[i].n);
                assert(measured_is_unreadable(m, "m") == (cases[i].complaint != NULL));
                if (m->error < 0) /* it is not overwritten */
                        assert(measured_save(root, m) == m->error);
                measured_free(m);
                sysroot_free(root);
        }
}

static void test_save(void)
{
        struct sysroot *root = root_from("");
        struct measured *m = load(root, NULL);

        assert(measured_set(m, "k", &(struct perf){ .v = { 1, 2, 3, 4 } }) == 0);
        assert(measured_save(root, m) == 0);
        measured_free(m);
        m = load(root, NULL);
        assert_format(m, HEADER "k read_latency=1 write_latency=2 read_bandwidth=3 "
                                "write_bandwidth=4\n");
        assert(measured_set(m, "k", &(struct perf){ .v = { 5, 6, 7, 8 } }) == 0);
        assert(measured_save(root, m) == 0);
        measured_free(m);
        m = load(root, NULL);
        assert(m->n == 1 && measured_get(m, "k")->v[READ_LATENCY] == 5);
        measured_free(m);
        sysroot_free(root);
}

/* Its figures beside those of the other sources. */

struct scene {
        struct sysroot *root;
        struct messages messages;
        struct machine *machine;
        struct policy *policy;
        struct assignment *assignment;
};

static struct scene judge(const char *machine, const char *policy, const struct state *last)
{
        struct scene s = { .root = root_from(machine), .policy = policy_from(policy) };

        assert(machine_read(s.root, TIERS_KNOWN_ONLY, last, NULL, &s.messages, &s.machine) == 0);
        assert(assignment_new(s.machine, s.policy, last, &s.messages, &s.assignment) == 0);
        return s;
}

static void done(struct scene *s)
{
        assignment_free(s->assignment);
        policy_unref(s->policy);
        machine_free(s->machine);
        messages_done(&s->messages);
        sysroot_free(s->root);
}

static const struct figure *figure(const struct scene *s, enum perf_value v)
{
        return &assignment_get_node(s->assignment, 1)->figures.values[v];
}

static const struct figure *candidate(const struct scene *s, enum source source, enum perf_value v)
{
        return &assignment_get_node(s->assignment, 1)->figures.candidates[source][v];
}

static void assert_figure(const struct scene *s, enum perf_value v, double value,
                          enum source source)
{
        assert(figure(s, v)->value == value && figure(s, v)->source == source);
}

#define NODES                                                                                      \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) NODE "node1/memory40 -> ../../memory/memory40\n"                     \
                                   "sys/devices/system/memory/block_size_bytes: 8000000\n"
#define SLIT NODE "node0/distance: 10 30\n" ACCESS1(0, 100, 1000)

/* Node 1 is one device on CXL. */
#define CXL "sys/bus/cxl/devices/"
#define DAX "sys/bus/dax/devices/dax0.0"
#define DEVICE(serial)                                                                             \
        DAX " -> ../../../devices/region0/dax_region0/dax0.0\n" DAX                                \
            "/driver -> ../../drivers/kmem\n" DAX "/target_node: 1\n" CXL                          \
            "region0/commit: 1\n" CXL "region0/interleave_ways: 1\n" CXL                           \
            "region0/target0: decoder3.0\n" CXL "decoder3.0 -> endpoint3/decoder3.0\n" CXL         \
            "endpoint3/uport -> 0000:0d:00.0/mem0\n" CXL "mem0/serial: " serial "\n"
#define CDAT(class, name, value) CXL "region0/access" #class "/" name ": " #value "\n"
#define HMAT(class, name, value) NODE "node1/access" #class "/initiators/" name ": " #value "\n"
#define MEASURED(key, figures)   MEASURED_PATH ": " key " " figures "\n"
#define TIERS                    "[tier t]\nmax-latency=1ms\n[tier rest]\n"

/* Value by value, from the best source that has it. */
static void test_precedence(void)
{
        static const char machine[] = NODES SLIT DEVICE("0x1234") CDAT(1, "read_latency", 40)
                CDAT(1, "write_latency", 41) CDAT(1, "read_bandwidth", 42)
                        CDAT(1, "write_bandwidth", 43) HMAT(1, "read_latency", 30)
                                HMAT(1, "write_latency", 31) HMAT(1, "read_bandwidth", 32)
                                        MEASURED("cxl:0x1234", "read_latency=20 write_latency=21");
        struct scene s = judge(machine, TIERS "[node n]\nnode=1\nread-latency=10ns\n", NULL);

        assert_figure(&s, READ_LATENCY, 10, SOURCE_USER);
        assert_figure(&s, WRITE_LATENCY, 21, SOURCE_MEASURED);
        assert_figure(&s, READ_BANDWIDTH, 32, SOURCE_HMAT);
        assert_figure(&s, WRITE_BANDWIDTH, 43, SOURCE_CDAT);
        /* and what the others say is there to be seen */
        assert(candidate(&s, SOURCE_MEASURED, READ_LATENCY)->value == 20);
        assert(candidate(&s, SOURCE_HMAT, READ_LATENCY)->value == 30);
        assert(candidate(&s, SOURCE_CDAT, READ_LATENCY)->value == 40);
        assert(candidate(&s, SOURCE_SLIT, READ_LATENCY)->value == 300);
        assert(!figure_is_known(candidate(&s, SOURCE_SLIT, READ_BANDWIDTH)));
        done(&s);
        s = judge(machine, "[policy]\nsources=cdat measured\n" TIERS, NULL);
        assert_figure(&s, READ_LATENCY, 40, SOURCE_CDAT);
        assert_figure(&s, WRITE_BANDWIDTH, 43, SOURCE_CDAT);
        done(&s);
        s = judge(machine, "[policy]\nsources=slit\n" TIERS, NULL);
        assert_figure(&s, READ_BANDWIDTH, 0, SOURCE_NONE);
        assert(figure(&s, READ_LATENCY)->relative && figure(&s, READ_LATENCY)->value == 3);
        done(&s);
}

static void test_slit_last(void)
{
        struct scene s = judge(NODES SLIT DEVICE("0x1") CDAT(0, "read_latency", 40), TIERS, NULL);

        assert_figure(&s, READ_LATENCY, 40, SOURCE_CDAT);   /* class 0, where class 1 is silent */
        assert_figure(&s, WRITE_LATENCY, 100, SOURCE_SLIT); /* CDAT says better than DRAM */
        done(&s);
        s = judge(NODES SLIT DEVICE("0x1") CDAT(0, "read_latency", 40) CDAT(1, "read_latency", 50)
                          HMAT(1, "read_latency", 0)
                                  MEASURED("cxl:0x1", "read_latency=0 write_latency=9"),
                  TIERS, NULL);
        assert_figure(&s, READ_LATENCY, 50, SOURCE_CDAT); /* 0 is no figure */
        assert_figure(&s, WRITE_LATENCY, 9, SOURCE_MEASURED);
        done(&s);
}

/* A region that was added to a node with CPUs is not that node's memory. */
static void test_region_beside_cpus(void)
{
        struct scene s = judge(NODES SLIT DEVICE("0x1") CDAT(1, "read_latency", 40), TIERS, NULL);

        assert_figure(&s, READ_LATENCY, 40, SOURCE_CDAT);
        done(&s);
        s = judge(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 9)
                          MEMINFO(1, 9) SLIT DEVICE("0x1") CDAT(1, "read_latency", 40),
                  TIERS, NULL);
        assert(machine_get_node(s.machine, 1)->n_devices == 1);
        assert(!figure_is_known(candidate(&s, SOURCE_CDAT, READ_LATENCY)));
        done(&s);
}

/* A page may lie in either of two regions: the slower one counts. */
static void test_two_regions(void)
{
        struct scene s = judge(
                NODES DEVICE("0x1") CDAT(1, "read_latency", 40) CDAT(1, "read_bandwidth", 7)
                        CDAT(1, "write_bandwidth", 9) CXL
                "region1/commit: 1\n" CXL "region1/interleave_ways: 1\n" CXL
                "region1/target0: decoder3.0\n" CXL "region1/access1/read_latency: 50\n" CXL
                "region1/access1/read_bandwidth: 6\n" CXL "region1/access1/write_bandwidth: 10\n"
                "sys/bus/dax/devices/dax1.0 -> region1/dax_region1/dax1.0\n"
                "sys/bus/dax/devices/dax1.0/driver -> drivers/kmem\n"
                "sys/bus/dax/devices/dax1.0/target_node: 1\n",
                TIERS, NULL);

        assert(s.messages.n == 0 && machine_get_node(s.machine, 1)->n_devices == 2);
        assert_figure(&s, READ_LATENCY, 50, SOURCE_CDAT);
        assert_figure(&s, READ_BANDWIDTH, 6, SOURCE_CDAT);
        assert_figure(&s, WRITE_BANDWIDTH, 9, SOURCE_CDAT);
        assert_figure(&s, WRITE_LATENCY, 0, SOURCE_NONE);
        done(&s);
}

#define KERNEL(version) "proc/sys/kernel/osrelease: " version "\n"
#define SLOW            CDAT(1, "read_latency", 1000) CDAT(1, "write_latency", 999)
#define SLOW_BANDWIDTH  CDAT(1, "read_bandwidth", 30000)

/* 6.12 adds a CXL link's picoseconds to nanoseconds. */
static void assert_distrusts(const char *machine, enum source source, bool distrusts)
{
        struct scene s = judge(machine, TIERS, NULL);
        const struct figure *f = candidate(&s, source, READ_LATENCY);

        assert(f->value == 1000 && f->distrusted == distrusts);
        if (distrusts)
                assert_figure(&s, READ_LATENCY, 0, SOURCE_NONE);
        else
                assert_figure(&s, READ_LATENCY, 1000, source);
        done(&s);
}

/* It is not known which kernel this is. */
static void assert_undecided(const char *machine)
{
        struct scene s = judge(machine, TIERS, NULL);
        const struct figure *f = candidate(&s, SOURCE_CDAT, READ_LATENCY);

        assert(f->value == 1000 && !f->distrusted && f->unreadable && f->fact == FACT_RELEASE);
        done(&s);
}

static void test_picoseconds(void)
{
        struct scene s =
                judge(KERNEL("6.12.95-amd64") NODES DEVICE("0x1") SLOW SLOW_BANDWIDTH, TIERS, NULL);

        assert_figure(&s, READ_LATENCY, 0, SOURCE_NONE);
        assert_figure(&s, WRITE_LATENCY, 999, SOURCE_CDAT);
        assert_figure(&s, READ_BANDWIDTH, 30000, SOURCE_CDAT); /* no latency */
        assert(!candidate(&s, SOURCE_CDAT, READ_BANDWIDTH)->distrusted);
        done(&s);
        assert_distrusts(KERNEL("6.12.0") NODES DEVICE("0x1") SLOW, SOURCE_CDAT, true);
        assert_distrusts(KERNEL("6.99") NODES DEVICE("0x1") SLOW, SOURCE_CDAT, true);
        assert_distrusts(KERNEL("7.3.0") NODES DEVICE("0x1") SLOW, SOURCE_CDAT, false);
        assert_distrusts(KERNEL("10.0") NODES DEVICE("0x1") SLOW, SOURCE_CDAT, false);
        assert_undecided(KERNEL("mine") NODES DEVICE("0x1") SLOW);
        assert_undecided(NODES DEVICE("0x1") SLOW);
        assert_undecided("proc/sys/kernel/osrelease ! EIO\n" NODES DEVICE("0x1") SLOW);
        assert_distrusts(KERNEL("6.12.0") NODES DEVICE("0x1") HMAT(1, "read_latency", 1000),
                         SOURCE_HMAT, true);
        assert_distrusts(KERNEL("6.12.0") NODES HMAT(1, "read_latency", 1000), SOURCE_HMAT,
                         false); /* no CXL memory */
}

/* The next source takes its place; who gave it, or measured it, is trusted. */
static void test_picoseconds_replaced(void)
{
        struct scene s =
                judge(KERNEL("6.12") NODES SLIT DEVICE("0x1") SLOW HMAT(1, "read_latency", 300),
                      TIERS, NULL);

        assert_figure(&s, READ_LATENCY, 300, SOURCE_HMAT);
        done(&s);
        s = judge(KERNEL("6.12") NODES SLIT DEVICE("0x1") SLOW, TIERS, NULL);
        assert_figure(&s, READ_LATENCY, 300, SOURCE_SLIT);
        done(&s);
        s = judge(KERNEL("6.12") NODES SLIT DEVICE("0x1")
                          SLOW MEASURED("cxl:0x1", "read_latency=2000"),
                  TIERS, NULL);
        assert_figure(&s, READ_LATENCY, 2000, SOURCE_MEASURED);
        done(&s);
        s = judge(KERNEL("6.12") NODES SLIT DEVICE("0x1") SLOW,
                  TIERS "[node n]\nnode=1\nlatency=2us\n", NULL);
        assert_figure(&s, READ_LATENCY, 2000, SOURCE_USER);
        done(&s);
}

/* By what identifies the memory, not by the node's number. */
static void test_keys(void)
{
        static const struct {
                const char *machine;
                double latency;
        } cases[] = {
                { NODES MEASURED("node1@140000000", "read_latency=7"), 7 },
                { NODES MEASURED("node1@148000000", "read_latency=7"), 0 },
                { NODES MEASURED("node0@140000000", "read_latency=7"), 0 },
                { NODES DEVICE("0x1") MEASURED("cxl:0x1", "read_latency=7"), 7 },
                { NODES DEVICE("0x2") MEASURED("cxl:0x1", "read_latency=7"), 0 },
                { NODES DEVICE("0x1") MEASURED("node1@140000000", "read_latency=7"), 0 },
                { NODES DEVICE("0x0") MEASURED("node1@140000000", "read_latency=7"), 7 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct scene s = judge(cases[i].machine, TIERS, NULL);

                assert(s.messages.n == 0);
                assert_figure(&s, READ_LATENCY, cases[i].latency,
                              cases[i].latency > 0 ? SOURCE_MEASURED : SOURCE_NONE);
                done(&s);
        }
}

/* What was measured of the node may have been better than HMAT: it is left where it is. */
static void test_spoilt_file(void)
{
        struct scene s = judge(NODES HMAT(1, "read_latency", 30) MEASURED("node1@140000000", "7"),
                               TIERS, NULL);

        assert(s.messages.n == 1);
        assert_streq(s.messages.items[0], "/" MEASURED_PATH ":1" EXPECTED);
        assert(assignment_get_node(s.assignment, 1)->cause == CAUSE_UNREADABLE);
        assert(assignment_get_node(s.assignment, 1)->wanted_tier == TIER_UNKNOWN);
        done(&s);
}

/* What the kernel showed of one device earlier in this boot is not another's that came in its
 * place, under the same node's number. */
static void test_remembered(void)
{
        static const char text[] = "memory cxl:0x1 access1 70 71 72 73\n"
                                   "memory node1@140000000 access1 90 91 92 93\n";
        struct messages errors = MESSAGES_INIT;
        struct state *state;
        struct scene s;

        assert(state_parse(text, strlen(text), "state", &errors, &state) == 0);
        s = judge(NODES DEVICE("0x1"), TIERS, state);
        assert_figure(&s, READ_LATENCY, 70, SOURCE_HMAT);
        assert(machine_get_node(s.machine, 1)->remembered && figure(&s, READ_LATENCY)->remembered);
        done(&s);
        s = judge(NODES DEVICE("0x2"), TIERS, state);
        assert_figure(&s, READ_LATENCY, 0, SOURCE_NONE);
        assert(!machine_get_node(s.machine, 1)->remembered);
        done(&s);
        s = judge(NODES, TIERS, state);
        assert_figure(&s, READ_LATENCY, 90, SOURCE_HMAT);
        done(&s);
        /* measured beats remembered; what it lacks is remembered still */
        s = judge(NODES DEVICE("0x1") MEASURED("cxl:0x1", "read_latency=5"), TIERS, state);
        assert_figure(&s, READ_LATENCY, 5, SOURCE_MEASURED);
        assert_figure(&s, WRITE_LATENCY, 71, SOURCE_HMAT);
        done(&s);
        state_free(state);
}

int main(void)
{
        test_format();
        test_edited();
        test_set();
        test_garbage();
        test_line_numbers();
        test_bad_lines();
        test_bad_key();
        test_size();
        test_load();
        test_save();
        test_precedence();
        test_slit_last();
        test_region_beside_cpus();
        test_two_regions();
        test_picoseconds();
        test_picoseconds_replaced();
        test_keys();
        test_spoilt_file();
        test_remembered();
}
