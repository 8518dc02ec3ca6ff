/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/correct.h"

#include <errno.h>

#include "base/units.h"
#include "hmat/predict.h"
#include "hmat/reading.h"
#include "hmat/values.h"

#define REVISION         2
#define CREATOR_REVISION 1

struct build {
        const struct hmat_facts *f;
        struct hmat_domains domains;
        uint32_t *targets; /* of SRAT, ascending */
        size_t n_targets;
        struct hmat_pairs pairs; /* of the table in use at first, then of the new one */
        struct hmat_values values;
        struct hmat_units units; /* of the table in use, if it is ours */
        struct hmat *table;
        struct refusals refusals;
        struct messages *remarks;
};

/* The pairs. */

static bool has_values(const struct build *b, size_t i)
{
        return b->domains.places[i] == PLACE_SRAT && !b->values.nodes[i].keep;
}

/* Room for all that gets values. Domains of ignored nodes only come from the table in use. */
static int read_pairs(struct build *b)
{
        const struct assignment *a = b->f->assignment;
        _cleanup_(freep) uint32_t *targets = calloc(a->n_nodes ?: 1, sizeof(*targets));
        size_t n = 0;
        int r;

        if (!targets)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_nodes; i++)
                if (b->domains.places[i] == PLACE_SRAT && a->nodes[i].cause != CAUSE_IGNORED)
                        targets[n++] = b->domains.of[i];
        r = hmat_pairs_read(b->f->used, b->domains.cpus, b->domains.n_cpus, targets, n, &b->pairs);
        if (r != -E2BIG)
                return r;
        refusals_add(&b->refusals,
                     "The HMAT in use has more proximity domains than Linux has nodes.");
        return 0;
}

static bool is_one_of(const struct hmat_node_values *n, uint32_t initiator)
{
        for (size_t i = 0; i < n->n_initiators; i++)
                if (n->initiators[i] == initiator)
                        return true;
        return false;
}

/* No CPUs are nearer than the nearest: what says so is dropped. A bandwidth of a table of ours may
 * only be rounded up. */
static void limit_pair(struct hmat_pair *p, const struct hmat_pair *nearest, uint64_t unit)
{
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                if (perf_value_is_latency(v) ? p->v[v] >= nearest->v[v] : p->v[v] <= nearest->v[v])
                        continue;
                if (!perf_value_is_latency(v) && p->v[v] <= hmat_round_up(nearest->v[v], unit))
                        p->v[v] = nearest->v[v];
                else
                        p->v[v] = 0;
        }
}

static void fill_pairs(struct build *b)
{
        for (size_t i = 0; i < b->values.n; i++) {
                const struct hmat_node_values *n = &b->values.nodes[i];

                for (size_t c = 0; has_values(b, i) && c < b->domains.n_cpus; c++) {
                        struct hmat_pair *p =
                                hmat_pairs_find(&b->pairs, b->domains.cpus[c], b->domains.of[i]);

                        if (is_one_of(n, b->domains.cpus[c]))
                                *p = n->value;
                        else
                                limit_pair(p, &n->value, b->units.bandwidth);
                }
        }
}

/* The Memory Proximity Domain Attributes Structures. */

/* A device that reaches the memory too: which of them is nearest, Linux finds out by the values
 * (access class 0), unless an initiator is attached. */
static bool has_other_initiator(const struct build *b, uint32_t target)
{
        for (size_t i = 0; i < b->pairs.n_initiators; i++) {
                uint32_t initiator = b->pairs.initiators[i];
                const struct hmat_pair *p = hmat_pairs_find(&b->pairs, initiator, target);

                if (hmat_domains_have_cpu(&b->domains, initiator))
                        continue;
                for (unsigned v = 0; p && v < PERF_VALUES; v++)
                        if (p->v[v] != 0)
                                return true;
        }
        return false;
}

/* Linux ignores a table whose attached initiator is no node. */
static bool find_used_initiator(const struct build *b, uint32_t target, uint32_t *ret)
{
        return b->f->used && hmat_find_initiator(b->f->used, target, ret) &&
               domain_map_find(&b->domains.map, *ret);
}

