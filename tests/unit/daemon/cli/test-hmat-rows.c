/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-rows.h"
#include "testing.h"

/* What hmat show prints. Expected values: by hand, after drivers/acpi/numa/hmat.c and
 * mm/memory-tiers.c. tests/unit/acpi/test-iasl compares what stands in a table with acpica. */

#define CPU(of)                                                                                    \
        {                                                                                          \
                .kind = SRAT_CPU, .domain = (of)                                                   \
        }
#define INITIATOR(of)                                                                              \
        {                                                                                          \
                .kind = SRAT_GENERIC_INITIATOR, .domain = (of), .handle_type = 1                   \
        }
#define MEMORY(of, mib, ...)                                                                       \
        {                                                                                          \
                .kind = SRAT_MEMORY, .domain = (of), .length = (uint64_t)(mib) << 20, __VA_ARGS__  \
        }

static struct srat srat;
static struct hmat *table;
static struct hmat_surroundings around;
static struct hmat_rows rows;
static struct messages warnings;

/* cpus: the nodes that have CPUs, or NULL: unknown */
static void begin(struct srat_entry *entries, size_t n, const char *cpus)
{
        srat = (struct srat){ .entries = entries, .n_entries = n };
        around = (struct hmat_surroundings){ .srat = &srat, .cpus.known = cpus != NULL };
        assert(srat_map_domains(&srat, &around.map) == 0);
        assert(!cpus || nodeset_parse(cpus, &around.cpus.nodes) == 0);
        table = calloc(1, sizeof(*table));
        assert(table);
        table->header.revision = 2;
}
#define BEGIN(cpus, ...)                                                                           \
        begin((struct srat_entry[]){ __VA_ARGS__ },                                                \
              ELEMENTSOF(((struct srat_entry[]){ __VA_ARGS__ })), cpus)

static void attach(uint32_t memory, uint32_t initiator)
{
        struct hmat_domain *d = hmat_add_domain(table);

        assert(d);
        *d = (struct hmat_domain){ .flags = HMAT_INITIATOR_VALID,
                                   .initiator = initiator,
                                   .memory = memory };
}

/* One initiator, one target, in ns or MB/s */
static struct hmat_matrix *add(uint8_t type, uint32_t initiator, uint32_t target, uint16_t entry)
{
        struct hmat_matrix *m = hmat_add_matrix(table, 1, 1);

        assert(m);
        m->data_type = type;
        m->base_unit = hmat_is_latency(type) ? 1000 : 1;
        m->initiators[0] = initiator;
        m->targets[0] = target;
        m->entries[0] = entry;
        return m;
}

static void add_values(uint32_t initiator, uint32_t target, uint16_t latency, uint16_t bandwidth)
{
        attach(target, initiator);
        (void)add(HMAT_ACCESS_LATENCY, initiator, target, latency);
        (void)add(HMAT_ACCESS_BANDWIDTH, initiator, target, bandwidth);
}

static void make_rows(void)
{
        assert(hmat_rows_new("T", table, &around, &warnings, &rows) == 0);
}

static void done(void)
{
        hmat_rows_done(&rows);
        hmat_free(table);
        domain_map_done(&around.map);
        messages_done(&warnings);
}

static void expect_node(size_t i, unsigned node, unsigned access, const char *initiators,
                        int64_t latency, int64_t bandwidth, int64_t tier)
{
        const struct hmat_node_row *n = &rows.nodes[i];
        char buf[NODESET_STRING_MAX];

        assert(i < rows.n_nodes && n->node == node && n->access == access);
        assert_streq(nodeset_format(&n->initiators, buf), initiators);
        assert(n->read_latency.value == latency && n->write_latency.value == latency);
        assert(n->read_latency.known == (latency > 0));
        assert(n->read_bandwidth.value == bandwidth && n->write_bandwidth.value == bandwidth);
        assert(n->tier.known == (tier >= 0) && (tier < 0 || n->tier.value == tier));
}

