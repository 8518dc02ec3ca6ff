/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/reading.h"

#include <errno.h>

#define NONE UINT32_MAX

/* In Linux's order (hmat.c: enum locality_types); and the types of matrix that each is in. */
static const struct locality {
        enum perf_value value;
        enum hmat_data_type own, access;
} localities[] = {
        { WRITE_LATENCY, HMAT_WRITE_LATENCY, HMAT_ACCESS_LATENCY },
        { READ_LATENCY, HMAT_READ_LATENCY, HMAT_ACCESS_LATENCY },
        { WRITE_BANDWIDTH, HMAT_WRITE_BANDWIDTH, HMAT_ACCESS_BANDWIDTH },
        { READ_BANDWIDTH, HMAT_READ_BANDWIDTH, HMAT_ACCESS_BANDWIDTH },
};

/* By domain below NODE_MAX */
struct reader {
        const struct hmat *h;
        const struct nodeset *candidates;
        struct hmat_access *targets;
        struct nodeset listed;       /* candidates that are in a matrix (alloc_memory_initiator) */
        uint32_t attached[NODE_MAX]; /* the domain's attached initiator, or NONE */
        uint32_t rows[NODE_MAX], columns[NODE_MAX]; /* of the matrix at hand, or NONE */
};

static bool is_about(const struct hmat_matrix *m, const struct locality *l)
{
        return (m->flags & HMAT_HIERARCHY_MASK) == 0 &&
               (m->data_type == l->own || m->data_type == l->access);
}

/* Of several structures the last counts (hmat_parse_proximity_domain). */
static void find_attached(struct reader *r)
{
        for (size_t i = 0; i < NODE_MAX; i++)
                r->attached[i] = r->rows[i] = r->columns[i] = NONE;
        for (size_t i = 0; i < r->h->n_domains; i++) {
                const struct hmat_domain *d = &r->h->domains[i];

                if (d->memory < NODE_MAX && d->flags & HMAT_INITIATOR_VALID)
                        r->attached[d->memory] = d->initiator < NODE_MAX ? d->initiator : NODE_MAX;
        }
        for (size_t i = 0; i < NODE_MAX; i++)
                if (r->attached[i] != NONE && !nodeset_has(r->candidates, r->attached[i]))
                        r->attached[i] = NONE;
}

static void find_listed(struct reader *r)
{
        for (size_t k = 0; k < r->h->n_matrices; k++) {
                const struct hmat_matrix *m = &r->h->matrices[k];

                for (size_t i = 0; i < m->n_initiators; i++)
                        if (nodeset_has(r->candidates, m->initiators[i]))
                                nodeset_add(&r->listed, m->initiators[i]);
        }
}

/* Where a matrix has each domain: in its first place, or in its last. */
static void set_places(uint32_t places[static NODE_MAX], const uint32_t *domains, size_t n,
                       bool is_last)
{
        for (size_t i = 0; i < n; i++)
                if (domains[i] < NODE_MAX && (is_last || places[domains[i]] == NONE))
                        places[domains[i]] = (uint32_t)i;
}

static void clear_places(uint32_t places[static NODE_MAX], const uint32_t *domains, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (domains[i] < NODE_MAX)
                        places[domains[i]] = NONE;
}

static void set_perf(struct perf *p, const struct hmat_matrix *m, uint32_t value)
{
        for (size_t i = 0; i < ELEMENTSOF(localities); i++)
                if (is_about(m, &localities[i]))
                        p->v[localities[i].value] = value;
}

/* hmat_parse_locality: each matrix that has the pair sets the value, also to 0. */
static void read_attached(struct reader *r, const struct hmat_matrix *m)
{
        set_places(r->rows, m->initiators, m->n_initiators, true);
        for (size_t t = 0; t < m->n_targets; t++) {
                uint32_t target = m->targets[t];
                uint32_t initiator = target < NODE_MAX ? r->attached[target] : NONE;

                if (initiator != NONE && r->rows[initiator] != NONE)
                        set_perf(&r->targets[target].perf, m,
                                 hmat_value(r->h, m, r->rows[initiator], t));
        }
        clear_places(r->rows, m->initiators, m->n_initiators);
}

static bool is_better(enum perf_value v, uint32_t value, uint32_t best)
{
        if (value == 0 || best == 0)
                return value != 0;
        return perf_value_is_latency(v) ? value < best : value > best;
}

/* hmat_initiator_perf: the first row and the first column of these domains. */
static uint32_t read_pair(const struct reader *r, const struct hmat_matrix *m, uint32_t initiator,
                          uint32_t target)
{
        return r->rows[initiator] == NONE
                       ? 0
                       : hmat_value(r->h, m, r->rows[initiator], r->columns[target]);
}