static int add_domain(struct build *b, uint32_t target, const struct hmat_node_values *n)
{
        uint32_t initiator = 0;
        bool attached = find_used_initiator(b, target, &initiator);
        struct hmat_domain *d = hmat_add_domain(b->table);

        if (!d)
                return -ENOMEM;
        if (n && !(attached && !hmat_domains_have_cpu(&b->domains, initiator))) {
                attached = n->n_initiators == 1 && !has_other_initiator(b, target);
                initiator = n->initiators[0];
        }
        *d = (struct hmat_domain){ .memory = target,
                                   .flags = attached ? HMAT_INITIATOR_VALID : 0,
                                   .initiator = attached ? initiator : 0 };
        return 0;
}

/* Of a domain that is no node. */
static int copy_domain(struct build *b, const struct hmat_domain *from)
{
        bool attached = from->flags & HMAT_INITIATOR_VALID &&
                        domain_map_find(&b->domains.map, from->initiator);
        struct hmat_domain *d = hmat_add_domain(b->table);

        if (!d)
                return -ENOMEM;
        *d = (struct hmat_domain){ .memory = from->memory,
                                   .flags = attached ? HMAT_INITIATOR_VALID : 0,
                                   .initiator = attached ? from->initiator : 0 };
        return 0;
}

static const struct hmat_node_values *find_values(const struct build *b, uint32_t target)
{
        for (size_t i = 0; i < b->values.n; i++)
                if (has_values(b, i) && b->domains.of[i] == target)
                        return &b->values.nodes[i];
        return NULL;
}

static bool is_in_use(const struct build *b, uint32_t target)
{
        const struct hmat *h = b->f->used;

        for (size_t i = 0; h && i < h->n_domains; i++)
                if (h->domains[i].memory == target &&
                    (h->header.revision >= REVISION || h->domains[i].flags & HMAT_MEMORY_VALID))
                        return true;
        return false;
}

/* In ascending order. Domains of generic ports have no node, and so are not in the map: they come
 * after the others. */
static int add_domains(struct build *b)
{
        const struct hmat *h = b->f->used;
        int r = 0;

        for (size_t i = 0; r == 0 && i < b->domains.map.n; i++) {
                uint32_t target = b->domains.map.items[i].domain;
                const struct hmat_node_values *n = find_values(b, target);

                if (n || (is_in_use(b, target) && hmat_is_target(b->targets, b->n_targets, target)))
                        r = add_domain(b, target, n);
        }
        for (size_t i = 0; r == 0 && h && i < h->n_domains; i++) {
                uint32_t target = h->domains[i].memory;

                if (!domain_map_find(&b->domains.map, target) &&
                    hmat_is_target(b->targets, b->n_targets, target))
                        r = copy_domain(b, &h->domains[i]);
        }
        return r;
}

static void remark_on_domains(struct build *b)
{
        const struct hmat *h = b->f->used;
        uint32_t first = 0;
        size_t n = 0;

        for (size_t i = 0; h && i < h->n_domains; i++)
                if (!hmat_is_target(b->targets, b->n_targets, h->domains[i].memory) && n++ == 0)
                        first = h->domains[i].memory;
        if (n == 1)
                messages_add(b->remarks,
                             "Proximity domain %u is left out: the HMAT in use describes its "
                             "memory, and SRAT has none there. Linux would ignore the whole table.",
                             first);
        else if (n > 1)
                messages_add(b->remarks,
                             "%zu structures of proximity domains are left out, the first of %u: "
                             "the HMAT in use describes their memory, and SRAT has none there. "
                             "Linux would ignore the whole table.",
                             n, first);
}

/* The rest of the table in use. */

static int copy_matrix(const struct hmat_matrix *from, struct hmat *h)
{
        struct hmat_matrix *m = hmat_add_matrix(h, from->n_initiators, from->n_targets);

        if (!m)
                return -ENOMEM;
        m->flags = from->flags;
        m->data_type = from->data_type;
        m->min_transfer_size = from->min_transfer_size;
        m->base_unit = from->base_unit;
        for (size_t i = 0; i < from->n_initiators; i++)
                m->initiators[i] = from->initiators[i];
        for (size_t i = 0; i < from->n_targets; i++)
                m->targets[i] = from->targets[i];
        for (size_t i = 0; i < from->n_initiators * from->n_targets; i++)
                m->entries[i] = from->entries[i];
        return 0;
}

/* Those of side caches. Revision 1 has other units, and Linux reads none of them. */
static int copy_matrices(const struct hmat *from, struct hmat *h)
{
        int r = 0;

        for (size_t i = 0; r == 0 && from->header.revision >= REVISION && i < from->n_matrices; i++)
                if ((from->matrices[i].flags & HMAT_HIERARCHY_MASK) != 0 ||
                    from->matrices[i].data_type >= HMAT_DATA_TYPES)
                        r = copy_matrix(&from->matrices[i], h);
        return r;
}