/* Generic initiators get a node, ports do not. */
static void test_devices(void)
{
        BEGIN("0", CPU(3), MEMORY(3, 64), INITIATOR(7),
              { .kind = SRAT_GENERIC_PORT, .domain = 5000, .handle = "ACPI0016\5" },
              { .kind = SRAT_GENERIC_PORT,
                .domain = 9,
                .handle_type = 1,
                .handle = { 0x34, 0x12, 0x9a, 0x3a } },
              { .kind = SRAT_GENERIC_PORT,
                .domain = 9,
                .handle = "A\nC\xff\0\0\0\0\xef\xbe\xad\xde" },
              { .kind = SRAT_GENERIC_INITIATOR, .domain = 3, .handle_type = 2, .handle = "x" });
        make_rows();
        assert(rows.n_devices == 5);
        assert_streq(rows.devices[0].kind, "initiator");
        assert_streq(rows.devices[0].handle, "pci");
        assert_streq(rows.devices[0].device, "0000:00:00.0");
        assert(rows.devices[0].node.known && rows.devices[0].node.value == 1);
        assert_streq(rows.devices[1].kind, "port");
        assert_streq(rows.devices[1].handle, "acpi");
        assert_streq(rows.devices[1].device, "ACPI0016:5");
        assert(rows.devices[1].domain == 5000 && !rows.devices[1].node.known);
        assert_streq(rows.devices[2].device, "1234:3a:13.2");  /* 0x9a: device 19, function 2 */
        assert_streq(rows.devices[3].device, "A.C.:deadbeef"); /* nothing for a terminal to obey */
        assert_streq(rows.devices[4].handle, "reserved");
        assert(!rows.devices[4].device && rows.devices[4].node.value == 0);
        done();
}

static void test_domains(void)
{
        BEGIN(NULL, MEMORY(8, 64), MEMORY(3, 16), CPU(3), MEMORY(8, 32, .flags = SRAT_HOTPLUGGABLE),
              CPU(3), INITIATOR(8), { .kind = SRAT_GENERIC_PORT, .domain = 5 });
        make_rows();
        assert(rows.n_domains == 3);
        assert(rows.domains[0].domain == 3 && rows.domains[0].node.value == 0);
        assert(rows.domains[0].cpus == 2 && rows.domains[0].memory_bytes == 16 << 20);
        assert(!rows.domains[0].hotpluggable);
        assert(rows.domains[1].domain == 5 && rows.domains[1].generic_ports == 1);
        assert(!rows.domains[1].node.known);
        assert(rows.domains[2].domain == 8 && rows.domains[2].memory_bytes == 96 << 20);
        assert(rows.domains[2].hotpluggable && rows.domains[2].generic_initiators == 1);
        done();
}

/* The device sees node 0 better than its CPUs do: that is access class 0. Node 1 is in tier 18, as
 * in the guest of the mailing list. */
static void test_nodes(void)
{
        BEGIN("0,3", CPU(20), MEMORY(20, 64), INITIATOR(30), MEMORY(10, 64), CPU(40));
        (void)add(HMAT_ACCESS_LATENCY, 30, 20, 6);
        (void)add(HMAT_ACCESS_BANDWIDTH, 30, 20, 12);
        attach(10, 20);
        for (unsigned i = 0; i < 2; i++) {
                struct hmat_matrix *m = hmat_add_matrix(table, 2, 2);

                assert(m);
                m->data_type = i == 0 ? HMAT_ACCESS_LATENCY : HMAT_ACCESS_BANDWIDTH;
                m->base_unit = i == 0 ? 1000 : 1;
                memcpy(m->initiators, (uint32_t[]){ 20, 30 }, 8);
                memcpy(m->targets, (uint32_t[]){ 20, 10 }, 8);
                memcpy(m->entries,
                       i == 0 ? (uint16_t[]){ 10, 20, 6, 0 } : (uint16_t[]){ 10, 5, 12, 0 }, 8);
        }
        make_rows();
        assert(rows.n_nodes == 4 && warnings.n == 0);
        expect_node(0, 0, 0, "1", 6, 12, -1);
        expect_node(1, 0, 1, "0", 10, 10, 4);
        assert(rows.nodes[1].domain == 20);
        expect_node(2, 3, 0, "0", 20, 5, -1);
        expect_node(3, 3, 1, "0", 20, 5, 18);
        done();
}

