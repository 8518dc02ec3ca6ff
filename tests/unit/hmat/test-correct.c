/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "hmat/correct.h"
#include "hmat/pairs.h"
#include "state/recall.h"
#include "testing.h"

/* The table for many shapes of machines. tests/machines/hmats.py reads the tables of captured and
 * random machines as Linux does. */

static struct sysroot *root;
static struct policy *policy;
static struct machine *machine;
static struct assignment *assignment;
static struct block_table *blocks;
static struct srat *srat;
static struct hmat *used;
static struct hmat_facts facts;
static struct hmat_correction result;

static void set_up(const char *text, const char *policy_text)
{
        struct messages other = MESSAGES_INIT;

        root = root_from(text);
        policy = policy_from(policy_text);
        assert(machine_read(root, TIERS_KNOWN_ONLY, NULL, NULL, &other, &machine) == 0);
        assert(assignment_new(machine, policy, NULL, &other, &assignment) == 0);
        assert(block_table_read(root, NULL, &other, &blocks) == 0);
        messages_done(&other);
        srat = calloc(1, sizeof(*srat));
        assert(srat);
        strcpy(srat->header.oem_id, "SRATID");
        strcpy(srat->header.oem_table_id, "SRATTABL");
        facts = (struct hmat_facts){ .assignment = assignment, .srat = srat, .blocks = blocks };
}

static void tear_down(void)
{
        hmat_correction_done(&result);
        hmat_free(used);
        used = NULL;
        srat_free(srat);
        block_table_free(blocks);
        assignment_free(assignment);
        machine_free(machine);
        policy_unref(policy);
        sysroot_free(root);
}

static void add_entry(struct srat_entry e)
{
        srat->entries = realloc(srat->entries, (srat->n_entries + 1) * sizeof(e));
        assert(srat->entries);
        srat->entries[srat->n_entries++] = e;
}

static void add_cpu(uint32_t domain)
{
        add_entry((struct srat_entry){ .kind = SRAT_CPU, .domain = domain });
}

/* The block of that number, and the next. */
static void add_memory(uint32_t domain, uint64_t block)
{
        add_entry((struct srat_entry){
                .kind = SRAT_MEMORY, .domain = domain, .base = block << 27, .length = 2ULL << 27 });
}

static struct hmat *begin_used(uint32_t revision, const char *creator)
{
        used = calloc(1, sizeof(*used));
        assert(used);
        used->header = (struct acpi_header){ .signature = "HMAT",
                                             .revision = 2,
                                             .oem_id = "FIRMID",
                                             .oem_table_id = "FIRMTABL",
                                             .oem_revision = revision };
        strcpy(used->header.creator_id, creator);
        facts.used = used;
        return used;
}

static void attach(uint32_t memory, uint32_t initiator)
{
        struct hmat_domain *d = hmat_add_domain(used);

        assert(d);
        *d = (struct hmat_domain){ .flags = HMAT_INITIATOR_VALID,
                                   .memory = memory,
                                   .initiator = initiator };
}

/* A matrix of one initiator and one target; later ones count. */
static void add_value(enum hmat_data_type type, uint64_t base, uint32_t initiator, uint32_t target,
                      uint16_t entry)
{
        struct hmat_matrix *m = hmat_add_matrix(used, 1, 1);

        assert(m);
        m->data_type = (uint8_t)type;
        m->base_unit = base;
        m->initiators[0] = initiator;
        m->targets[0] = target;
        m->entries[0] = entry;
}

static void run(void)
{
        hmat_correction_done(&result);
        assert(hmat_correct(&facts, &result) == 0);
        assert((result.table != NULL) == (result.refusals.n == 0));
        assert((result.bytes != NULL) == (result.table != NULL));
}

static void assert_built(void)
{
        run();
        for (size_t i = 0; i < result.refusals.n; i++)
                fprintf(stderr, "%s\n", result.refusals.items[i]);
        assert(result.table);
}

static void assert_refused(const char *text)
{
        run();
        assert(!result.table && result.refusals.n >= 1);
        if (!messages_have(&result.refusals, text))
                fprintf(stderr, "found: %s\n", result.refusals.items[0]);
        assert(messages_have(&result.refusals, text));
}

/* What the table says of a pair, in picoseconds and MB/s. */
static struct hmat_pair get_pair(uint32_t initiator, uint32_t target)
{
        struct hmat_pairs pairs;
        struct hmat_pair *p, found;