/* The best of the initiators that are left; only those that have it are left then. It is set for
 * all that the matrix speaks of: reads and writes, even if one of them has a matrix of its own. */
static void keep_best(const struct reader *r, const struct hmat_matrix *m, enum perf_value v,
                      uint32_t target)
{
        struct hmat_access *a = &r->targets[target];
        uint32_t best = 0;

        nodeset_foreach (i, &a->initiators) {
                uint32_t value = read_pair(r, m, i, target);

                if (is_better(v, value, best))
                        best = value;
        }
        nodeset_foreach (i, &a->initiators)
                if (read_pair(r, m, i, target) != best)
                        nodeset_remove(&a->initiators, i);
        if (best != 0)
                set_perf(&a->perf, m, best);
}

static const struct hmat_matrix *find_last(const struct hmat *h, const struct locality *l)
{
        const struct hmat_matrix *last = NULL;

        for (size_t k = 0; k < h->n_matrices; k++)
                if (is_about(&h->matrices[k], l))
                        last = &h->matrices[k];
        return last;
}

static void read_best(struct reader *r, const struct locality *l)
{
        const struct hmat_matrix *m = find_last(r->h, l);

        if (!m)
                return;
        set_places(r->rows, m->initiators, m->n_initiators, false);
        set_places(r->columns, m->targets, m->n_targets, false);
        for (uint32_t t = 0; t < NODE_MAX; t++)
                if (r->attached[t] == NONE && r->columns[t] != NONE)
                        keep_best(r, m, l->value, t);
        clear_places(r->rows, m->initiators, m->n_initiators);
        clear_places(r->columns, m->targets, m->n_targets);
}

int hmat_read_access(const struct hmat *h, const struct nodeset *candidates,
                     struct hmat_access *ret)
{
        _cleanup_(freep) struct reader *r = calloc(1, sizeof(*r));

        if (!r)
                return -ENOMEM;
        *r = (struct reader){ .h = h, .candidates = candidates, .targets = ret };
        memset(ret, 0, NODE_MAX * sizeof(*ret));
        find_attached(r);
        find_listed(r);
        for (size_t i = 0; i < NODE_MAX; i++)
                if (r->attached[i] == NONE)
                        ret[i].initiators = r->listed;
                else
                        nodeset_add(&ret[i].initiators, r->attached[i]);
        for (size_t k = 0; k < h->n_matrices; k++)
                read_attached(r, &h->matrices[k]);
        for (size_t i = 0; i < ELEMENTSOF(localities); i++)
                read_best(r, &localities[i]);
        return 0;
}

/* Whether it is used */

uint32_t *hmat_list_targets(const struct srat *s, size_t *ret_n)
{
        uint32_t *targets = calloc(s->n_entries + 1, sizeof(*targets));
        size_t n = 0;

        if (!targets)
                return NULL;
        for (size_t i = 0; i < s->n_entries; i++)
                if (srat_is_target(&s->entries[i]))
                        targets[n++] = s->entries[i].domain;
        qsort(targets, n, sizeof(*targets), compare_u32);
        *ret_n = n;
        return targets;
}

bool hmat_is_target(const uint32_t *targets, size_t n, uint32_t domain)
{
        return bsearch(&domain, targets, n, sizeof(*targets), compare_u32) != NULL;
}

/* hmat_parse_proximity_domain */
static bool check_domain(const struct hmat *h, const struct hmat_domain *d, bool is_target,
                         const struct domain_map *map, struct messages *flaws)
{
        if (h->header.revision == 1 && !(d->flags & HMAT_MEMORY_VALID))
                return true;
        if (!is_target) {
                messages_add(flaws, "proximity domain %u has no memory in SRAT", d->memory);
                return false;
        }
        if (d->flags & HMAT_INITIATOR_VALID && !domain_map_find(map, d->initiator)) {
                messages_add(flaws,
                             "proximity domain %u is the attached initiator of %u, and SRAT has "
                             "no node for it",
                             d->initiator, d->memory);
                return false;
        }
        return true;
}

int hmat_check_use(const struct hmat *h, const struct srat *s, const struct domain_map *map,
                   struct messages *flaws)
{
        size_t n;
        _cleanup_(freep) uint32_t *targets = hmat_list_targets(s, &n);

        if (!targets)
                return -ENOMEM;
        if (h->has_long_domain)
                messages_add(flaws, "a structure of type 0 has not exactly 40 bytes");
        for (size_t i = 0; i < h->n_domains; i++) {
                const struct hmat_domain *d = &h->domains[i];
                bool is_target = hmat_is_target(targets, n, d->memory);

                if (!check_domain(h, d, is_target, map, flaws))
                        break; /* as Linux does it; a table may have a million of them */
        }
        return 0;
}
