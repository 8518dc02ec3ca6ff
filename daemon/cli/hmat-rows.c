/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-rows.h"

#include <errno.h>

#include "base/units.h"

static struct view_number number(int64_t value)
{
        return (struct view_number){ .known = true, .value = value };
}

static struct view_number find_node(const struct domain_map *map, uint32_t domain)
{
        const struct domain_node *d = domain_map_find(map, domain);

        return d ? number(d->node) : (struct view_number){ 0 };
}

static int compare_domains(const void *a, const void *b)
{
        const struct hmat_domain_row *x = a, *y = b;

        return (x->domain > y->domain) - (x->domain < y->domain);
}

/* One row for each entry, sorted, and then one for each domain: a table of any size takes no time.
 */
static int fill_domains(struct hmat_rows *r, const struct srat *s, const struct domain_map *map)
{
        r->domains = calloc(s->n_entries + 1, sizeof(*r->domains));
        if (!r->domains)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct srat_entry *e = &s->entries[i];

                r->domains[i] = (struct hmat_domain_row){
                        .domain = e->domain,
                        .cpus = e->kind == SRAT_CPU,
                        .generic_initiators = e->kind == SRAT_GENERIC_INITIATOR,
                        .generic_ports = e->kind == SRAT_GENERIC_PORT,
                        .memory_bytes = e->length,
                        .hotpluggable =
                                e->kind == SRAT_MEMORY && (e->flags & SRAT_HOTPLUGGABLE) != 0,
                };
        }
        qsort(r->domains, s->n_entries, sizeof(*r->domains), compare_domains);
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct hmat_domain_row *d = &r->domains[i];
                struct hmat_domain_row *last =
                        r->n_domains > 0 ? &r->domains[r->n_domains - 1] : NULL;

                if (!last || last->domain != d->domain) {
                        r->domains[r->n_domains] = *d;
                        r->domains[r->n_domains++].node = find_node(map, d->domain);
                        continue;
                }
                last->cpus += d->cpus;
                last->generic_initiators += d->generic_initiators;
                last->generic_ports += d->generic_ports;
                last->memory_bytes += d->memory_bytes;
                last->hotpluggable |= d->hotpluggable;
        }
        return 0;
}

/* ACPI: _HID and _UID; PCI: segment, bus, device and function (tables 5.75 and 5.76). */
static void set_device(struct hmat_device_row *d, const struct srat_entry *e)
{
        unsigned address = acpi_get16(e->handle + 2);

        d->handle = e->handle_type == 0 ? "acpi" : e->handle_type == 1 ? "pci" : "reserved";
        if (e->handle_type == 0)
                snprintf(d->buf, sizeof(d->buf), "%.8s:%x", (const char *)e->handle,
                         acpi_get32(e->handle + 8));
        else
                snprintf(d->buf, sizeof(d->buf), "%04x:%02x:%02x.%u", acpi_get16(e->handle),
                         address >> 8, address >> 3 & 0x1f, address & 7);
        acpi_make_printable(d->buf);
        d->device = e->handle_type <= 1 ? d->buf : NULL;
}

static int fill_devices(struct hmat_rows *r, const struct srat *s, const struct domain_map *map)
{
        r->devices = calloc(s->n_entries + 1, sizeof(*r->devices));
        if (!r->devices)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct srat_entry *e = &s->entries[i];
                struct hmat_device_row *d = &r->devices[r->n_devices];

                if (e->kind != SRAT_GENERIC_INITIATOR && e->kind != SRAT_GENERIC_PORT)
                        continue;
                d->kind = e->kind == SRAT_GENERIC_PORT ? "port" : "initiator";
                d->domain = e->domain;
                d->node = find_node(map, e->domain);
                set_device(d, e);
                r->n_devices++;
        }
        return 0;
}

