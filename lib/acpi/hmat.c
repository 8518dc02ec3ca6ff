/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "acpi/hmat.h"

/* After the header: 4 reserved bytes (table 5.177). */
#define FIRST_STRUCTURE 40
/* Each structure: type (2 bytes), reserved (2), length (4) */
#define STRUCTURE_HEADER 8

enum {
        TYPE_DOMAIN,
        TYPE_MATRIX,
        TYPE_CACHE,
        TYPES,
};

/* Bytes without what follows a number */
static const size_t sizes[TYPES] = { [TYPE_DOMAIN] = 40, [TYPE_MATRIX] = 32, [TYPE_CACHE] = 32 };

struct hmat *hmat_free(struct hmat *h)
{
        if (!h)
                return NULL;
        for (size_t i = 0; i < h->n_matrices; i++) {
                free(h->matrices[i].initiators);
                free(h->matrices[i].targets);
                free(h->matrices[i].entries);
        }
        for (size_t i = 0; i < h->n_caches; i++)
                free(h->caches[i].handles);
        free(h->domains);
        free(h->matrices);
        free(h->caches);
        free(h->items);
        free(h);
        return NULL;
}

/* Adds an element of a size, all 0, to the array of a type, which has *n of them; and an item that
 * names it. NULL: out of memory. */
static void *add(struct hmat *h, uint16_t type, void *array, size_t *n, size_t size)
{
        struct hmat_item *items = reallocarray(h->items, h->n_items + 1, sizeof(*items));
        void *grown;

        if (!items)
                return NULL;
        h->items = items;
        memcpy(&grown, array, sizeof(grown));
        grown = reallocarray(grown, *n + 1, size);
        if (!grown)
                return NULL;
        memcpy(array, &grown, sizeof(grown));
        h->items[h->n_items++] = (struct hmat_item){ .type = type, .index = *n };
        return memset((char *)grown + (*n)++ * size, 0, size);
}

struct hmat_domain *hmat_add_domain(struct hmat *h)
{
        return add(h, TYPE_DOMAIN, &h->domains, &h->n_domains, sizeof(*h->domains));
}

struct hmat_matrix *hmat_add_matrix(struct hmat *h, size_t n_initiators, size_t n_targets)
{
        struct hmat_matrix *m =
                add(h, TYPE_MATRIX, &h->matrices, &h->n_matrices, sizeof(*h->matrices));
        size_t n;

        if (!m || __builtin_mul_overflow(n_initiators, n_targets, &n))
                return NULL;
        m->initiators = calloc(n_initiators + 1, sizeof(*m->initiators));
        m->targets = calloc(n_targets + 1, sizeof(*m->targets));
        m->entries = calloc(n + 1, sizeof(*m->entries));
        if (!m->initiators || !m->targets || !m->entries)
                return NULL;
        m->n_initiators = n_initiators;
        m->n_targets = n_targets;
        return m;
}

struct hmat_cache *hmat_add_cache(struct hmat *h, size_t n_handles)
{
        struct hmat_cache *c = add(h, TYPE_CACHE, &h->caches, &h->n_caches, sizeof(*h->caches));

        if (!c)
                return NULL;
        c->handles = calloc(n_handles + 1, sizeof(*c->handles));
        if (!c->handles)
                return NULL;
        c->n_handles = n_handles;
        return c;
}

/* Reading */

/* The bytes that a structure needs, with its lists; its fixed part is there. */
static uint64_t find_size(unsigned type, const uint8_t *b)
{
        uint64_t n, m;

        switch (type) {
        case TYPE_MATRIX:
                n = acpi_get32(b + 12);
                m = acpi_get32(b + 16);
                /* 16 MiB are the most of a table: what is larger needs no exact number */
                if (n > ACPI_TABLE_SIZE_MAX || m > ACPI_TABLE_SIZE_MAX)
                        return UINT64_MAX;
                return sizes[type] + 4 * n + 4 * m + 2 * n * m;
        case TYPE_CACHE:
                return sizes[type] + 2 * (uint64_t)acpi_get16(b + 30);
        default:
                return sizes[type];
        }
}

static int read_domain(struct hmat *h, const uint8_t *b)
{
        struct hmat_domain *d = hmat_add_domain(h);

        if (!d)
                return -ENOMEM;
        d->flags = acpi_get16(b + 8);
        d->initiator = acpi_get32(b + 12);
        d->memory = acpi_get32(b + 16);
        if (h->header.revision == 1) {
                d->base = acpi_get64(b + 24);
                d->length = acpi_get64(b + 32);
        }
        return 0;
}

