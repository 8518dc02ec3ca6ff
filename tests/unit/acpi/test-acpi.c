/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "testing.h"

/* ACPI tables as documents. tests/unit/acpi/test-iasl compares them with those of acpica's
 * compiler. */

static struct messages errors, warnings;

static void forget(void)
{
        messages_done(&errors);
        messages_done(&warnings);
}

static const struct acpi_header some_header = { .signature = "HMAT",
                                                .revision = 2,
                                                .oem_id = "OEMID",
                                                .oem_table_id = "TABLE",
                                                .oem_revision = 0x01020304,
                                                .creator_id = "NTIR",
                                                .creator_revision = 1 };

static struct hmat *make_hmat(uint8_t revision)
{
        struct hmat *h = calloc(1, sizeof(*h));
        struct hmat_domain *d;
        struct hmat_matrix *m;
        struct hmat_cache *c;

        assert(h);
        h->header = some_header;
        h->header.revision = revision;
        d = hmat_add_domain(h);
        m = hmat_add_matrix(h, 1, 2);
        c = hmat_add_cache(h, 3);
        assert(d && m && c);
        *d = (struct hmat_domain){ .flags = HMAT_INITIATOR_VALID,
                                   .initiator = 1,
                                   .memory = 0x01020304 };
        if (revision == 1) {
                d->base = 1ULL << 40;
                d->length = 1ULL << 30;
        }
        m->data_type = HMAT_READ_LATENCY;
        m->min_transfer_size = 64;
        m->base_unit = 100;
        m->initiators[0] = 7;
        m->targets[0] = 7;
        m->targets[1] = 0x01020304;
        m->entries[0] = 1005;
        m->entries[1] = HMAT_ENTRY_UNREACHABLE;
        c->memory = 7;
        c->size = 1ULL << 34;
        c->attributes = 0x00401111;
        c->address_mode = HMAT_CACHE_EXTENDED_LINEAR;
        for (size_t i = 0; i < 3; i++)
                c->handles[i] = (uint16_t)(0x1000 + i);
        return h;
}

static struct hmat *parse(const void *bytes, size_t size)
{
        struct hmat *h = NULL;
        int r = hmat_parse(bytes, size, "table", &errors, &warnings, &h);

        assert(r == 0 ? h && errors.n == 0 : r == -EBADMSG && !h && errors.n == 1);
        return h;
}

static void test_there_and_back(uint8_t revision)
{
        struct hmat *h = make_hmat(revision), *again;
        void *bytes, *second;
        size_t size, second_size;

        assert(hmat_encode(h, &bytes, &size) == 0);
        assert(size == 40 + 40 + (32 + 4 + 8 + 4) + (32 + 6));
        assert(acpi_checksum(bytes, size) == 0 && memcmp(bytes, "HMAT", 4) == 0);
        again = parse(bytes, size);
        assert(again && warnings.n == 0 && again->n_items == 3);
        assert_streq(again->header.oem_table_id, "TABLE");
        assert(again->header.length == size && again->header.oem_revision == 0x01020304);
        assert(again->domains[0].memory == 0x01020304 && again->domains[0].flags == 1);
        assert(again->domains[0].base == (revision == 1 ? 1ULL << 40 : 0));
        assert(again->matrices[0].targets[1] == 0x01020304 &&
               again->matrices[0].entries[0] == 1005);
        assert(again->caches[0].address_mode == HMAT_CACHE_EXTENDED_LINEAR);
        assert(again->caches[0].n_handles == 3 && again->caches[0].handles[2] == 0x1002);
        assert(hmat_encode(again, &second, &second_size) == 0);
        assert(second_size == size && memcmp(bytes, second, size) == 0);
        free(bytes);
        free(second);
        hmat_free(h);
        hmat_free(again);
}

