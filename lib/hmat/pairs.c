/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/pairs.h"

#include <assert.h>
#include <errno.h>

/* As many as 1024 initiators and 1024 targets: Linux has no more nodes. */
#define PAIRS_MAX (1U << 20)

#define ENTRY_MAX (HMAT_ENTRY_UNREACHABLE - 1)

static size_t sort_unique(uint32_t *items, size_t n)
{
        size_t kept = 0;

        qsort(items, n, sizeof(*items), compare_u32);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || items[kept - 1] != items[i])
                        items[kept++] = items[i];
        return kept;
}

static bool is_memory(const struct hmat_matrix *m)
{
        return (m->flags & HMAT_HIERARCHY_MASK) == 0 && m->data_type < HMAT_DATA_TYPES;
}

/* All domains of one side: those given, and those of the table's matrices. */
static int collect(const struct hmat *h, bool is_target, const uint32_t *given, size_t n_given,
                   uint32_t **ret, size_t *ret_n)
{
        size_t total = n_given, n = n_given;
        uint32_t *items;

        for (size_t i = 0; h && i < h->n_matrices; i++)
                if (is_memory(&h->matrices[i]))
                        total += is_target ? h->matrices[i].n_targets : h->matrices[i].n_initiators;
        items = calloc(total ?: 1, sizeof(*items));
        if (!items)
                return -ENOMEM;
        for (size_t i = 0; i < n_given; i++)
                items[i] = given[i];
        for (size_t i = 0; h && i < h->n_matrices; i++) {
                const struct hmat_matrix *m = &h->matrices[i];
                size_t more = is_target ? m->n_targets : m->n_initiators;

                if (!is_memory(m) || more == 0)
                        continue;
                memcpy(items + n, is_target ? m->targets : m->initiators, more * sizeof(*items));
                n += more;
        }
        *ret = items;
        *ret_n = sort_unique(items, n);
        return 0;
}

static size_t find_domain(const uint32_t *items, size_t n, uint32_t domain)
{
        const uint32_t *found =
                n == 0 ? NULL : bsearch(&domain, items, n, sizeof(*items), compare_u32);

        return found ? (size_t)(found - items) : SIZE_MAX;
}

struct hmat_pair *hmat_pairs_find(const struct hmat_pairs *p, uint32_t initiator, uint32_t target)
{
        size_t i = find_domain(p->initiators, p->n_initiators, initiator);
        size_t t = find_domain(p->targets, p->n_targets, target);

        return i == SIZE_MAX || t == SIZE_MAX ? NULL : &p->items[i * p->n_targets + t];
}

/* An entry in picoseconds or MB/s. */
static uint32_t get_exact(const struct hmat *h, const struct hmat_matrix *m, size_t i, size_t t)
{
        uint32_t value = hmat_value(h, m, i, t);

        if (value == 0 || !hmat_is_latency(m->data_type))
                return value;
        if (h->header.revision >= 2)
                return (uint32_t)(m->entries[i * m->n_targets + t] * m->base_unit);
        return value > UINT32_MAX / PICOSECONDS ? 0 : value * PICOSECONDS;
}

/* The values that a type of matrix speaks of, a bit for each. */
static unsigned get_values(uint8_t data_type)
{
        static const unsigned values[] = {
                [HMAT_ACCESS_LATENCY] = 1U << READ_LATENCY | 1U << WRITE_LATENCY,
                [HMAT_READ_LATENCY] = 1U << READ_LATENCY,
                [HMAT_WRITE_LATENCY] = 1U << WRITE_LATENCY,
                [HMAT_ACCESS_BANDWIDTH] = 1U << READ_BANDWIDTH | 1U << WRITE_BANDWIDTH,
                [HMAT_READ_BANDWIDTH] = 1U << READ_BANDWIDTH,
                [HMAT_WRITE_BANDWIDTH] = 1U << WRITE_BANDWIDTH,
        };
        static_assert(ELEMENTSOF(values) == HMAT_DATA_TYPES, "what each type speaks of");

        return values[data_type];
}

