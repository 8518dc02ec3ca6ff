/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/reading.h"
#include "testing.h"

/* What Linux makes of tables that firmware should not have, too. Expected values: by hand, after
 * drivers/acpi/numa/hmat.c. */

static struct hmat *table;
static struct hmat_access access_of[NODE_MAX];

static void begin(uint8_t revision)
{
        table = calloc(1, sizeof(*table));
        assert(table);
        table->header.revision = revision;
}

static void attach(uint32_t memory, uint32_t initiator)
{
        struct hmat_domain *d = hmat_add_domain(table);

        assert(d);
        *d = (struct hmat_domain){ .flags = HMAT_INITIATOR_VALID | HMAT_MEMORY_VALID,
                                   .memory = memory,
                                   .initiator = initiator };
}

/* Two initiators by two targets, in ns or MB/s */
static struct hmat_matrix *add_matrix(uint8_t type, const uint32_t initiators[static 2],
                                      const uint32_t targets[static 2],
                                      const uint16_t entries[static 4])
{
        struct hmat_matrix *m = hmat_add_matrix(table, 2, 2);

        assert(m);
        m->data_type = type;
        m->base_unit = hmat_is_latency(type) ? 1000 : 1;
        memcpy(m->initiators, initiators, 2 * sizeof(*initiators));
        memcpy(m->targets, targets, 2 * sizeof(*targets));
        memcpy(m->entries, entries, 4 * sizeof(*entries));
        return m;
}
#define PAIR(a, b) ((const uint32_t[]){ (a), (b) })
#define FOUR(...)  ((const uint16_t[]){ __VA_ARGS__ })

static void read_with(const char *candidates)
{
        struct nodeset set;

        assert(nodeset_parse(candidates, &set) == 0);
        assert(hmat_read_access(table, &set, access_of) == 0);
}

static void expect(uint32_t target, const char *initiators, uint32_t read_latency,
                   uint32_t write_latency, uint32_t read_bandwidth, uint32_t write_bandwidth)
{
        const struct hmat_access *a = &access_of[target];
        char buf[NODESET_STRING_MAX];

        assert_streq(nodeset_format(&a->initiators, buf), initiators);
        assert(a->perf.v[READ_LATENCY] == read_latency);
        assert(a->perf.v[WRITE_LATENCY] == write_latency);
        assert(a->perf.v[READ_BANDWIDTH] == read_bandwidth);
        assert(a->perf.v[WRITE_BANDWIDTH] == write_bandwidth);
}

/* The attached initiator counts, and a later matrix over an earlier one, also with nothing. */
static void test_attached(void)
{
        begin(2);
        attach(5, 3);
        attach(5, 2);
        attach(5, 3);
        table->domains[2].flags = 0;
        attach(6, 1024);       /* no node: not attached */
        attach(1024, 2);       /* Linux has no such domain */
        attach(UINT32_MAX, 2); /* nor this */
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(2, 3), PAIR(5, 6), FOUR(20, 21, 30, 31));
        add_matrix(HMAT_ACCESS_BANDWIDTH, PAIR(2, 3), PAIR(5, 6), FOUR(200, 210, 300, 310));
        add_matrix(HMAT_WRITE_LATENCY, PAIR(2, 9), PAIR(6, 5), FOUR(0, 25, 0, 0));
        add_matrix(HMAT_READ_BANDWIDTH, PAIR(2, 9), PAIR(5, 7), FOUR(0, 1, 2, 3));
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(3, 9), PAIR(5, 6), FOUR(1, 1, 1, 1));
        add_matrix(HMAT_READ_LATENCY, PAIR(2, 3), PAIR(5, 6), FOUR(1, 1, 1, 1))->flags = 1;
        add_matrix(HMAT_DATA_TYPES, PAIR(2, 3), PAIR(5, 6), FOUR(1, 1, 1, 1));
        read_with("2-3,9");
        expect(5, "2", 20, 25, 0, 200);
        read_with("3");                 /* an initiator without CPUs: as if nothing was attached */
        expect(5, "3", 1, 1, 300, 300); /* no best of reads alone */
        expect(900, "3", 0, 0, 0, 0);
        hmat_free(table);
}

/* Twice the same domain in a matrix: of what is attached the last counts, else the first. */
static void test_twice(void)
{
        begin(2);
        attach(5, 2);
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(2, 2), PAIR(5, 5), FOUR(10, 11, 12, 13));
        add_matrix(HMAT_ACCESS_BANDWIDTH, PAIR(2, 2), PAIR(6, 6), FOUR(100, 110, 120, 130));
        read_with("2");
        expect(5, "2", 13, 13, 0, 0);
        expect(6, "2", 0, 0, 100, 100);
        hmat_free(table);
}

