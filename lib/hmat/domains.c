/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/domains.h"

#include <errno.h>

bool hmat_is_dram(const struct node *n)
{
        return n->has_memory && (n->has_cpu || n->has_offline_cpu);
}

bool hmat_find_initiator(const struct hmat *h, uint32_t target, uint32_t *ret)
{
        bool found = false;

        for (size_t i = 0; i < h->n_domains; i++)
                if (h->domains[i].memory == target && h->domains[i].flags & HMAT_INITIATOR_VALID) {
                        *ret = h->domains[i].initiator;
                        found = true;
                }
        return found;
}

bool hmat_domains_have_cpu(const struct hmat_domains *d, uint32_t domain)
{
        for (size_t i = 0; i < d->n_cpus; i++)
                if (d->cpus[i] == domain)
                        return true;
        return false;
}

/* The memory ranges of SRAT, by address. */
struct range {
        uint64_t first, end;
        uint32_t domain;
};

struct ranges {
        struct range *items;
        size_t n;
};

static int compare_ranges(const void *a, const void *b)
{
        const struct range *x = a, *y = b;

        return (x->first > y->first) - (x->first < y->first);
}

/* Ranges of one domain that meet become one: a table has room for 400000. */
static void merge_ranges(struct ranges *r)
{
        size_t n = 0;

        for (size_t i = 0; i < r->n; i++) {
                struct range *last = n > 0 ? &r->items[n - 1] : NULL;

                if (!last || last->domain != r->items[i].domain || last->end < r->items[i].first)
                        r->items[n++] = r->items[i];
                else if (last->end < r->items[i].end)
                        last->end = r->items[i].end;
        }
        r->n = n;
}

static int read_ranges(const struct srat *s, struct ranges *ret)
{
        *ret = (struct ranges){ .items = calloc(s->n_entries ?: 1, sizeof(*ret->items)) };
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct srat_entry *e = &s->entries[i];

                if (e->kind != SRAT_MEMORY || e->length == 0)
                        continue;
                ret->items[ret->n++] = (struct range){
                        .first = e->base,
                        .end = e->length > UINT64_MAX - e->base ? UINT64_MAX : e->base + e->length,
                        .domain = e->domain,
                };
        }
        qsort(ret->items, ret->n, sizeof(*ret->items), compare_ranges);
        merge_ranges(ret);
        return 0;
}

/* What the blocks of one node say of it. */
struct evidence {
        size_t n_blocks;
        bool is_inside;    /* of the domain that the node's number stands for */
        bool is_elsewhere; /* a block is in this other domain: */
        uint32_t other;
        uint64_t other_block;
};

/* Adds a block to what is known of its node. One that several domains share says nothing. skip: the
 * ranges that end before it; the blocks come in order. */
static void add_block(const struct ranges *r, const struct domain_node *own, uint64_t first,
                      uint64_t end, uint64_t number, size_t *skip, struct evidence *e)
{
        const struct range *found = NULL;

        e->n_blocks++;
        while (*skip < r->n && r->items[*skip].end <= first)
                (*skip)++;
        for (size_t i = *skip; i < r->n && r->items[i].first < end; i++) {
                if (r->items[i].end <= first)
                        continue;
                if (found && found->domain != r->items[i].domain)
                        return;
                found = &r->items[i];
        }
        if (!found)
                return;
        if (own && found->domain == own->domain) {
                e->is_inside = true;
        } else if (!e->is_elsewhere) {
                e->is_elsewhere = true;
                e->other = found->domain;
                e->other_block = number;
        }
}

static size_t find_index(const struct machine *m, uint32_t node)
{
        const struct node *n = node < NODE_MAX ? machine_get_node(m, node) : NULL;

        return n ? (size_t)(n - m->nodes) : SIZE_MAX;
}

static int read_evidence(const struct hmat_facts *f, const struct domain_map *map,
                         struct evidence *ret)
{
        const struct machine *m = f->assignment->machine;
        const struct block_table *t = f->blocks;
        struct ranges ranges;
        size_t skip = 0;
        int r = read_ranges(f->srat, &ranges);

        for (size_t i = 0; r == 0 && t && i < t->n; i++) {
                const struct block *b = &t->blocks[i];
                size_t node = find_index(m, b->node);
                uint64_t first = b->number * t->block_size;

                if (node == SIZE_MAX || t->block_size == 0 ||
                    b->number >= UINT64_MAX / t->block_size)
                        continue;
                add_block(&ranges, domain_map_find_node(map, b->node), first, first + t->block_size,
                          b->number, &skip, &ret[node]);
        }
        free(ranges.items);
        return r;
}

/* Memory that a driver brings, at addresses that no firmware has put into SRAT. */
static bool is_device(const struct node_assignment *n)
{
        return n->node->kind == KIND_CXL || n->node->kind == KIND_GPU || n->cause == CAUSE_IGNORED;
}

static enum hmat_place find_place(const struct node_assignment *n, const struct evidence *e,
                                  struct refusals *refusals, struct messages *remarks)
{
        unsigned id = n->node->id;