static void set_values(struct hmat_pair *p, unsigned values, uint32_t value)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (values & 1U << v)
                        p->v[v] = value;
}

static void read_matrix(const struct hmat *h, const struct hmat_matrix *m, struct hmat_pairs *p)
{
        unsigned values = get_values(m->data_type);

        for (size_t i = 0; i < m->n_initiators; i++)
                for (size_t t = 0; t < m->n_targets; t++)
                        set_values(hmat_pairs_find(p, m->initiators[i], m->targets[t]), values,
                                   get_exact(h, m, i, t));
}

int hmat_pairs_read(const struct hmat *h, const uint32_t *initiators, size_t n_initiators,
                    const uint32_t *targets, size_t n_targets, struct hmat_pairs *ret)
{
        struct hmat_pairs p = { 0 };
        int r;

        r = collect(h, false, initiators, n_initiators, &p.initiators, &p.n_initiators);
        if (r == 0)
                r = collect(h, true, targets, n_targets, &p.targets, &p.n_targets);
        if (r == 0 && p.n_targets > 0 && p.n_initiators > PAIRS_MAX / p.n_targets)
                r = -E2BIG;
        if (r == 0) {
                p.items = calloc((p.n_initiators * p.n_targets) ?: 1, sizeof(*p.items));
                r = p.items ? 0 : -ENOMEM;
        }
        for (size_t i = 0; r == 0 && h && i < h->n_matrices; i++)
                if (is_memory(&h->matrices[i]))
                        read_matrix(h, &h->matrices[i], &p);
        if (r < 0) {
                hmat_pairs_done(&p);
                return r;
        }
        *ret = p;
        return 0;
}

void hmat_pairs_done(struct hmat_pairs *p)
{
        free(p->initiators);
        free(p->targets);
        free(p->items);
        *p = (struct hmat_pairs){ 0 };
}

/* Writing. */

static size_t count(const struct hmat_pairs *p)
{
        return p->n_initiators * p->n_targets;
}

uint32_t hmat_round_up(uint32_t value, uint64_t unit)
{
        uint64_t units = unit == 0 ? 0 : value / unit + (value % unit != 0);

        if (unit == 0 || units == 0)
                return value;
        return (uint32_t)((units > UINT32_MAX / unit ? units - 1 : units) * unit);
}

struct hmat_units hmat_units_read(const struct hmat *h)
{
        struct hmat_units units = { 0 };

        for (size_t i = 0; i < h->n_matrices; i++) {
                const struct hmat_matrix *m = &h->matrices[i];

                if (!is_memory(m))
                        continue;
                if (hmat_is_latency(m->data_type))
                        units.latency = units.latency ?: m->base_unit;
                else
                        units.bandwidth = units.bandwidth ?: m->base_unit;
        }
        return units;
}

/* The largest of some values of all pairs, and the largest number that divides each of them. */
static void measure(const struct hmat_pairs *p, unsigned values, uint64_t *ret_largest,
                    uint64_t *ret_divisor)
{
        *ret_largest = *ret_divisor = 0;
        for (size_t i = 0; i < count(p); i++)
                for (unsigned v = 0; v < PERF_VALUES; v++) {
                        uint32_t value = values & 1U << v ? p->items[i].v[v] : 0;

                        *ret_largest = value > *ret_largest ? value : *ret_largest;
                        *ret_divisor = greatest_common_divisor(*ret_divisor, value);
                }
}

static void round_all(struct hmat_pairs *p, unsigned values, uint64_t unit)
{
        for (size_t i = 0; i < count(p); i++)
                for (unsigned v = 0; v < PERF_VALUES; v++)
                        if (values & 1U << v)
                                p->items[i].v[v] = hmat_round_up(p->items[i].v[v], unit);
}