        assert(hmat_pairs_read(result.table, NULL, 0, NULL, 0, &pairs) == 0);
        p = hmat_pairs_find(&pairs, initiator, target);
        assert(p);
        found = *p;
        hmat_pairs_done(&pairs);
        return found;
}

static void assert_pair(uint32_t initiator, uint32_t target, uint32_t latency, uint32_t bandwidth)
{
        struct hmat_pair p = get_pair(initiator, target);

        if (p.v[READ_LATENCY] != latency || p.v[READ_BANDWIDTH] != bandwidth)
                fprintf(stderr, "%u-%u: %u ps, %u MB/s\n", initiator, target, p.v[READ_LATENCY],
                        p.v[READ_BANDWIDTH]);
        assert(p.v[READ_LATENCY] == latency && p.v[WRITE_LATENCY] == latency);
        assert(p.v[READ_BANDWIDTH] == bandwidth && p.v[WRITE_BANDWIDTH] == bandwidth);
}

static const struct hmat_domain *get_domain(uint32_t memory)
{
        for (size_t i = 0; i < result.table->n_domains; i++)
                if (result.table->domains[i].memory == memory)
                        return &result.table->domains[i];
        return NULL;
}

static void assert_attached(uint32_t memory, uint32_t initiator)
{
        const struct hmat_domain *d = get_domain(memory);

        assert(d && d->flags == HMAT_INITIATOR_VALID && d->initiator == initiator);
}

/* The mailing list's guest, with its two nodes in domains 7 and 300. */
#define BLOCKS                                                                                     \
        "sys/devices/system/memory/block_size_bytes: 8000000\n"                                    \
        "captured/memory-blocks:\n  0-1 node 0 online kernel\n  4-5 node 1 online kernel\n"
#define TWO_NODES                                                                                  \
        NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE                  \
             "has_cpu: 0\n" NODE "has_generic_initiator:\n" NODE                                   \
             "node0/distance: 10 20\n" MEMINFO(0, 1000000) MEMINFO(1, 500000) BLOCKS
#define TIERS  "[tier dram]\nmax-latency=1.5x\n[tier slow]\n"
#define GIVEN0 "[node a]\nnode=0\nlatency=10ns\nbandwidth=10MiB/s\n"
#define GIVEN1 "[node b]\nnode=1\nlatency=20ns\nbandwidth=5MiB/s\n"

static void use_thread(const char *text, const char *policy_text)
{
        set_up(text, policy_text);
        add_cpu(7);
        add_memory(7, 0);
        add_memory(300, 4);
}

/* No HMAT at all: the whole table, byte for byte. */
static void check_without_hmat(void)
{
        static const uint8_t body[] = {
                /* domain 7: its own CPUs */
                0, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, /* */
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                /* domain 300: the CPUs of 7 */
                0, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 44, 1, 0, 0, /* */
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                /* access latency, 1000 ps: 10, 20 */
                1, 0, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,                /* */
                0, 0, 0, 0, 0xe8, 3, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 44, 1, 0, 0, /* */
                10, 0, 20, 0,
                /* access bandwidth, 1 MB/s: 10, 5 */
                1, 0, 0, 0, 48, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,             /* */
                0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 44, 1, 0, 0, /* */
                10, 0, 5, 0
        };
        const uint8_t *bytes;

        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        assert_built();
        assert(result.remarks.n == 0);
        bytes = result.bytes;
        assert(result.size == 40 + sizeof(body));
        assert(memcmp(bytes, "HMAT", 4) == 0 && bytes[8] == 2);
        assert(acpi_get32(bytes + 4) == result.size && acpi_checksum(bytes, result.size) == 0);
        assert(memcmp(bytes + 10, "SRATIDSRATTABL", 14) == 0);
        assert(acpi_get32(bytes + 24) == 1 && memcmp(bytes + 28, "NTIR\1\0\0\0\0\0\0\0", 12) == 0);
        assert(memcmp(bytes + 40, body, sizeof(body)) == 0);
        tear_down();
}