        if (!n->node->has_memory)
                return PLACE_NONE;
        if (e->n_blocks == 0)
                refusals_add(refusals,
                             "Node %u: which memory is this node's is not known (/sys/devices/"
                             "system/memory), so it cannot be found in SRAT.",
                             id);
        else if (e->is_elsewhere)
                refusals_add(refusals,
                             "Node %u: memory block %llu is its memory, and SRAT has that in "
                             "proximity domain %u, which is not this node: the kernel does not "
                             "number its nodes by this SRAT.",
                             id, (unsigned long long)e->other_block, e->other);
        else if (e->is_inside)
                return PLACE_SRAT;
        else if (is_device(n))
                messages_add(remarks,
                             "Node %u is left out: its memory is not in SRAT, so HMAT cannot "
                             "describe it. Its tier comes from the device (CDAT).",
                             id);
        else
                refusals_add(
                        refusals,
                        "Node %u: its memory is in no proximity domain of SRAT, so HMAT cannot "
                        "describe it.",
                        id);
        return PLACE_OUTSIDE;
}

static bool has_cpus_in_srat(const struct srat *s, uint32_t domain)
{
        for (size_t i = 0; i < s->n_entries; i++)
                if (s->entries[i].kind == SRAT_CPU && s->entries[i].domain == domain)
                        return true;
        return false;
}

/* The domains come in ascending order. */
static int find_cpus(const struct hmat_facts *f, struct hmat_domains *d, struct refusals *refusals)
{
        const struct machine *m = f->assignment->machine;

        d->cpus = calloc(d->map.n ?: 1, sizeof(*d->cpus));
        if (!d->cpus)
                return -ENOMEM;
        for (size_t i = 0; i < d->map.n; i++) {
                const struct node *n = machine_get_node(m, d->map.items[i].node);

                if (n && (n->has_cpu || n->has_offline_cpu) &&
                    has_cpus_in_srat(f->srat, d->map.items[i].domain))
                        d->cpus[d->n_cpus++] = d->map.items[i].domain;
        }
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct domain_node *own = domain_map_find_node(&d->map, m->nodes[i].id);

                if (m->nodes[i].has_cpu && !(own && hmat_domains_have_cpu(d, own->domain)))
                        refusals_add(refusals,
                                     "Node %u has CPUs, and SRAT has none there: the kernel does "
                                     "not number its nodes by this SRAT.",
                                     m->nodes[i].id);
        }
        if (d->n_cpus == 0)
                refusals_add(refusals, "SRAT has no CPUs, so HMAT can have no initiator.");
        return 0;
}

static int find_places(const struct hmat_facts *f, struct hmat_domains *d,
                       struct refusals *refusals, struct messages *remarks)
{
        const struct assignment *a = f->assignment;
        _cleanup_(freep) struct evidence *evidence = calloc(a->n_nodes ?: 1, sizeof(*evidence));
        int r;

        d->places = calloc(a->n_nodes ?: 1, sizeof(*d->places));
        d->of = calloc(a->n_nodes ?: 1, sizeof(*d->of));
        if (!evidence || !d->places || !d->of)
                return -ENOMEM;
        r = read_evidence(f, &d->map, evidence);
        for (size_t i = 0; r == 0 && i < a->n_nodes; i++) {
                const struct domain_node *own = domain_map_find_node(&d->map, a->nodes[i].node->id);

                d->places[i] = find_place(&a->nodes[i], &evidence[i], refusals, remarks);
                if (d->places[i] == PLACE_SRAT)
                        d->of[i] = own->domain;
        }
        return r;
}

/* srat.c:acpi_map_pxm_to_node has no node for a domain of MAX_PXM_DOMAINS or more, as many as there
 * are nodes, and then SRAT is not used at all. Generic ports need no node. */
static bool is_used(const struct srat *s, struct refusals *refusals)
{
        for (size_t i = 0; i < s->n_entries; i++)
                if (s->entries[i].domain >= NODE_MAX && s->entries[i].kind != SRAT_GENERIC_PORT) {
                        refusals_add(refusals,
                                     "SRAT has proximity domain %u: Linux uses no SRAT with a "
                                     "domain of %u or more.",
                                     s->entries[i].domain, NODE_MAX);
                        return false;
                }
        return true;
}

int hmat_domains_read(const struct hmat_facts *f, struct hmat_domains *ret,
                      struct refusals *refusals, struct messages *remarks)
{
        int r;

        *ret = (struct hmat_domains){ 0 };
        if (!is_used(f->srat, refusals))
                return 0;
        r = srat_map_domains(f->srat, &ret->map);
        if (r == -E2BIG) {
                refusals_add(refusals, "SRAT has more proximity domains than Linux has nodes: "
                                       "Linux does not use it.");
                return 0;
        }
        if (r == 0)
                r = find_cpus(f, ret, refusals);
        return r < 0 ? r : find_places(f, ret, refusals, remarks);
}

void hmat_domains_done(struct hmat_domains *d)
{
        domain_map_done(&d->map);
        free(d->places);
        free(d->of);
        free(d->cpus);
        *d = (struct hmat_domains){ 0 };
}