/* A unit that loses nothing: the natural one (a nanosecond, a MB/s), or the largest; 0: there is
 * none. */
static uint64_t find_exact(const struct hmat_pairs *p, unsigned values, uint64_t natural)
{
        uint64_t largest, divisor;

        measure(p, values, &largest, &divisor);
        if (divisor % natural == 0 && largest / natural <= ENTRY_MAX)
                return natural;
        return largest / divisor <= ENTRY_MAX ? divisor : 0;
}

/* Rounds the values to whole units. */
static uint64_t find_unit(struct hmat_pairs *p, unsigned values, uint64_t natural,
                          uint64_t preferred)
{
        uint64_t largest, divisor, unit;

        measure(p, values, &largest, &divisor);
        unit = preferred;
        if (unit == 0 || largest > UINT32_MAX - unit || (largest + unit - 1) / unit > ENTRY_MAX)
                unit = find_exact(p, values, natural);
        if (unit == 0)
                unit = (largest / natural + ENTRY_MAX) / ENTRY_MAX * natural;
        round_all(p, values, unit);
        return unit;
}

static int write_matrix(const struct hmat_pairs *p, enum hmat_data_type type, unsigned v,
                        uint64_t base, struct hmat *h)
{
        struct hmat_matrix *m = hmat_add_matrix(h, p->n_initiators, p->n_targets);

        if (!m)
                return -ENOMEM;
        m->data_type = (uint8_t)type;
        m->base_unit = base;
        memcpy(m->initiators, p->initiators, p->n_initiators * sizeof(*p->initiators));
        memcpy(m->targets, p->targets, p->n_targets * sizeof(*p->targets));
        for (size_t i = 0; i < count(p); i++) {
                assert(p->items[i].v[v] / base <= ENTRY_MAX);
                m->entries[i] = (uint16_t)(p->items[i].v[v] / base);
        }
        return 0;
}

static bool are_alike(const struct hmat_pairs *p, unsigned read, unsigned write)
{
        for (size_t i = 0; i < count(p); i++)
                if (p->items[i].v[read] != p->items[i].v[write])
                        return false;
        return true;
}

static int write_matrices(const struct hmat_pairs *p, bool alike, enum hmat_data_type access,
                          unsigned read, unsigned write, uint64_t base, struct hmat *h)
{
        int r;

        if (alike)
                return write_matrix(p, access, read, base, h);
        r = write_matrix(p, (enum hmat_data_type)(access + 1), read, base, h);
        return r < 0 ? r : write_matrix(p, (enum hmat_data_type)(access + 2), write, base, h);
}

int hmat_pairs_write(const struct hmat_pairs *p, const struct hmat_units *preferred, struct hmat *h)
{
        struct hmat_pairs rounded = *p;
        uint64_t latency, bandwidth;
        bool alike;
        int r;

        if (count(p) == 0)
                return 0;
        rounded.items = calloc(count(p), sizeof(*rounded.items));
        if (!rounded.items)
                return -ENOMEM;
        memcpy(rounded.items, p->items, count(p) * sizeof(*p->items));
        latency = find_unit(&rounded, get_values(HMAT_ACCESS_LATENCY), PICOSECONDS,
                            preferred->latency);
        bandwidth = find_unit(&rounded, get_values(HMAT_ACCESS_BANDWIDTH), 1, preferred->bandwidth);
        alike = are_alike(&rounded, READ_LATENCY, WRITE_LATENCY) &&
                are_alike(&rounded, READ_BANDWIDTH, WRITE_BANDWIDTH);
        r = write_matrices(&rounded, alike, HMAT_ACCESS_LATENCY, READ_LATENCY, WRITE_LATENCY,
                           latency, h);
        if (r == 0)
                r = write_matrices(&rounded, alike, HMAT_ACCESS_BANDWIDTH, READ_BANDWIDTH,
                                   WRITE_BANDWIDTH, bandwidth, h);
        free(rounded.items);
        return r;
}