static int fill_attributes(struct hmat_rows *r, const struct hmat *h, const struct domain_map *map)
{
        r->attributes = calloc(h->n_domains + 1, sizeof(*r->attributes));
        if (!r->attributes)
                return -ENOMEM;
        for (size_t i = 0; i < h->n_domains; i++) {
                const struct hmat_domain *d = &h->domains[i];
                struct hmat_attribute_row *row = &r->attributes[r->n_attributes++];

                *row = (struct hmat_attribute_row){ .memory = d->memory,
                                                    .memory_node = find_node(map, d->memory) };
                if (d->flags & HMAT_INITIATOR_VALID) {
                        row->initiator = number(d->initiator);
                        row->initiator_node = find_node(map, d->initiator);
                }
        }
        return 0;
}

static const char *data_name(uint8_t type)
{
        static const char *const names[HMAT_DATA_TYPES] = {
                [HMAT_ACCESS_LATENCY] = "access latency",
                [HMAT_READ_LATENCY] = "read latency",
                [HMAT_WRITE_LATENCY] = "write latency",
                [HMAT_ACCESS_BANDWIDTH] = "access bandwidth",
                [HMAT_READ_BANDWIDTH] = "read bandwidth",
                [HMAT_WRITE_BANDWIDTH] = "write bandwidth",
        };

        return type < HMAT_DATA_TYPES ? names[type] : "reserved";
}

/* Neither unknown nor unreachable in the table, but to Linux. */
static size_t count_lost(const struct hmat *h, const struct hmat_matrix *m)
{
        size_t lost = 0;

        for (size_t i = 0; i < m->n_initiators; i++)
                for (size_t t = 0; t < m->n_targets; t++) {
                        uint16_t entry = m->entries[i * m->n_targets + t];

                        lost += entry != 0 && entry != HMAT_ENTRY_UNREACHABLE &&
                                m->base_unit != 0 && hmat_value(h, m, i, t) == 0;
                }
        return lost;
}

static void check_matrix(const char *file, const struct hmat *h, size_t k,
                         struct messages *warnings)
{
        const struct hmat_matrix *m = &h->matrices[k];
        size_t lost = count_lost(h, m);

        if (m->data_type >= HMAT_DATA_TYPES)
                messages_add(warnings,
                             "%s: matrix %zu: Linux ignores it: the data type %u is reserved", file,
                             k, m->data_type);
        if ((m->flags & HMAT_HIERARCHY_MASK) > 3)
                messages_add(
                        warnings,
                        "%s: matrix %zu: expected memory (0) or the level of a side cache (1 to "
                        "3), found %u",
                        file, k, m->flags & HMAT_HIERARCHY_MASK);
        if (m->base_unit == 0)
                messages_add(warnings,
                             "%s: matrix %zu: its unit is 0: Linux knows none of its values", file,
                             k);
        if (lost > 0)
                messages_add(warnings,
                             "%s: matrix %zu: %zu value%s not fit the 32 bits of Linux, or %s less "
                             "than one unit there: they are unknown to it",
                             file, k, lost, lost == 1 ? " does" : "s do", lost == 1 ? "is" : "are");
}

/* At most HMAT_WARNINGS_MAX warnings, and one that says how many there are more. */
static void check_matrices(const char *file, const struct hmat *h, struct messages *warnings)
{
        size_t shown = 0, left_out = 0;

        for (size_t k = 0; k < h->n_matrices; k++) {
                struct messages odd = MESSAGES_INIT;

                check_matrix(file, h, k, &odd);
                for (size_t i = 0; i < odd.n; i++)
                        if (shown < HMAT_WARNINGS_MAX) {
                                messages_add(warnings, "%s", odd.items[i]);
                                shown++;
                        } else
                                left_out++;
                messages_done(&odd);
        }
        if (left_out > 0)
                messages_add(warnings, "%s: %zu more warning%s about matrices", file, left_out,
                             plural(left_out));
}

