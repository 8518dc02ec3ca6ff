/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "acpi/srat.h"
#include "base/nodeset.h"

/* After the header: 4 bytes that are 1, and 8 that are reserved (table 5.65). */
#define FIRST_STRUCTURE 48
/* The same bit in the flags of all structures. */
#define ENABLED 1U
/* Until then a domain of memory or of a local APIC has 8 bits, to Linux
 * (acpi_parse_memory_affinity, acpi_numa_processor_affinity_init). */
#define REVISION_OF_8_BITS 1

/* Where the fields of a structure are (5.2.16.1 to 5.2.16.8); 0: it has none. */
static const struct layout {
        uint8_t type, size;
        enum srat_kind kind;
        uint8_t domain, flags, id, handle_type, handle;
} layouts[] = {
        { 0, 16, SRAT_CPU, 2, 4, 3, 0, 0 },                /* Processor Local APIC/SAPIC Affinity */
        { 1, 40, SRAT_MEMORY, 2, 28, 0, 0, 0 },            /* Memory Affinity */
        { 2, 24, SRAT_CPU, 4, 12, 8, 0, 0 },               /* Processor Local x2APIC Affinity */
        { 3, 18, SRAT_CPU, 2, 10, 6, 0, 0 },               /* GICC Affinity */
        { 5, 32, SRAT_GENERIC_INITIATOR, 4, 24, 0, 3, 8 }, /* Generic Initiator Affinity */
        { 6, 32, SRAT_GENERIC_PORT, 4, 24, 0, 3, 8 },      /* Generic Port Affinity */
        { 7, 20, SRAT_CPU, 4, 12, 8, 0, 0 },               /* RINTC Affinity (ACPI 6.6) */
};

#define TYPE_LOCAL_APIC 0

static const struct layout *find_layout(uint8_t type)
{
        for (size_t i = 0; i < ELEMENTSOF(layouts); i++)
                if (layouts[i].type == type)
                        return &layouts[i];
        return NULL;
}

/* The local APIC's structure keeps the domain in two places, and the APIC's number in one byte. */
static uint32_t get_local_apic_domain(const uint8_t *b)
{
        return b[2] | (uint32_t)b[9] << 8 | (uint32_t)b[10] << 16 | (uint32_t)b[11] << 24;
}

static struct srat_entry read_entry(const struct layout *l, const uint8_t *b, uint8_t revision)
{
        struct srat_entry e = { .kind = l->kind,
                                .type = l->type,
                                .domain = acpi_get32(b + l->domain),
                                .flags = acpi_get32(b + l->flags) };

        if (l->type == TYPE_LOCAL_APIC) {
                e.domain = get_local_apic_domain(b);
                e.id = b[l->id];
        } else if (l->id)
                e.id = acpi_get32(b + l->id);
        if (l->kind == SRAT_MEMORY) {
                e.base = acpi_get64(b + 8);
                e.length = acpi_get64(b + 16);
        }
        if (l->handle) {
                e.handle_type = b[l->handle_type];
                memcpy(e.handle, b + l->handle, sizeof(e.handle));
        }
        if (revision <= REVISION_OF_8_BITS &&
            (l->kind == SRAT_MEMORY || l->type == TYPE_LOCAL_APIC))
                e.domain &= 0xff;
        return e;
}

static void add_disabled(struct srat *s, const struct layout *l)
{
        if (l->kind != SRAT_GENERIC_INITIATOR || s->has_disabled_initiator)
                return;
        s->has_disabled_initiator = true;
        s->before_disabled_initiator = s->n_entries;
}

/* Reads all structures. 0, -EBADMSG (reported) or -ENOMEM. */
static int read_structures(struct srat *s, const uint8_t *data, size_t size, const char *name,
                           struct messages *errors)
{
        size_t allocated = 0, length;