static int copy_caches(const struct hmat *from, struct hmat *h)
{
        for (size_t i = 0; i < from->n_caches; i++) {
                const struct hmat_cache *c = &from->caches[i];
                struct hmat_cache *copy = hmat_add_cache(h, c->n_handles);
                uint16_t *handles;

                if (!copy)
                        return -ENOMEM;
                handles = copy->handles;
                *copy = *c;
                copy->handles = handles;
                for (size_t k = 0; k < c->n_handles; k++)
                        handles[k] = c->handles[k];
        }
        return 0;
}

/* The header. */

/* Of two tables as they would be with the same header. */
static int encode_plainly(const struct hmat *h, void **ret, size_t *ret_size)
{
        struct hmat plain = *h;

        plain.header.oem_revision = 0;
        plain.header.creator_revision = 0;
        memset(plain.header.creator_id, 0, sizeof(plain.header.creator_id));
        return hmat_encode(&plain, ret, ret_size);
}

int hmat_says_same(const struct hmat *a, const struct hmat *b)
{
        _cleanup_(freep) void *x = NULL, *y = NULL;
        size_t x_size, y_size;
        int r = encode_plainly(a, &x, &x_size);

        if (r == 0)
                r = encode_plainly(b, &y, &y_size);
        if (r < 0)
                return r;
        return x_size == y_size && memcmp(x, y, x_size) == 0;
}

static void begin_header(const struct hmat_facts *f, struct acpi_header *ret)
{
        const struct acpi_header *from = f->used ? &f->used->header : &f->srat->header;

        *ret = (struct acpi_header){ .revision = REVISION,
                                     .oem_revision = 1,
                                     .creator_revision = CREATOR_REVISION };
        memcpy(ret->signature, "HMAT", sizeof(ret->signature));
        memcpy(ret->oem_id, from->oem_id, sizeof(ret->oem_id));
        memcpy(ret->oem_table_id, from->oem_table_id, sizeof(ret->oem_table_id));
        memcpy(ret->creator_id, HMAT_CREATOR, sizeof(ret->creator_id));
}

/* Linux takes a table only if its OEM revision is higher. */
static int set_revision(struct build *b)
{
        const struct hmat *used = b->f->used;
        int same;

        if (!used)
                return 0;
        same = hmat_is_ours(&used->header) ? hmat_says_same(b->table, used) : 0;
        if (same < 0)
                return same;
        if (!same && used->header.oem_revision == UINT32_MAX) {
                refusals_add(&b->refusals,
                             "The OEM revision of the HMAT in use is the highest that "
                             "there is: Linux would take no other table.");
                return 0;
        }
        b->table->header.oem_revision = used->header.oem_revision + !same;
        return 0;
}

/* What is said of it. */

static bool is_rounded(const struct build *b, size_t i, const struct hmat_pairs *written)
{
        const struct hmat_node_values *n = &b->values.nodes[i];
        const struct hmat_pair *p = hmat_pairs_find(written, n->initiators[0], b->domains.of[i]);

        return memcmp(p, &n->value, sizeof(*p)) != 0;
}

static int remark_on_rounding(struct build *b)
{
        struct hmat_pairs written;
        struct nodeset nodes = { 0 };
        char list[NODESET_STRING_MAX];
        int r = hmat_pairs_read(b->table, NULL, 0, NULL, 0, &written);

        if (r < 0)
                return r;
        for (size_t i = 0; i < b->values.n; i++)
                if (has_values(b, i) && is_rounded(b, i, &written))
                        nodeset_add(&nodes, b->f->assignment->nodes[i].node->id);
        hmat_pairs_done(&written);
        if (nodeset_count(&nodes) > 0)
                messages_add(
                        b->remarks,
                        "Node%s %s: values are rounded up, since the table has 16 bits and one "
                        "unit for all latencies, and for all bandwidths.",
                        plural(nodeset_count(&nodes)), nodeset_format(&nodes, list));
        return 0;
}

static void remark_on_nodes(struct build *b)
{
        const struct assignment *a = b->f->assignment;

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = a->nodes[i].node;

                if (b->domains.places[i] != PLACE_SRAT)
                        continue;
                if (nodeset_has(&b->f->acpi_devices, n->id))
                        messages_add(b->remarks,
                                     "Node %u has memory of an ACPI device (PNP0C80): if that is "
                                     "there at boot, Linux puts the node into memory tier 4, "
                                     "whatever HMAT says.",
                                     n->id);
                if (a->nodes[i].cause == CAUSE_MANUAL)
                        messages_add(b->remarks,
                                     "Node %u was moved manually, and the policy keeps that until "
                                     "the next boot. Linux will place it by its values.",
                                     n->id);
        }
}