static int fill_matrices(struct hmat_rows *r, const struct hmat *h, struct messages *warnings)
{
        r->matrices = calloc(h->n_matrices + 1, sizeof(*r->matrices));
        if (!r->matrices)
                return -ENOMEM;
        check_matrices(r->table.file, h, warnings);
        for (size_t i = 0; i < h->n_matrices; i++) {
                const struct hmat_matrix *m = &h->matrices[i];

                r->matrices[r->n_matrices++] =
                        (struct hmat_matrix_row){ .data = data_name(m->data_type),
                                                  .level = m->flags & HMAT_HIERARCHY_MASK,
                                                  .initiators = (unsigned)m->n_initiators,
                                                  .targets = (unsigned)m->n_targets,
                                                  .base_unit = m->base_unit,
                                                  .min_transfer_size = m->min_transfer_size,
                                                  .flags = m->flags };
        }
        return 0;
}

static size_t count_entries(const struct hmat *h)
{
        size_t n = 0;

        for (size_t k = 0; k < h->n_matrices; k++)
                n += h->matrices[k].n_initiators * h->matrices[k].n_targets;
        return n;
}

static int fill_entries(struct hmat_rows *r, const struct hmat *h)
{
        r->entries = calloc(count_entries(h) + 1, sizeof(*r->entries));
        if (!r->entries)
                return -ENOMEM;
        for (size_t k = 0; k < h->n_matrices; k++) {
                const struct hmat_matrix *m = &h->matrices[k];

                for (size_t i = 0; i < m->n_initiators; i++)
                        for (size_t t = 0; t < m->n_targets; t++)
                                r->entries[r->n_entries++] = (struct hmat_entry_row){
                                        .matrix = (unsigned)k,
                                        .initiator = m->initiators[i],
                                        .target = m->targets[t],
                                        .entry = m->entries[i * m->n_targets + t],
                                };
        }
        return 0;
}

/* Each matrix overwrites the one before it, also with "unknown" (hmat.c:hmat_parse_locality). */
static void set_value(struct hmat_value_row *v, uint8_t type, uint32_t value)
{
        struct view_number n = { .known = value != 0, .value = value };

        if (type == HMAT_ACCESS_LATENCY || type == HMAT_READ_LATENCY)
                v->read_latency = n;
        if (type == HMAT_ACCESS_LATENCY || type == HMAT_WRITE_LATENCY)
                v->write_latency = n;
        if (type == HMAT_ACCESS_BANDWIDTH || type == HMAT_READ_BANDWIDTH)
                v->read_bandwidth = n;
        if (type == HMAT_ACCESS_BANDWIDTH || type == HMAT_WRITE_BANDWIDTH)
                v->write_bandwidth = n;
}

/* One entry of a matrix */
struct entry {
        uint32_t initiator, target, value;
        unsigned level;
        unsigned place; /* in the table: a later one counts */
        uint8_t type;
};

static bool is_same_row(const struct entry *a, const struct entry *b)
{
        return a->level == b->level && a->initiator == b->initiator && a->target == b->target;
}

static int compare_entries(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;

        return ((x->level > y->level) - (x->level < y->level))
                       ?: ((x->target > y->target) - (x->target < y->target))
                       ?: ((x->initiator > y->initiator) - (x->initiator < y->initiator))
                       ?: ((x->place > y->place) - (x->place < y->place));
}

/* The entries of all matrices, by pair. *ret_n: how many. NULL: out of memory. */
static struct entry *list_entries(const struct hmat *h, size_t *ret_n)
{
        struct entry *entries = calloc(count_entries(h) + 1, sizeof(*entries));
        size_t n = 0;

        for (size_t k = 0; entries && k < h->n_matrices; k++) {
                const struct hmat_matrix *m = &h->matrices[k];

                for (size_t i = 0; i < m->n_initiators; i++)
                        for (size_t t = 0; t < m->n_targets; t++, n++)
                                entries[n] = (struct entry){
                                        .initiator = m->initiators[i],
                                        .target = m->targets[t],
                                        .value = hmat_value(h, m, i, t),
                                        .level = m->flags & HMAT_HIERARCHY_MASK,
                                        .place = (unsigned)n,
                                        .type = m->data_type,
                                };
        }
        if (entries)
                qsort(entries, n, sizeof(*entries), compare_entries);
        *ret_n = n;
        return entries;
}