/* The revision is greater than that of the table in use; ours stays, if it says the same. */
static void check_revision(void)
{
        struct hmat *ours;

        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        begin_used(41, "INTL");
        assert_built();
        assert(result.table->header.oem_revision == 42);
        assert_streq(result.table->header.oem_id, "FIRMID");
        assert_streq(result.table->header.oem_table_id, "FIRMTABL");

        ours = TAKE_PTR(result.table);
        facts.used = ours;
        assert_built();
        assert(result.table->header.oem_revision == 42);
        assert(hmat_says_same(result.table, ours) == 1);

        ours->matrices[0].entries[1]++;
        assert(hmat_says_same(result.table, ours) == 0);
        assert_built();
        assert(result.table->header.oem_revision == 43);

        ours->header.oem_revision = UINT32_MAX;
        assert_refused("the highest");
        hmat_free(ours);
        tear_down();
}

static void check_refusals(void)
{
        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        facts.srat = NULL;
        assert_refused("no SRAT");
        facts.srat = srat;
        facts.blocks = NULL;
        assert_refused("which memory is this node's is not known");
        facts.blocks = blocks;
        /* the memory of node 1 is in no domain */
        srat->n_entries--;
        assert_refused("in no proximity domain of SRAT");
        /* it is in that of node 0 */
        srat->entries[1].length = 6ULL << 27;
        assert_refused("SRAT has that in proximity domain 7");
        tear_down();
        /* between two ranges of a domain; and in ranges that overlap */
        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        srat->n_entries--;
        add_memory(300, 2);
        add_memory(300, 6);
        assert_refused("in no proximity domain of SRAT");
        add_memory(300, 1);
        srat->entries[srat->n_entries - 1].length = 3ULL << 27;
        add_memory(300, 3);
        assert_built();
        tear_down();

        /* Linux numbers no such domain */
        set_up(TWO_NODES, TIERS GIVEN0 GIVEN1);
        add_cpu(7);
        add_memory(7, 0);
        add_memory(1024, 4);
        assert_refused("Linux uses no SRAT with a domain of 1024 or more");
        srat->entries[2].domain = 1023;
        assert_built();
        tear_down();

        /* CPUs are where SRAT has none */
        set_up(TWO_NODES, TIERS GIVEN0 GIVEN1);
        add_memory(7, 0);
        add_memory(300, 4);
        assert_refused("Node 0 has CPUs, and SRAT has none");
        tear_down();

        /* SLIT is no knowledge */
        use_thread(TWO_NODES, TIERS GIVEN0);
        assert_refused("Node 1: its values are not all known (missing: read_latency, "
                       "write_latency, read_bandwidth, write_bandwidth). To correct it: numatier "
                       "measure 1, or a [node NAME] section with node = 1, latency = ... and "
                       "bandwidth = ...");
        tear_down();
        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nlatency=20ns\n");
        assert_refused("(missing: read_bandwidth, write_bandwidth)");
        tear_down();
        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nlatency=5ms\nbandwidth=1MiB/s\n");
        assert_refused("does not fit HMAT");
        tear_down();
}

/* The firmware's own values contradict each other. */
static void check_contradiction(void)
{
        use_thread(TWO_NODES ACCESS1(0, 10, 10) ACCESS1(1, 200, 100), TIERS);
        assert_refused("contradicts itself");
        tear_down();
        use_thread(TWO_NODES ACCESS1(0, 10, 10) ACCESS1(1, 200, 100),
                   TIERS "[node b]\nnode=1\nignore=yes\n");
        assert_built();
        tear_down();
}

/* The policy's tiers must come of it. */
static void check_prediction(void)
{
        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nlatency=20ns\nbandwidth=5MiB/s\n"
                                           "tier=dram\n");
        assert_refused(
                "The policy has node 0 in tier dram and node 1 in the same, but by their "
                "values Linux would put node 0 (10 ns, 10 MiB/s) into memory tier 4 and "
                "node 1 (20 ns, 5 MiB/s) into memory tier 18. To correct it: numatier measure "
                "1, or a [node NAME] section with node = 1, latency = 10ns and bandwidth = "
                "10MiB/s");
        tear_down();
        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nlatency=10ns\nbandwidth=10MiB/s\n"
                                           "tier=slow\n");
        assert_refused("node 1 in the slower tier slow");
        tear_down();
}

/* A node that is ignored keeps what the firmware says, or stays absent; a domain without memory
 * keeps it too, and so do side caches. */