/* As hmat_normalize does it. */
static void test_values(void)
{
        static const struct {
                uint8_t revision, type;
                uint64_t unit;
                uint16_t entry;
                uint32_t value;
        } cases[] = {
                { 2, HMAT_ACCESS_LATENCY, 1000, 10, 10 },
                { 2, HMAT_WRITE_LATENCY, 100, 1005, 101 }, /* 100.5 ns, rounded up */
                { 2, HMAT_READ_LATENCY, 1, 1, 1 },
                { 2, HMAT_ACCESS_BANDWIDTH, 1024, 10, 10240 },
                { 2, HMAT_READ_BANDWIDTH, 1, 0, 0 },
                { 2, HMAT_READ_BANDWIDTH, 1, 0xffff, 0 },
                { 2, HMAT_WRITE_BANDWIDTH, 0x10000, 0xfffe, 0xfffe0000 },
                { 2, HMAT_WRITE_BANDWIDTH, 0x20000, 0xfffe, 0 }, /* more than 32 bits */
                { 2, HMAT_WRITE_BANDWIDTH, UINT64_MAX, 2, 0 },
                { 2, HMAT_READ_LATENCY, 4294966296, 1, 4294967 }, /* rounding up still fits */
                { 2, HMAT_READ_LATENCY, 4294966297, 1, 0 },
                { 1, HMAT_ACCESS_LATENCY, 1, 101, 11 },
                { 1, HMAT_ACCESS_LATENCY, 4294967286, 1, 429496729 },
                { 1, HMAT_ACCESS_BANDWIDTH, 4294967287, 1, 0 },
                { 1, HMAT_ACCESS_LATENCY, 1, 9, 0 },
                { 1, HMAT_ACCESS_BANDWIDTH, 10, 100, 100 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct hmat h = { .header.revision = cases[i].revision };
                uint16_t entries[] = { 0, cases[i].entry };
                struct hmat_matrix m = { .data_type = cases[i].type,
                                         .base_unit = cases[i].unit,
                                         .n_initiators = 1,
                                         .n_targets = 2,
                                         .entries = entries };

                assert(hmat_value(&h, &m, 0, 1) == cases[i].value);
        }
}

/* Changes one byte, makes the checksum right again, and parses. */
static struct hmat *parse_changed(size_t offset, uint8_t byte)
{
        struct hmat *h = make_hmat(2), *changed;
        void *bytes;
        size_t size;
        uint8_t *b;

        assert(hmat_encode(h, &bytes, &size) == 0);
        b = bytes;
        b[offset] = byte;
        if (offset != 9)
                b[9] = (uint8_t)(b[9] - acpi_checksum(b, size));
        changed = parse(b, size);
        hmat_free(h);
        free(bytes);
        return changed;
}

static void expect_damage(size_t offset, uint8_t byte, const char *text)
{
        assert(!parse_changed(offset, byte));
        if (!strstr(errors.items[0], text))
                fprintf(stderr, "%s: expected \"%s\"\n", errors.items[0], text);
        assert(strstr(errors.items[0], text));
        forget();
}

/* Offsets: the first structure is at 40, the matrix at 80, the cache at 128, the end at 166. */
static void test_damage(void)
{
        struct hmat *h;

        expect_damage(0, 'X', "table: expected the ACPI table HMAT, found \"XMAT\"");
        expect_damage(3, 0x01, "found \"HMA.\"");
        expect_damage(4, 165, "has 165 bytes: expected the 166");
        expect_damage(9, 0, "the checksum is wrong");
        expect_damage(8, 3, "revision 1 or 2 and at least 40 bytes, found revision 3");
        expect_damage(44, 39, "offset 40: a structure of type 0 and 39 bytes: expected 40");
        expect_damage(44, 0, "offset 40: a structure of type 0 and 0 bytes");
        expect_damage(92, 2, "offset 80: a structure of type 1 and 48 bytes: expected 56");
        expect_damage(95, 0xff, "offset 80: a structure of type 1"); /* 2^32 initiators */
        expect_damage(99, 0xff, "offset 80: a structure of type 1");
        expect_damage(158, 4, "offset 128: a structure of type 2 and 38 bytes: expected 40");
        expect_damage(132, 39, "offset 128: a structure of type 2 and 39 bytes");

        h = parse_changed(40, 9); /* Linux skips what it does not know */
        assert(h && h->n_domains == 0 && h->n_items == 2);
        assert(messages_have(&warnings, "table: offset 40: the type 9 is not known"));
        forget();
        hmat_free(h);
        h = parse_changed(158, 2); /* a cache with two bytes more than it needs */
        assert(h && h->caches[0].n_handles == 2 && messages_have(&warnings, "2 bytes follow"));
        assert(!h->has_long_domain);
        forget();
        hmat_free(h);
        h = parse_changed(80, 0); /* the matrix, as a structure of type 0 */
        assert(h && h->n_domains == 2 && h->has_long_domain);
        assert(messages_have(&warnings, "8 bytes follow the structure of type 0"));
        forget();
        hmat_free(h);
        assert(!parse("HMAT", 4) && messages_have(&errors, "at least 36 bytes, found 4"));
        forget();
}

/* A table has room for millions of structures that nobody knows. */
static void test_many_warnings(void)
{
        uint8_t bytes[40 + 30 * 8] = { 0 };
        struct acpi_header header = some_header;
        struct hmat *h;

        for (size_t i = 0; i < 30; i++) {
                bytes[40 + i * 8] = 7;
                bytes[40 + i * 8 + 4] = 8;
        }
        acpi_header_encode(&header, bytes, sizeof(bytes));
        h = parse(bytes, sizeof(bytes));
        assert(h && h->n_items == 0 && warnings.n == HMAT_WARNINGS_MAX + 1);
        assert_streq(warnings.items[HMAT_WARNINGS_MAX], "table: 10 more structures are odd");
        forget();
        hmat_free(h);
}

/* SRAT */

struct srat_table {
        uint8_t bytes[512];
        size_t size;
};

static void begin_srat(struct srat_table *t)
{
        *t = (struct srat_table){ .size = 48 };
}

static uint8_t *add(struct srat_table *t, uint8_t type, uint8_t size)
{
        uint8_t *b = t->bytes + t->size;

        b[0] = type;
        b[1] = size;
        t->size += size;
        return b;
}

static void add_cpu(struct srat_table *t, uint32_t domain, uint8_t apic, uint32_t flags)
{
        uint8_t *b = add(t, 0, 16);

        b[2] = (uint8_t)domain;
        b[3] = apic;
        acpi_put32(b + 4, flags);
        b[9] = (uint8_t)(domain >> 8);
        b[10] = (uint8_t)(domain >> 16);
        b[11] = (uint8_t)(domain >> 24);
}

static void add_x2apic(struct srat_table *t, uint32_t domain, uint32_t apic)
{
        uint8_t *b = add(t, 2, 24);

        acpi_put32(b + 4, domain);
        acpi_put32(b + 8, apic);
        acpi_put32(b + 12, 1);
}

static void add_memory(struct srat_table *t, uint32_t domain, uint64_t base, uint64_t length,
                       uint32_t flags)
{
        uint8_t *b = add(t, 1, 40);

        acpi_put32(b + 2, domain);
        acpi_put64(b + 8, base);
        acpi_put64(b + 16, length);
        acpi_put32(b + 28, flags);
}

static uint8_t *add_generic(struct srat_table *t, uint8_t type, uint32_t domain)
{
        uint8_t *b = add(t, type, 32);

        b[3] = 1; /* PCI */
        acpi_put32(b + 4, domain);
        acpi_put16(b + 10, 0x1234);
        acpi_put32(b + 24, 1);
        return b;
}

static struct srat *parse_srat(struct srat_table *t, uint8_t revision)
{
        struct acpi_header h = some_header;
        struct srat *s = NULL;
        int r;

        memcpy(h.signature, "SRAT", 4);
        h.revision = revision;
        acpi_header_encode(&h, t->bytes, t->size);
        r = srat_parse(t->bytes, t->size, "SRAT", &errors, &s);
        assert(r == 0 ? s && errors.n == 0 : r == -EBADMSG && !s && errors.n == 1);
        return s;
}

static unsigned node_of(const struct domain_map *m, uint32_t domain)
{
        const struct domain_node *d = domain_map_find(m, domain);

        assert(!d || domain_map_find_node(m, d->node) == d);
        return d ? d->node : UINT32_MAX;
}

/* Domains with CPUs and generic initiators come first, in the order of the table, then those with
 * memory alone. What is disabled does not count. */
static void test_srat(void)
{
        struct srat_table t;
        struct domain_map m;
        struct srat *s;

        begin_srat(&t);
        add_memory(&t, 5, 0, 1ULL << 30, 1);
        add_memory(&t, 0x0304, 1ULL << 32, 1ULL << 30, 3);
        add_cpu(&t, 9, 0, 1);
        add_cpu(&t, 77, 1, 0);
        add_generic(&t, 6, 42);
        add(&t, 4, 12); /* a GIC ITS */
        add_generic(&t, 5, 41);
        add_x2apic(&t, 5, 0x100);
        s = parse_srat(&t, 3);
        assert(s && s->n_entries == 6 && s->entries[1].base == 1ULL << 32);
        assert(s->entries[1].flags == 3 && s->entries[1].length == 1ULL << 30);
        assert(s->entries[3].kind == SRAT_GENERIC_PORT && s->entries[3].handle_type == 1);
        assert(s->entries[3].handle[2] == 0x34 && s->entries[5].id == 0x100);
        assert(srat_map_domains(s, &m) == 0);
        assert(m.n == 4 && node_of(&m, 9) == 0 && node_of(&m, 41) == 1 && node_of(&m, 5) == 2);
        assert(node_of(&m, 0x0304) == 3 && node_of(&m, 42) == UINT32_MAX);
        assert(node_of(&m, 77) == UINT32_MAX && !domain_map_find_node(&m, 4));
        for (size_t i = 1; i < m.n; i++)
                assert(m.items[i - 1].domain < m.items[i].domain);
        domain_map_done(&m);
        srat_free(s);
}

static void test_old_srat(void)
{
        struct srat_table t;
        struct srat *s;

        begin_srat(&t);
        add_cpu(&t, 0x01020301, 0, 1);
        add_memory(&t, 0x01020302, 0, 4096, 1);
        add_x2apic(&t, 0x103, 0); /* never had fewer bits */
        s = parse_srat(&t, 1);
        assert(s && s->entries[0].domain == 1 && s->entries[1].domain == 2);
        assert(s->entries[2].domain == 0x103);
        srat_free(s);
        s = parse_srat(&t, 2);
        assert(s && s->entries[0].domain == 0x01020301 && s->entries[1].domain == 0x01020302);
        assert(s->entries[2].domain == 0x103);
        srat_free(s);
}

/* A generic initiator for which Linux makes no node ends its search for CPUs. */
static void test_stopped_srat(uint32_t domain, uint32_t flags)
{
        struct srat_table t;
        struct domain_map m;
        struct srat *s;

        begin_srat(&t);
        add_memory(&t, 8, 0, 4096, 1);
        add_memory(&t, 5, 4096, 4096, 1);
        add_cpu(&t, 3, 0, 1);
        acpi_put32(add_generic(&t, 5, domain) + 24, flags);
        add_cpu(&t, 5, 1, 1);
        add_cpu(&t, 9, 2, 1);
        s = parse_srat(&t, 3);
        assert(s && srat_map_domains(s, &m) == 0);
        assert(m.n == 3 && node_of(&m, 3) == 0 && node_of(&m, 8) == 1 && node_of(&m, 5) == 2);
        domain_map_done(&m);
        srat_free(s);
}

static void expect_bad_srat(struct srat_table *t, const char *text)
{
        assert(!parse_srat(t, 3) && messages_have(&errors, text));
        forget();
}

static void test_bad_srat(void)
{
        struct srat_table t = { .size = 47 };

        expect_bad_srat(&t, "SRAT: expected a SRAT of at least 48 bytes, found 47");
        begin_srat(&t);
        add(&t, 1, 39);
        expect_bad_srat(&t, "offset 48: a structure of type 1 and 39 bytes: expected 40");
        begin_srat(&t);
        add(&t, 200, 0);
        t.size++; /* one byte more, and no length */
        expect_bad_srat(&t, "offset 48: a structure of type 200 and 0 bytes");
        t.size++; /* its length is 0: nobody would get past it */
        expect_bad_srat(&t, "offset 48: a structure of type 200 and 0 bytes");
        begin_srat(&t);
        add_memory(&t, 0, 0, 4096, 1);
        t.size--;
        expect_bad_srat(&t, "offset 48: a structure of type 1 and 40 bytes");
}

/* Linux has 1024 nodes and as many domains, and uses no SRAT that has CPUs or memory in others. */
static void test_many_domains(void)
{
        struct srat_entry *entries = calloc(1025, sizeof(*entries));
        struct srat s = { .entries = entries, .n_entries = 1025 };
        struct domain_map m;

        assert(entries);
        for (uint32_t i = 0; i < 1025; i++)
                entries[i] = (struct srat_entry){ .kind = SRAT_MEMORY, .domain = 1024 - i };
        assert(srat_map_domains(&s, &m) == -E2BIG && m.n == 0);
        entries[0].kind = SRAT_CPU;
        assert(srat_map_domains(&s, &m) == -E2BIG && m.n == 0);
        entries[0].kind = SRAT_GENERIC_PORT; /* it needs no node */
        assert(srat_map_domains(&s, &m) == 0 && m.n == 1024 && node_of(&m, 1023) == 0);
        domain_map_done(&m);
        free(entries);
}

/* What was read is written again, byte for byte. */
static void test_file(const char *path)
{
        struct sysroot *root;
        struct hmat *h;
        char *bytes;
        void *again;
        size_t size, again_size;

        assert(sysroot_open(".", &root) == 0);
        assert(sysroot_read_bytes(root, path, &bytes, &size) == 0);
        h = parse(bytes, size);
        assert(h && warnings.n == 0);
        assert(hmat_encode(h, &again, &again_size) == 0);
        assert(again_size == size && memcmp(again, bytes, size) == 0);
        free(bytes);
        free(again);
        hmat_free(h);
        sysroot_free(root);
}

/* Arguments: tables that others have made (test-iasl) */
int main(int argc, char *argv[])
{
        for (int i = 1; i < argc; i++)
                test_file(argv[i]);
        if (argc > 1)
                return 0;
        test_there_and_back(1);
        test_there_and_back(2);
        test_values();
        test_damage();
        test_many_warnings();
        test_srat();
        test_old_srat();
        test_stopped_srat(7, 0);
        test_stopped_srat(1024, 1);
        test_bad_srat();
        test_many_domains();
        return 0;
}