static int fill_values(struct hmat_rows *r, const struct hmat *h, const struct domain_map *map)
{
        size_t n;
        _cleanup_(freep) struct entry *entries = list_entries(h, &n);

        r->values = entries ? calloc(n + 1, sizeof(*r->values)) : NULL;
        if (!r->values)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const struct entry *e = &entries[i];

                if (i == 0 || !is_same_row(e - 1, e))
                        r->values[r->n_values++] = (struct hmat_value_row){
                                .initiator = e->initiator,
                                .target = e->target,
                                .level = e->level,
                                .initiator_node = find_node(map, e->initiator),
                                .target_node = find_node(map, e->target),
                        };
                set_value(&r->values[r->n_values - 1], e->type, e->value);
        }
        return 0;
}

/* Bits 8-11 and 12-15 of the attributes (table 5.181) */
static const char *indexing_name(uint32_t attributes)
{
        static const char *const names[] = { "none", "direct-mapped", "complex" };
        unsigned i = attributes >> 8 & 0xf;

        return i < ELEMENTSOF(names) ? names[i] : "reserved";
}

static const char *write_policy_name(uint32_t attributes)
{
        static const char *const names[] = { "none", "write-back", "write-through" };
        unsigned i = attributes >> 12 & 0xf;

        return i < ELEMENTSOF(names) ? names[i] : "reserved";
}

static const char *address_mode_name(uint16_t mode)
{
        return mode == 0                            ? "unknown"
               : mode == HMAT_CACHE_EXTENDED_LINEAR ? "extended-linear"
                                                    : "reserved";
}

static int fill_caches(struct hmat_rows *r, const struct hmat *h, const struct domain_map *map)
{
        r->caches = calloc(h->n_caches + 1, sizeof(*r->caches));
        if (!r->caches)
                return -ENOMEM;
        for (size_t i = 0; i < h->n_caches; i++) {
                const struct hmat_cache *c = &h->caches[i];

                r->caches[r->n_caches++] =
                        (struct hmat_cache_row){ .memory = c->memory,
                                                 .node = find_node(map, c->memory),
                                                 .level = c->attributes >> 4 & 0xf,
                                                 .levels = c->attributes & 0xf,
                                                 .size_bytes = c->size,
                                                 .line_size = c->attributes >> 16,
                                                 .indexing = indexing_name(c->attributes),
                                                 .write_policy = write_policy_name(c->attributes),
                                                 .address_mode = address_mode_name(c->address_mode),
                                                 .smbios_handles = (unsigned)c->n_handles };
        }
        return 0;
}

int hmat_rows_new(const char *file, const struct hmat *h, const struct hmat_surroundings *s,
                  struct messages *warnings, struct hmat_rows *ret)
{
        const struct domain_map *map = &s->map;
        int r = 0;

        *ret = (struct hmat_rows){ .table = { .file = file,
                                              .revision = h->header.revision,
                                              .bytes = h->header.length,
                                              .oem_id = h->header.oem_id,
                                              .oem_table_id = h->header.oem_table_id,
                                              .oem_revision = h->header.oem_revision,
                                              .creator_id = h->header.creator_id,
                                              .creator_revision = h->header.creator_revision } };
        if (s->srat)
                r = fill_domains(ret, s->srat, map);
        if (r == 0 && s->srat)
                r = fill_devices(ret, s->srat, map);
        if (r == 0)
                r = fill_attributes(ret, h, map);
        if (r == 0)
                r = fill_matrices(ret, h, warnings);
        if (r == 0)
                r = fill_entries(ret, h);
        if (r == 0)
                r = fill_values(ret, h, map);
        if (r == 0)
                r = fill_caches(ret, h, map);
        if (r == 0 && map->n > 0)
                r = hmat_node_rows(h, s, warnings, ret);
        return r;
}

void hmat_rows_done(struct hmat_rows *r)
{
        free(r->domains);
        free(r->devices);
        free(r->attributes);
        free(r->matrices);
        free(r->entries);
        free(r->values);
        free(r->caches);
        free(r->nodes);
        *r = (struct hmat_rows){ 0 };
}