        for (size_t offset = FIRST_STRUCTURE; offset < size; offset += length) {
                const uint8_t *b = data + offset;
                const struct layout *l = find_layout(b[0]);

                length = size - offset >= 2 ? b[1] : 0;
                if (length < 2 || length > size - offset || (l && length < l->size)) {
                        messages_add(errors,
                                     "%s: offset %zu: a structure of type %u and %zu bytes: "
                                     "expected %u or more, up to the table's end",
                                     name, offset, b[0], length, l ? l->size : 2U);
                        return -EBADMSG;
                }
                if (!l)
                        continue;
                if (!(acpi_get32(b + l->flags) & ENABLED)) {
                        add_disabled(s, l);
                        continue;
                }
                if (array_grow(&s->entries, &allocated, s->n_entries + 1, sizeof(*s->entries)) < 0)
                        return -ENOMEM;
                s->entries[s->n_entries++] = read_entry(l, b, s->header.revision);
        }
        return 0;
}

int srat_parse(const void *data, size_t size, const char *name, struct messages *errors,
               struct srat **ret)
{
        _cleanup_(srat_freep) struct srat *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        r = acpi_header_parse(data, size, "SRAT", name, errors, &s->header);
        if (r < 0)
                return r;
        if (size < FIRST_STRUCTURE) {
                messages_add(errors, "%s: expected a SRAT of at least %d bytes, found %zu", name,
                             FIRST_STRUCTURE, size);
                return -EBADMSG;
        }
        r = read_structures(s, data, size, name, errors);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

struct srat *srat_free(struct srat *s)
{
        if (s)
                free(s->entries);
        free(s);
        return NULL;
}

static int compare(const void *a, const void *b)
{
        const struct domain_node *x = a, *y = b;

        return (x->domain > y->domain) - (x->domain < y->domain);
}

const struct domain_node *domain_map_find(const struct domain_map *m, uint32_t domain)
{
        struct domain_node key = { .domain = domain };

        return m->n == 0 ? NULL : bsearch(&key, m->items, m->n, sizeof(key), compare);
}

const struct domain_node *domain_map_find_node(const struct domain_map *m, unsigned node)
{
        for (size_t i = 0; i < m->n; i++)
                if (m->items[i].node == node)
                        return &m->items[i];
        return NULL;
}

/* Gives each domain of the first n structures, as far as they are of these kinds, the next number,
 * unless it has one. What cannot have one (srat.c:acpi_map_pxm_to_node) ends it: false, if Linux
 * then uses no SRAT. No more than NODE_MAX domains are below NODE_MAX. */
static bool number(struct domain_map *m, struct nodeset *numbered, const struct srat *s, size_t n,
                   unsigned kinds)
{
        for (size_t i = 0; i < n; i++) {
                const struct srat_entry *e = &s->entries[i];

                if (!(1U << e->kind & kinds) || nodeset_has(numbered, e->domain))
                        continue;
                if (e->domain >= NODE_MAX)
                        return e->kind == SRAT_GENERIC_INITIATOR;
                nodeset_add(numbered, e->domain);
                m->items[m->n] =
                        (struct domain_node){ .domain = e->domain, .node = (unsigned)m->n };
                m->n++;
        }
        return true;
}

int srat_map_domains(const struct srat *s, struct domain_map *ret)
{
        struct nodeset numbered = { 0 };
        size_t n = s->has_disabled_initiator ? s->before_disabled_initiator : s->n_entries;

        *ret = (struct domain_map){ .items = calloc(NODE_MAX, sizeof(*ret->items)) };
        if (!ret->items)
                return -ENOMEM;
        /* generic ports get no node (hmat.c:srat_parse_genport_affinity) */
        if (!number(ret, &numbered, s, n, 1U << SRAT_CPU | 1U << SRAT_GENERIC_INITIATOR) ||
            !number(ret, &numbered, s, s->n_entries, 1U << SRAT_MEMORY)) {
                domain_map_done(ret);
                return -E2BIG;
        }
        qsort(ret->items, ret->n, sizeof(*ret->items), compare);
        return 0;
}

void domain_map_done(struct domain_map *m)
{
        free(m->items);
        *m = (struct domain_map){ 0 };
}