/* What SRAT has for CPUs that can be added later does not count. */
static void test_cpus(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64), CPU(1), MEMORY(1, 64));
        add_values(0, 0, 100, 100);
        add_values(0, 1, 200, 50);
        make_rows();
        assert(warnings.n == 0);
        expect_node(1, 0, 1, "0", 100, 100, 4);
        expect_node(3, 1, 1, "0", 200, 50, 18);
        done();
        BEGIN(NULL, CPU(0), MEMORY(0, 64), CPU(1), MEMORY(1, 64));
        add_values(0, 0, 100, 100);
        add_values(0, 1, 200, 50);
        make_rows();
        assert(messages_have(&warnings, "T: Linux forms no tiers by it: nodes 0 and 1 have CPUs, "
                                        "and differ by more than 10%"));
        expect_node(3, 1, 1, "0", 200, 50, -1);
        done();
}

static void test_no_tiers(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64), MEMORY(1, 64));
        add_values(0, 0, 100, 0);
        add_values(0, 1, 200, 50);
        make_rows();
        assert(warnings.n == 1);
        assert(messages_have(&warnings,
                             "node 0 has CPUs, and a latency or a bandwidth of it is not "
                             "known"));
        expect_node(1, 0, 1, "0", 100, 0, -1);
        expect_node(3, 1, 1, "0", 200, 50, -1);
        done();
        BEGIN("0", CPU(0), MEMORY(1, 64));
        add_values(0, 1, 200, 50);
        make_rows();
        assert(warnings.n == 1);
        assert(messages_have(&warnings, "no node of SRAT has both CPUs and memory"));
        expect_node(1, 1, 1, "0", 200, 50, -1);
        done();
}

/* The table can be read all the same. */
static void test_ignored(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64));
        add_values(0, 0, 100, 100);
        add_values(0, 7, 200, 50);
        make_rows();
        assert(warnings.n == 1);
        assert_streq(warnings.items[0], "T: Linux ignores the whole table: proximity domain 7 has "
                                        "no memory in SRAT");
        assert(rows.n_nodes == 0 && rows.n_values == 2 && rows.n_attributes == 2);
        assert(!rows.attributes[1].memory_node.known);
        done();
}

/* Without SRAT no domain has a node, and nothing is said of what Linux makes of it. */
static void test_without_srat(void)
{
        table = calloc(1, sizeof(*table));
        around = (struct hmat_surroundings){ 0 };
        assert(table);
        table->header.revision = 2;
        add_values(0, 7, 200, 50);
        make_rows();
        assert(warnings.n == 0 && rows.n_nodes == 0 && rows.n_domains == 0 && rows.n_values == 1);
        assert(rows.values[0].target == 7 && !rows.values[0].target_node.known);
        done();
        BEGIN("0", { .kind = SRAT_GENERIC_PORT, .domain = 7 }); /* of no use either */
        add_values(0, 7, 200, 50);
        make_rows();
        assert(warnings.n == 0 && rows.n_nodes == 0 && rows.n_domains == 1 && rows.n_devices == 1);
        done();
}

/* What stands in the table, and what Linux reads: a later matrix counts, also with nothing. */
static void test_values(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64), MEMORY(1, 64));
        (void)add(HMAT_READ_LATENCY, 0, 1, 30);
        (void)add(HMAT_WRITE_LATENCY, 0, 1, 40);
        (void)add(HMAT_READ_BANDWIDTH, 0, 1, 5);
        (void)add(HMAT_WRITE_BANDWIDTH, 0, 1, 4);
        (void)add(HMAT_ACCESS_LATENCY, 0, 0, 10);
        (void)add(HMAT_WRITE_LATENCY, 0, 1, HMAT_ENTRY_UNREACHABLE);
        add(HMAT_READ_LATENCY, 0, 1, 2)->flags = 1;
        make_rows();
        assert(rows.n_matrices == 7 && rows.n_entries == 7 && rows.n_values == 3);
        assert_streq(rows.matrices[3].data, "write bandwidth");
        assert(rows.entries[5].matrix == 5 && rows.entries[5].entry == 0xffff);
        assert(rows.entries[5].initiator == 0 && rows.entries[5].target == 1);
        assert(rows.values[0].target == 0 && rows.values[0].read_latency.value == 10);
        assert(rows.values[0].write_latency.value == 10 && !rows.values[0].read_bandwidth.known);
        assert(rows.values[1].target == 1 && rows.values[1].level == 0);
        assert(rows.values[1].read_latency.value == 30 && !rows.values[1].write_latency.known);
        assert(rows.values[1].read_bandwidth.value == 5);
        assert(rows.values[1].write_bandwidth.value == 4);
        assert(rows.values[2].level == 1 && rows.values[2].read_latency.value == 2);
        done();
}

