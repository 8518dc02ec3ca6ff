/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "acpi/srat.h"
#include "base/nodeset.h"
#include "fuzz.h"

static void complete(uint8_t *b, size_t size)
{
        if (size < ACPI_HEADER_SIZE)
                return;
        memcpy(b, "SRAT", 4);
        acpi_put32(b + 4, (uint32_t)size);
        b[9] = 0;
        b[9] = (uint8_t)-acpi_checksum(b, size);
}

/* Each domain has one node, and each node one domain, without gaps; domains with memory have one.
 */
static void check_map(const struct srat *s)
{
        struct domain_map m;
        int r = srat_map_domains(s, &m);

        assert(r == 0 || r == -E2BIG);
        for (size_t i = 0; r == 0 && i < m.n; i++) {
                assert(i == 0 || m.items[i - 1].domain < m.items[i].domain);
                assert(domain_map_find(&m, m.items[i].domain) == &m.items[i]);
                assert(domain_map_find_node(&m, (unsigned)i));
        }
        for (size_t i = 0; r == 0 && i < s->n_entries; i++)
                assert(s->entries[i].kind != SRAT_MEMORY ||
                       domain_map_find(&m, s->entries[i].domain));
        assert(m.n <= NODE_MAX);
        domain_map_done(&m);
}

static void try(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct srat *s = NULL;
        int r = srat_parse(data, size, "fuzz", &errors, &s);

        assert(r == 0 || r == -EBADMSG);
        assert((r == 0) == (errors.n == 0) && (r == 0) == (s != NULL));
        if (s)
                check_map(s);
        srat_free(s);
        messages_done(&errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t *copy = malloc(size + 1);

        assert(copy);
        memcpy(copy, data, size);
        try(data, size);
        complete(copy, size);
        try(copy, size);
        free(copy);
        return 0;
}