static int check_tiers(struct build *b)
{
        struct hmat_prediction p;
        int r = hmat_predict(b->f, &b->domains, b->table, &p);

        if (r == 0)
                hmat_prediction_compare(b->f, &b->domains, &p, &b->refusals);
        hmat_prediction_done(&p);
        return r;
}

/* units: which are preferred. */
static int make_table(struct build *b, const struct hmat_units *units)
{
        const struct hmat *used = b->f->used;
        int r;

        hmat_free(b->table);
        b->table = calloc(1, sizeof(*b->table));
        if (!b->table)
                return -ENOMEM;
        begin_header(b->f, &b->table->header);
        r = add_domains(b);
        if (r == 0)
                r = hmat_pairs_write(&b->pairs, units, b->table);
        if (r == 0 && used)
                r = copy_matrices(used, b->table);
        if (r == 0 && used)
                r = copy_caches(used, b->table);
        return r;
}

/* A table of ours has rounded values, for which there may be better units now. It stays as it is if
 * it says what a new one would say in the same units. */
static int make_stable_table(struct build *b)
{
        int r, same = 0;

        fill_pairs(b);
        remark_on_domains(b);
        r = make_table(b, &b->units);
        if (r == 0 && b->f->used && hmat_is_ours(&b->f->used->header))
                same = hmat_says_same(b->table, b->f->used);
        if (r == 0 && same == 0)
                r = make_table(b, &(struct hmat_units){ 0 });
        if (r == 0)
                r = same < 0 ? same : remark_on_rounding(b);
        return r < 0 ? r : set_revision(b);
}

/* Up to what is refused. 0 or -ENOMEM. */
static int build(struct build *b)
{
        int r;

        if (!b->f->srat) {
                refusals_add(&b->refusals,
                             "This machine has no SRAT: without it Linux uses no HMAT.");
                return 0;
        }
        b->targets = hmat_list_targets(b->f->srat, &b->n_targets);
        if (!b->targets)
                return -ENOMEM;
        r = hmat_domains_read(b->f, &b->domains, &b->refusals, b->remarks);
        if (r < 0 || b->refusals.n > 0)
                return r;
        r = read_pairs(b);
        if (r < 0 || b->refusals.n > 0)
                return r;
        r = hmat_values_read(b->f, &b->domains, &b->pairs, &b->values, &b->refusals);
        if (r < 0 || b->refusals.n > 0)
                return r;
        if (b->f->used && hmat_is_ours(&b->f->used->header))
                b->units = hmat_units_read(b->f->used);
        hmat_values_level(b->f, &b->domains, &b->values, b->remarks);
        r = make_stable_table(b);
        if (r < 0 || b->refusals.n > 0)
                return r;
        remark_on_nodes(b);
        return check_tiers(b);
}

static int finish(struct build *b, struct hmat_correction *ret)
{
        int r;

        if (b->refusals.n > 0)
                return 0;
        r = hmat_encode(b->table, &ret->bytes, &ret->size);
        if (r == -EFBIG) {
                refusals_add(&b->refusals, "The table would be larger than 16 MiB.");
                return 0;
        }
        if (r == 0)
                ret->table = TAKE_PTR(b->table);
        return r;
}

int hmat_correct(const struct hmat_facts *facts, struct hmat_correction *ret)
{
        struct build b = { .f = facts,
                           .refusals = { &ret->refusals, 0 },
                           .remarks = &ret->remarks };
        int r;

        *ret = (struct hmat_correction){ 0 };
        r = build(&b);
        if (r == 0)
                r = finish(&b, ret);
        if (b.refusals.n > ret->refusals.n)
                r = -ENOMEM;
        free(b.targets);
        hmat_domains_done(&b.domains);
        hmat_pairs_done(&b.pairs);
        hmat_values_done(&b.values);
        hmat_free(b.table);
        return r;
}

void hmat_correction_done(struct hmat_correction *c)
{
        hmat_free(c->table);
        free(c->bytes);
        messages_done(&c->refusals);
        messages_done(&c->remarks);
        *c = (struct hmat_correction){ 0 };
}