static void check_kept(void)
{
        struct hmat_cache *c;

        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nignore=yes\n");
        assert_built();
        assert(!get_domain(300) && result.table->matrices[0].n_targets == 1);

        begin_used(1, "INTL");
        attach(300, 7);
        attach(301, 7);
        attach(302, 7);
        add_memory(301, 100); /* nothing is plugged in; 302 is not in SRAT */
        add_value(HMAT_ACCESS_LATENCY, 500, 7, 300, 33);
        add_value(HMAT_ACCESS_LATENCY, 1000, 7, 301, 90);
        c = hmat_add_cache(used, 1);
        assert(c);
        c->memory = 7;
        c->size = 1 << 30;
        c->address_mode = HMAT_CACHE_EXTENDED_LINEAR;
        c->handles[0] = 0x1234;
        add_value(HMAT_ACCESS_LATENCY, 1, 7, 7, 3);
        used->matrices[used->n_matrices - 1].flags = 1; /* of a side cache */
        assert_built();
        assert_attached(300, 7);
        assert_attached(301, 7);
        assert(!get_domain(302));
        assert(messages_have(&result.remarks, "Proximity domain 302 is left out"));
        attach(303, 7);
        assert_built();
        assert(messages_have(&result.remarks, "2 structures of proximity domains are left out, the "
                                              "first of 302"));
        assert_pair(7, 7, 10000, 10);
        assert_pair(7, 300, 16500, 0);
        assert_pair(7, 301, 90000, 0);
        assert(result.table->n_caches == 1 && result.table->caches[0].handles[0] == 0x1234);
        assert(result.table->caches[0].address_mode == HMAT_CACHE_EXTENDED_LINEAR);
        assert(result.table->matrices[result.table->n_matrices - 1].flags == 1);
        tear_down();
}

/* A value that means the same to Linux keeps its picoseconds; another initiator is never nearer. */
static void check_firmware_values(void)
{
        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        begin_used(1, "INTL");
        attach(7, 7);
        attach(300, 7);
        add_value(HMAT_ACCESS_LATENCY, 100, 7, 7, 97);   /* 9.7 ns: 10 for Linux */
        add_value(HMAT_ACCESS_LATENCY, 100, 7, 300, 97); /* it lies: 20 */
        assert_built();
        assert_pair(7, 7, 9700, 10);
        assert_pair(7, 300, 20000, 5);
        assert(result.table->matrices[0].base_unit == 100);
        tear_down();
}

/* A device that reaches the memory of the CPUs too. Its node is numbered before those of memory.
 */
static void check_generic_initiator(void)
{
        set_up(NODE
               "online: 0-2\n" NODE "possible: 0-2\n" NODE "has_memory: 0,2\n" NODE
               "has_cpu: 0\n" NODE "has_generic_initiator: 1\n" NODE
               "node0/distance: 10 20 20\n" MEMINFO(0, 1000000) MEMINFO(1, 0)
                       MEMINFO(2, 500000) "sys/devices/system/memory/block_size_bytes: 8000000\n"
                                          "captured/memory-blocks:\n  0-1 node 0 online kernel\n  "
                                          "4-5 node 2 online kernel\n",
               TIERS GIVEN0 "[node b]\nnode=2\nlatency=20ns\nbandwidth=5MiB/s\n");
        add_cpu(7);
        add_memory(7, 0);
        add_memory(300, 4);
        add_entry((struct srat_entry){ .kind = SRAT_GENERIC_INITIATOR, .domain = 9 });
        begin_used(1, "INTL");
        add_value(HMAT_ACCESS_LATENCY, 1000, 9, 300, 5);
        assert_built();
        assert_pair(9, 300, 5000, 0); /* nearer than the CPUs, and that is true */
        assert_pair(7, 300, 20000, 5);
        assert(get_domain(300)->flags == 0); /* else Linux would not see the device */
        assert_attached(7, 7);
        attach(300, 9);
        assert_built();
        assert_attached(300, 9);
        tear_down();
}