static int read_matrix(struct hmat *h, const uint8_t *b)
{
        struct hmat_matrix *m = hmat_add_matrix(h, acpi_get32(b + 12), acpi_get32(b + 16));

        if (!m)
                return -ENOMEM;
        m->flags = b[8];
        m->data_type = b[9];
        m->min_transfer_size = b[10];
        m->base_unit = acpi_get64(b + 24);
        b += sizes[TYPE_MATRIX];
        for (size_t i = 0; i < m->n_initiators; i++, b += 4)
                m->initiators[i] = acpi_get32(b);
        for (size_t i = 0; i < m->n_targets; i++, b += 4)
                m->targets[i] = acpi_get32(b);
        for (size_t i = 0; i < m->n_initiators * m->n_targets; i++, b += 2)
                m->entries[i] = acpi_get16(b);
        return 0;
}

static int read_cache(struct hmat *h, const uint8_t *b)
{
        struct hmat_cache *c = hmat_add_cache(h, acpi_get16(b + 30));

        if (!c)
                return -ENOMEM;
        c->memory = acpi_get32(b + 8);
        c->size = acpi_get64(b + 16);
        c->attributes = acpi_get32(b + 24);
        c->address_mode = acpi_get16(b + 28);
        for (size_t i = 0; i < c->n_handles; i++)
                c->handles[i] = acpi_get16(b + sizes[TYPE_CACHE] + 2 * i);
        return 0;
}

static int read_structure(struct hmat *h, unsigned type, const uint8_t *b)
{
        switch (type) {
        case TYPE_DOMAIN:
                return read_domain(h, b);
        case TYPE_MATRIX:
                return read_matrix(h, b);
        default:
                return read_cache(h, b);
        }
}

/* Reports what is odd about a structure that can be read, or only counts it. */
static void check_structure(struct hmat *h, unsigned type, size_t offset, uint64_t excess,
                            const char *name, struct messages *warnings, size_t *left_out)
{
        h->has_long_domain |= type == TYPE_DOMAIN && excess > 0;
        if (type < TYPES && excess == 0)
                return;
        if (warnings->n >= HMAT_WARNINGS_MAX)
                (*left_out)++;
        else if (type >= TYPES)
                messages_add(warnings, "%s: offset %zu: the type %u is not known", name, offset,
                             type);
        else
                messages_add(warnings,
                             "%s: offset %zu: %" PRIu64 " bytes follow the structure of type %u",
                             name, offset, excess, type);
}

static int read_structures(struct hmat *h, const uint8_t *data, size_t size, const char *name,
                           struct messages *errors, struct messages *warnings)
{
        size_t length, left_out = 0;
        int r = 0;

        for (size_t offset = FIRST_STRUCTURE; offset < size; offset += length) {
                const uint8_t *b = data + offset;
                size_t rest = size - offset;
                unsigned type = rest >= STRUCTURE_HEADER ? acpi_get16(b) : TYPES;
                uint64_t need = type < TYPES ? sizes[type] : STRUCTURE_HEADER;

                length = rest >= STRUCTURE_HEADER ? acpi_get32(b + 4) : rest;
                if (length <= rest && length >= need && type < TYPES)
                        need = find_size(type, b);
                if (length > rest || length < need) {
                        messages_add(errors,
                                     "%s: offset %zu: a structure of type %u and %zu bytes: "
                                     "expected %" PRIu64 " or more, up to the table's end",
                                     name, offset, type, length, need);
                        return -EBADMSG;
                }
                check_structure(h, type, offset, length - need, name, warnings, &left_out);
                if (type < TYPES)
                        r = read_structure(h, type, b);
                if (r < 0)
                        return r;
        }
        if (left_out > 0)
                messages_add(warnings, "%s: %zu more structures are odd", name, left_out);
        return 0;
}

