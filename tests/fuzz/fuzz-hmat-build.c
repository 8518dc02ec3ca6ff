/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of a hostile firmware, as what a new HMAT is made from: one byte that chooses the policy,
 * two for the size of SRAT, SRAT, HMAT. Their lengths and checksums are made right. */
#include "acpi/hmat.h"
#include "acpi/srat.h"
#include "classify/assign.h"
#include "fuzz.h"
#include "hmat/correct.h"
#include "policy/policy.h"
#include "state/recall.h"
#include "sysroot/capture.h"

#define NODE "sys/devices/system/node/"

static const char machine_text[] =
        "# numatier capture 1\n" NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE
        "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE "has_generic_initiator:\n" NODE
        "node0/distance: 10 20\n" NODE
        "node0/meminfo:\n  Node 0 MemTotal: 9 kB\n  Node 0 MemFree: 1 kB\n" NODE
        "node1/meminfo:\n  Node 1 MemTotal: 9 kB\n  Node 1 MemFree: 1 kB\n"
        "sys/devices/system/memory/block_size_bytes: 8000000\n"
        "captured/memory-blocks:\n  0-1 node 0 online kernel\n  4-5 node 1 online kernel\n";

#define GIVEN0                                                                                     \
        "[tier dram]\nmax-latency=1.5x\n[tier slow]\n[node a]\nnode=0\nlatency=10ns\n"             \
        "bandwidth=10MiB/s\n"
static const char *const policies[] = {
        GIVEN0 "[node b]\nnode=1\nlatency=20ns\nbandwidth=5MiB/s\n",
        GIVEN0 "[node b]\nnode=1\nignore=yes\n",
};

/* A copy with a header that is whole, or NULL: too short for one. */
static uint8_t *repair(const uint8_t *data, size_t size, const char *signature, uint8_t revision)
{
        uint8_t *copy = size < ACPI_HEADER_SIZE ? NULL : malloc(size);

        if (!copy)
                return NULL;
        memcpy(copy, data, size);
        memcpy(copy, signature, 4);
        acpi_put32(copy + 4, (uint32_t)size);
        copy[8] = revision;
        copy[9] = 0;
        copy[9] = (uint8_t)-acpi_checksum(copy, size);
        return copy;
}

/* A table that was built is understood, and after a boot with it the same one is built. */
static void check(struct hmat_facts *f)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct hmat_correction c, again;
        struct hmat *table;

        assert(hmat_correct(f, &c) == 0);
        assert((c.bytes != NULL) == (c.refusals.n == 0));
        if (c.bytes) {
                assert(hmat_parse(c.bytes, c.size, "built", &errors, &warnings, &table) == 0);
                f->used = table;
                assert(hmat_correct(f, &again) == 0);
                assert(again.size == c.size && memcmp(again.bytes, c.bytes, c.size) == 0);
                hmat_correction_done(&again);
                hmat_free(table);
        }
        hmat_correction_done(&c);
        messages_done(&errors);
        messages_done(&warnings);
}

static void build(struct hmat_facts *f, const char *policy_text)
{
        struct messages messages = MESSAGES_INIT;
        struct assignment *assignment;
        struct block_table *blocks;
        struct policy *policy;
        struct machine *machine;
        struct sysroot *root;

        assert(capture_open(machine_text, strlen(machine_text), "fuzz", &messages, &root) == 0);
        assert(policy_new(&policy) == 0);
        assert(policy_parse(policy, policy_text, strlen(policy_text), "fuzz", &messages) == 0);
        assert(machine_read(root, TIERS_KNOWN_ONLY, NULL, NULL, &messages, &machine) == 0);
        assert(assignment_new(machine, policy, NULL, &messages, &assignment) == 0);
        assert(block_table_read(root, NULL, &messages, &blocks) == 0);
        f->assignment = assignment;
        f->blocks = blocks;
        check(f);
        block_table_free(blocks);
        assignment_free(assignment);
        machine_free(machine);
        policy_unref(policy);
        sysroot_free(root);
        messages_done(&messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages messages = MESSAGES_INIT;
        struct hmat_facts f = { 0 };
        struct srat *srat = NULL;
        struct hmat *hmat = NULL;
        uint8_t *a, *b;
        size_t n;

        if (size < 3)
                return 0;
        n = acpi_get16(data + 1) < size - 3 ? acpi_get16(data + 1) : size - 3;
        a = repair(data + 3, n, "SRAT", 3);
        b = repair(data + 3 + n, size - 3 - n, "HMAT", 1 + (data[0] >> 1 & 1));
        if (a && srat_parse(a, n, "SRAT", &messages, &srat) == 0 &&
            (!b || hmat_parse(b, size - 3 - n, "HMAT", &messages, &messages, &hmat) == 0)) {
                f.srat = srat;
                f.used = hmat;
                build(&f, policies[data[0] & 1]);
        }
        srat_free(srat);
        hmat_free(hmat);
        free(a);
        free(b);
        messages_done(&messages);
        return 0;
}