/* Each keeps its structure, and its initiator if that is a node. */
static void check_many_ports(void)
{
        size_t n = 2000;

        set_up(NODE "online: 0\n" NODE "possible: 0\n" NODE "has_memory: 0\n" NODE
                    "has_cpu: 0\n" NODE "node0/distance: 10\n" MEMINFO(
                            0, 1000000) "sys/devices/system/memory/block_size_bytes: 8000000\n"
                                        "captured/memory-blocks:\n  0-1 node 0 online kernel\n",
               TIERS GIVEN0);
        add_cpu(7);
        add_memory(7, 0);
        begin_used(1, "INTL");
        srat->entries = realloc(srat->entries, (srat->n_entries + n) * sizeof(*srat->entries));
        assert(srat->entries);
        for (size_t i = 0; i < n; i++) {
                srat->entries[srat->n_entries++] =
                        (struct srat_entry){ .kind = SRAT_GENERIC_PORT,
                                             .domain = 2000 + (uint32_t)i };
                attach(2000 + (uint32_t)i, i % 2 == 0 ? 7 : 8);
        }
        assert_built();
        assert(result.table->n_domains == n + 1);
        assert(result.table->domains[1].memory == 2000);
        assert(result.table->domains[1].flags == HMAT_INITIATOR_VALID);
        assert(result.table->domains[1].initiator == 7);
        assert(result.table->domains[2].flags == 0); /* its initiator is no node */
        tear_down();
}

/* Three sockets, and memory that is as near to two of them. */
#define SOCKETS                                                                                    \
        NODE "online: 0-3\n" NODE "possible: 0-3\n" NODE "has_memory: 0-3\n" NODE                  \
             "has_cpu: 0-2\n" NODE "has_generic_initiator:\n" NODE                                 \
             "node0/distance: 10 20 20 30\n" NODE "node1/distance: 20 10 20 14\n" NODE             \
             "node2/distance: 20 20 10 14\n" MEMINFO(0, 1000000) MEMINFO(1, 900000)                \
                     MEMINFO(2, 900000) MEMINFO(                                                   \
                             3,                                                                    \
                             500000) "sys/devices/system/memory/block_size_bytes: 8000000\n"       \
                                     "captured/memory-blocks:\n  0-1 node 0 online kernel\n  4-5 " \
                                     "node 1 online kernel\n"                                      \
                                     "  8-9 node 2 online kernel\n  12-13 node 3 online kernel\n"
#define OF(node, latency, bandwidth)                                                               \
        "[node n" #node "]\nnode=" #node "\nlatency=" #latency "ns\nbandwidth=" #bandwidth "MiB/"  \
        "s\n"

static void use_sockets(const char *policy_text)
{
        set_up(SOCKETS, policy_text);
        for (uint32_t i = 0; i < 3; i++)
                add_cpu(i * 100);
        for (uint32_t i = 0; i < 4; i++)
                add_memory(i * 100, i * 4);
}

static void check_sockets(void)
{
        struct hmat_pair p;

        use_sockets(TIERS OF(0, 100, 1000) OF(1, 105, 980) OF(2, 100, 1000) OF(3, 300, 100));
        begin_used(1, "INTL");
        add_value(HMAT_ACCESS_LATENCY, 1000, 0, 100, 150);
        add_value(HMAT_ACCESS_LATENCY, 1000, 0, 200, 90); /* nearer than its own CPUs: no */
        assert_built();
        assert(result.remarks.n == 0);
        assert_attached(100, 100);
        assert(get_domain(300)->flags == 0);
        assert_pair(100, 300, 300000, 100);
        assert_pair(200, 300, 300000, 100);
        assert_pair(0, 300, 0, 0);
        p = get_pair(0, 100);
        assert(p.v[READ_LATENCY] == 150000 && p.v[READ_BANDWIDTH] == 0);
        p = get_pair(0, 200);
        assert(p.v[READ_LATENCY] == 0);

        /* the firmware knows which is the nearest */
        add_value(HMAT_ACCESS_LATENCY, 1000, 100, 300, 300);
        add_value(HMAT_ACCESS_LATENCY, 1000, 200, 300, 350);
        assert_built();
        assert_attached(300, 100);
        tear_down();
}