int hmat_parse(const void *data, size_t size, const char *name, struct messages *errors,
               struct messages *warnings, struct hmat **ret)
{
        _cleanup_(hmat_freep) struct hmat *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        r = acpi_header_parse(data, size, "HMAT", name, errors, &h->header);
        if (r < 0)
                return r;
        if (size < FIRST_STRUCTURE || h->header.revision < 1 || h->header.revision > 2) {
                messages_add(errors,
                             "%s: expected a HMAT of revision 1 or 2 and at least %d bytes, found "
                             "revision %u and %zu bytes",
                             name, FIRST_STRUCTURE, h->header.revision, size);
                return -EBADMSG;
        }
        r = read_structures(h, data, size, name, errors, warnings);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

/* Writing */

static uint64_t size_of_matrix(const struct hmat_matrix *m)
{
        return sizes[TYPE_MATRIX] + 4 * (uint64_t)m->n_initiators + 4 * (uint64_t)m->n_targets +
               2 * (uint64_t)m->n_initiators * m->n_targets;
}

static uint64_t size_of_item(const struct hmat *h, const struct hmat_item *i)
{
        switch (i->type) {
        case TYPE_MATRIX:
                return size_of_matrix(&h->matrices[i->index]);
        case TYPE_CACHE:
                return sizes[TYPE_CACHE] + 2 * (uint64_t)h->caches[i->index].n_handles;
        default:
                return sizes[TYPE_DOMAIN];
        }
}

static void write_domain(const struct hmat *h, const struct hmat_domain *d, uint8_t *b)
{
        acpi_put16(b + 8, d->flags);
        acpi_put32(b + 12, d->initiator);
        acpi_put32(b + 16, d->memory);
        if (h->header.revision == 1) {
                acpi_put64(b + 24, d->base);
                acpi_put64(b + 32, d->length);
        }
}

static void write_matrix(const struct hmat_matrix *m, uint8_t *b)
{
        b[8] = m->flags;
        b[9] = m->data_type;
        b[10] = m->min_transfer_size;
        acpi_put32(b + 12, (uint32_t)m->n_initiators);
        acpi_put32(b + 16, (uint32_t)m->n_targets);
        acpi_put64(b + 24, m->base_unit);
        b += sizes[TYPE_MATRIX];
        for (size_t i = 0; i < m->n_initiators; i++, b += 4)
                acpi_put32(b, m->initiators[i]);
        for (size_t i = 0; i < m->n_targets; i++, b += 4)
                acpi_put32(b, m->targets[i]);
        for (size_t i = 0; i < m->n_initiators * m->n_targets; i++, b += 2)
                acpi_put16(b, m->entries[i]);
}

static void write_cache(const struct hmat_cache *c, uint8_t *b)
{
        acpi_put32(b + 8, c->memory);
        acpi_put64(b + 16, c->size);
        acpi_put32(b + 24, c->attributes);
        acpi_put16(b + 28, c->address_mode);
        acpi_put16(b + 30, (uint16_t)c->n_handles);
        for (size_t i = 0; i < c->n_handles; i++)
                acpi_put16(b + sizes[TYPE_CACHE] + 2 * i, c->handles[i]);
}

static void write_item(const struct hmat *h, const struct hmat_item *i, uint8_t *b)
{
        acpi_put16(b, i->type);
        acpi_put32(b + 4, (uint32_t)size_of_item(h, i));
        switch (i->type) {
        case TYPE_DOMAIN:
                write_domain(h, &h->domains[i->index], b);
                break;
        case TYPE_MATRIX:
                write_matrix(&h->matrices[i->index], b);
                break;
        case TYPE_CACHE:
                write_cache(&h->caches[i->index], b);
                break;
        }
}

int hmat_encode(const struct hmat *h, void **ret, size_t *ret_size)
{
        uint64_t size = FIRST_STRUCTURE;
        uint8_t *bytes, *b;

        for (size_t i = 0; i < h->n_items; i++)
                size += size_of_item(h, &h->items[i]);
        if (size > ACPI_TABLE_SIZE_MAX)
                return -EFBIG;
        bytes = calloc(1, size);
        if (!bytes)
                return -ENOMEM;
        b = bytes + FIRST_STRUCTURE;
        for (size_t i = 0; i < h->n_items; i++) {
                write_item(h, &h->items[i], b);
                b += size_of_item(h, &h->items[i]);
        }
        acpi_header_encode(&h->header, bytes, size);
        *ret = bytes;
        *ret_size = size;
        return 0;
}

/* In 32 bits, as Linux does it: what is near their end becomes 0. */
static uint32_t divide_up(uint32_t value, uint32_t divisor)
{
        return (value + divisor - 1) / divisor;
}

uint32_t hmat_value(const struct hmat *h, const struct hmat_matrix *m, size_t initiator,
                    size_t target)
{
        uint16_t entry = m->entries[initiator * m->n_targets + target];
        uint64_t value;

        if (entry == HMAT_ENTRY_UNREACHABLE ||
            __builtin_mul_overflow(m->base_unit, entry, &value) || value > UINT32_MAX)
                return 0;
        if (h->header.revision == 1)
                return value < 10 ? 0 : divide_up((uint32_t)value, 10);
        if (hmat_is_latency(m->data_type))
                return divide_up((uint32_t)value, 1000);
        return (uint32_t)value;
}