static void test_caches(void)
{
        struct hmat_cache *c;

        BEGIN("0", CPU(0), MEMORY(0, 64));
        c = hmat_add_cache(table, 2);
        assert(c);
        c->size = 1ULL << 34;
        c->attributes = 0x00402132;
        c->address_mode = HMAT_CACHE_EXTENDED_LINEAR;
        c = hmat_add_cache(table, 0);
        assert(c);
        c->memory = 7;
        c->attributes = 0xff10;
        c->address_mode = 2;
        make_rows();
        assert(rows.n_caches == 2 && rows.caches[0].level == 3 && rows.caches[0].levels == 2);
        assert(rows.caches[0].size_bytes == 1ULL << 34 && rows.caches[0].line_size == 64);
        assert_streq(rows.caches[0].indexing, "direct-mapped");
        assert_streq(rows.caches[0].write_policy, "write-through");
        assert_streq(rows.caches[0].address_mode, "extended-linear");
        assert(rows.caches[0].smbios_handles == 2 && rows.caches[0].node.known);
        assert_streq(rows.caches[1].indexing, "reserved");
        assert_streq(rows.caches[1].write_policy, "reserved");
        assert_streq(rows.caches[1].address_mode, "reserved");
        assert(!rows.caches[1].node.known);
        done();
}

static void test_odd_matrices(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64));
        (void)add(6, 0, 0, 1);
        add(HMAT_ACCESS_LATENCY, 0, 0, 1)->base_unit = 0;
        add(HMAT_ACCESS_LATENCY, 0, 0, 1)->base_unit = 1ULL << 32;
        add(HMAT_ACCESS_LATENCY, 0, 0, 1)->flags = 4;
        make_rows();
        assert_streq(rows.matrices[0].data, "reserved");
        assert(messages_have(&warnings, "T: matrix 0: Linux ignores it: the data type 6 is "
                                        "reserved"));
        assert(messages_have(&warnings, "T: matrix 1: its unit is 0"));
        assert(messages_have(&warnings, "T: matrix 2: 1 value does not fit the 32 bits of Linux"));
        assert(messages_have(&warnings, "T: matrix 3: expected memory (0) or the level of a side "
                                        "cache (1 to 3), found 4"));
        done();
}

/* A table has room for millions of odd matrices. Each of these has two faults. */
static void test_many_warnings(void)
{
        BEGIN("0", CPU(0), MEMORY(0, 64));
        add_values(0, 0, 100, 100);
        for (size_t i = 0; i < 1000; i++) {
                struct hmat_matrix *m = add(9, 0, 0, 1);

                m->base_unit = 0;
        }
        messages_add(&warnings, "what was found before");
        make_rows();
        assert(warnings.n == 1 + HMAT_WARNINGS_MAX + 1);
        assert(messages_have(&warnings, "T: matrix 11: its unit is 0"));
        assert_streq(warnings.items[warnings.n - 1], "T: 1980 more warnings about matrices");
        done();
}

int main(void)
{
        test_devices();
        test_domains();
        test_nodes();
        test_cpus();
        test_no_tiers();
        test_ignored();
        test_without_srat();
        test_values();
        test_caches();
        test_odd_matrices();
        test_many_warnings();
        return 0;
}