/* Nodes with CPUs that are more than 10% apart, or whose small differences add up. */
static void check_level(void)
{
        use_sockets(TIERS OF(0, 100, 1000) OF(1, 112, 1000) OF(2, 100, 1000) OF(3, 300, 100));
        assert_built();
        assert_pair(100, 100, 100000, 1000);
        assert(messages_have(&result.remarks, "Node 1: the table has the values of node 0"));
        tear_down();

        use_sockets(TIERS OF(0, 100, 1000) OF(1, 109, 1000) OF(2, 100, 1000) OF(3, 300, 100));
        assert_built();
        assert_pair(100, 100, 109000, 1000);
        assert(result.remarks.n == 0);
        tear_down();

        use_sockets(TIERS OF(0, 100, 1000) OF(1, 109, 910) OF(2, 100, 1000) OF(3, 300, 100));
        assert_built();
        assert_pair(100, 100, 100000, 1000);
        assert(messages_have(&result.remarks, "Node 1: the table has"));
        tear_down();

        /* in different tiers they stay apart, and Linux would use no HMAT */
        use_sockets(TIERS OF(0, 100, 1000) OF(1, 200, 1000) OF(2, 100, 1000) OF(3, 300, 100));
        assert_refused("Nodes 0 and 1 have CPUs, and their values differ by more than 10%");
        tear_down();

        /* an ignored node with CPUs must have values all the same */
        use_sockets(TIERS OF(0, 100, 1000) "[node n1]\nnode=1\nignore=yes\n" OF(2, 100, 1000)
                            OF(3, 300, 100));
        assert_refused("Nodes 0 and 1 have CPUs");
        tear_down();
}

/* 16 bits are not enough: rounded up, and said. */
static void check_rounding(void)
{
        use_sockets(TIERS OF(0, 100, 700000) OF(1, 100, 700001) OF(2, 100, 700001) OF(3, 300, 7));
        assert_built();
        assert(messages_have(&result.remarks, "Nodes 0-3: values are rounded up"));
        assert_pair(0, 0, 100000, 700007);
        assert_pair(100, 300, 300000, 11);
        tear_down();

        use_sockets(TIERS OF(0, 100, 700000) OF(1, 100, 700000) OF(2, 100, 700000)
                            OF(3, 300, 50000));
        assert_built();
        assert(result.remarks.n == 0);
        assert_pair(0, 0, 100000, 700000);
        tear_down();

        /* reads and writes differ: four matrices */
        use_sockets(TIERS OF(0, 100, 1000) OF(1, 100, 1000) OF(
                2, 100,
                1000) "[node "
                      "x]\nnode=3\nread-latency=300ns\nwrite-latency=400ns\nbandwidth=100MiB/s\n");
        assert_built();
        assert(result.table->n_matrices == 4);
        assert(get_pair(100, 300).v[WRITE_LATENCY] == 400000);
        tear_down();
}

/* Memory that is not in SRAT, and memory that Linux does not place by HMAT. */
static void check_remarks(void)
{
        use_thread(TWO_NODES, TIERS GIVEN0 GIVEN1);
        nodeset_add(&facts.acpi_devices, 1);
        assert_built();
        assert(messages_have(&result.remarks, "Node 1 has memory of an ACPI device"));
        tear_down();

        use_thread(TWO_NODES, TIERS GIVEN0 "[node b]\nnode=1\nignore=yes\n");
        srat->n_entries--;
        assert_built();
        assert(messages_have(&result.remarks, "Node 1 is left out"));
        tear_down();
}

/* What Linux would part although the values brought it into one tier. */
static void check_level_tier(void)
{
        use_sockets("[tier dram]\nmax-latency=5x\n[tier slow]\n" OF(0, 100, 1000) OF(1, 100, 1000)
                            OF(2, 100, 1000) OF(3, 300, 100));
        assert_built();
        assert_pair(100, 300, 100000, 1000);
        assert(result.remarks.n == 1);
        assert(messages_have(&result.remarks,
                             "Node 3: the table has the values of node 0 (100 ns, 1000 MiB/s). The "
                             "policy has all of them in tier dram. With its own values Linux would "
                             "put it into another tier."));
        tear_down();

        /* of the baseline, if it is one of them */
        use_sockets("[policy]\nbaseline=node:1\n[tier all]\n" OF(0, 100, 1000) OF(1, 105, 1000)
                            OF(2, 100, 1000) OF(3, 300, 100));
        assert_built();
        assert_pair(100, 300, 105000, 1000);
        tear_down();

        /* not by their values: these may be wrong */
        use_sockets(
                "[tier all]\n[node n]\nnode=3\ntier=all\nlatency=300ns\nbandwidth=100MiB/s\n" OF(
                        0, 100, 1000) OF(1, 100, 1000) OF(2, 100, 1000));
        assert_refused("node 3 in the same");
        tear_down();
}

int main(void)
{
        check_without_hmat();
        check_revision();
        check_refusals();
        check_contradiction();
        check_prediction();
        check_kept();
        check_firmware_values();
        check_generic_initiator();
        check_many_ports();
        check_sockets();
        check_level();
        check_level_tier();
        check_rounding();
        check_remarks();
        return 0;
}