/* Latencies decide first, that of writes before that of reads; the last matrix of a kind counts. */
static void test_best(void)
{
        begin(2);
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(0, 1), PAIR(4, 5), FOUR(7, 7, 7, 7));
        add_matrix(HMAT_READ_LATENCY, PAIR(0, 1), PAIR(4, 5), FOUR(90, 50, 10, 50));
        add_matrix(HMAT_WRITE_LATENCY, PAIR(0, 1), PAIR(4, 5), FOUR(80, 0, 85, 60));
        add_matrix(HMAT_ACCESS_BANDWIDTH, PAIR(0, 1), PAIR(4, 5), FOUR(1, 9, 99, 9));
        read_with("0-1,7");
        expect(4, "0", 90, 80, 1, 1);
        expect(5, "1", 50, 60, 9, 9); /* what is unknown is no best */
        read_with("1");
        expect(4, "1", 10, 85, 99, 99);
        read_with("7"); /* it is in no matrix */
        expect(4, "", 0, 0, 0, 0);
        hmat_free(table);

        begin(2);
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(0, 1), PAIR(4, 5), FOUR(50, 0, 50, 0));
        add_matrix(HMAT_ACCESS_BANDWIDTH, PAIR(0, 1), PAIR(6, 7), FOUR(1, 2, 3, 4));
        read_with("0-1");
        expect(4, "0-1", 50, 50, 0, 0);
        expect(5, "0-1", 0, 0, 0, 0);
        hmat_free(table);
}

/* hmat_update_target_access: what is best in a matrix of reads and writes is set for both, after
 * the best of writes and before that of reads; where there is no best, what was set stays. */
static void test_mixed(void)
{
        begin(2);
        add_matrix(HMAT_ACCESS_LATENCY, PAIR(0, 9), PAIR(4, 5), FOUR(50, 60, 0, 0));
        add_matrix(HMAT_WRITE_LATENCY, PAIR(0, 9), PAIR(4, 5), FOUR(80, 0, 0, 0));
        add_matrix(HMAT_ACCESS_BANDWIDTH, PAIR(0, 9), PAIR(4, 5), FOUR(10, 20, 0, 0));
        add_matrix(HMAT_READ_BANDWIDTH, PAIR(0, 9), PAIR(4, 5), FOUR(0, 5, 0, 0));
        read_with("0");
        expect(4, "0", 50, 50, 10, 10);
        expect(5, "0", 60, 60, 5, 20);
        hmat_free(table);
}

static struct srat_entry entries[] = {
        { .kind = SRAT_CPU, .domain = 3 },
        { .kind = SRAT_GENERIC_PORT, .domain = 5000, .handle_type = 0 },
        { .kind = SRAT_MEMORY, .domain = 8 },
        { .kind = SRAT_MEMORY, .domain = 6 },
        { .kind = SRAT_GENERIC_PORT, .domain = 5001, .handle_type = 1 },
};
static const struct srat srat = { .entries = entries, .n_entries = ELEMENTSOF(entries) };

/* flaw: NULL: Linux uses it. */
static void expect_use(const char *flaw)
{
        struct messages flaws = MESSAGES_INIT;
        struct domain_map map;

        assert(srat_map_domains(&srat, &map) == 0);
        assert(hmat_check_use(table, &srat, &map, &flaws) == 0);
        assert(flaw ? flaws.n == 1 && messages_have(&flaws, flaw) : flaws.n == 0);
        messages_done(&flaws);
        domain_map_done(&map);
}

static void test_use(void)
{
        begin(2);
        expect_use(NULL);
        attach(8, 3);
        attach(5000, 8);
        expect_use(NULL);
        attach(8, 4);
        expect_use("proximity domain 4 is the attached initiator of 8, and SRAT has no node");
        table->domains[2].flags = 0;
        expect_use(NULL);
        attach(5001, 3); /* Linux skips ports with a PCI handle */
        attach(77, 3);
        expect_use("proximity domain 5001 has no memory in SRAT");
        table->domains[3].flags = HMAT_INITIATOR_VALID;
        expect_use("proximity domain 5001 has no memory in SRAT");
        table->domains[3].flags = HMAT_MEMORY_VALID;
        table->header.revision = 1;
        expect_use("proximity domain 5001 has no memory in SRAT");
        table->domains[3].flags = table->domains[4].flags = HMAT_INITIATOR_VALID;
        expect_use(NULL); /* revision 1 does not say that these are memory */
        table->has_long_domain = true;
        expect_use("a structure of type 0 has not exactly 40 bytes");
        hmat_free(table);
}

int main(void)
{
        test_attached();
        test_twice();
        test_best();
        test_mixed();
        test_use();
        return 0;
}
