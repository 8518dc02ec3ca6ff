/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "classify/adistance.h"
#include "cli/hmat-rows.h"
#include "hmat/reading.h"

#define ACCESS_CLASSES_OF_LINUX 2

struct reading {
        const struct domain_map *map;
        struct nodeset memory, cpus; /* domains */
        struct hmat_access *access[ACCESS_CLASSES_OF_LINUX];
        struct adistance_reference reference;
        unsigned first, culprit; /* nodes: the reference, and the one that does not fit it */
};

static struct view_number known(uint32_t value)
{
        return (struct view_number){ .known = value != 0, .value = value };
}

static void find_kinds(const struct hmat_surroundings *s, struct reading *r)
{
        for (size_t i = 0; i < s->srat->n_entries; i++) {
                const struct srat_entry *e = &s->srat->entries[i];
                const struct domain_node *d = domain_map_find(r->map, e->domain);

                if (!d)
                        continue;
                if (e->kind == SRAT_MEMORY)
                        nodeset_add(&r->memory, e->domain);
                if (e->kind == SRAT_CPU && (!s->cpus.known || nodeset_has(&s->cpus.nodes, d->node)))
                        nodeset_add(&r->cpus, e->domain);
        }
}

static int read_access(const struct hmat *h, struct reading *r)
{
        struct nodeset all = { 0 };
        int error;

        for (size_t i = 0; i < r->map->n; i++)
                nodeset_add(&all, r->map->items[i].domain);
        for (size_t i = 0; i < ACCESS_CLASSES_OF_LINUX; i++) {
                r->access[i] = calloc(NODE_MAX, sizeof(*r->access[i]));
                if (!r->access[i])
                        return -ENOMEM;
                error = hmat_read_access(h, i == 0 ? &all : &r->cpus, r->access[i]);
                if (error < 0)
                        return error;
        }
        return 0;
}

/* hmat.c:hmat_set_default_dram_perf, in the order of the nodes. */
static void find_reference(struct reading *r)
{
        for (unsigned node = 0; node < r->map->n; node++) {
                uint32_t domain = domain_map_find_node(r->map, node)->domain;

                if (!nodeset_has(&r->memory, domain) || !nodeset_has(&r->cpus, domain) ||
                    r->reference.disabled)
                        continue;
                if (!r->reference.valid)
                        r->first = node;
                adistance_add_dram(&r->reference, &r->access[1][domain].perf);
                if (r->reference.disabled)
                        r->culprit = node;
        }
}

static void warn_of_reference(const char *file, const struct reading *r, struct messages *warnings)
{
        if (r->reference.disabled && r->first == r->culprit)
                messages_add(warnings,
                             "%s: Linux forms no tiers by it: node %u has CPUs, and a latency or a "
                             "bandwidth of it is not known",
                             file, r->culprit);
        else if (r->reference.disabled)
                messages_add(
                        warnings,
                        "%s: Linux forms no tiers by it: nodes %u and %u have CPUs, and differ "
                        "by more than 10%% or are not known",
                        file, r->first, r->culprit);
        else if (!r->reference.valid)
                messages_add(
                        warnings,
                        "%s: Linux forms no tiers by it: no node of SRAT has both CPUs and memory",
                        file);
}

static struct view_number find_tier(const struct reading *r, const struct perf *p)
{
        int distance;

        if (!r->reference.valid || adistance_from_perf(&r->reference, p, &distance) < 0)
                return (struct view_number){ 0 };
        return (struct view_number){ .known = true, .value = adistance_to_tier(distance) };
}

static struct hmat_node_row make_row(const struct reading *r, const struct domain_node *d,
                                     unsigned access)
{
        const struct hmat_access *a = &r->access[access][d->domain];
        struct hmat_node_row row = {
                .node = d->node,
                .domain = d->domain,
                .access = access,
                .read_latency = known(a->perf.v[READ_LATENCY]),
                .write_latency = known(a->perf.v[WRITE_LATENCY]),
                .read_bandwidth = known(a->perf.v[READ_BANDWIDTH]),
                .write_bandwidth = known(a->perf.v[WRITE_BANDWIDTH]),
                .tier = access == 1 ? find_tier(r, &a->perf) : (struct view_number){ 0 },
        };

        nodeset_foreach (i, &a->initiators)
                nodeset_add(&row.initiators, domain_map_find(r->map, i)->node);
        return row;
}

static int fill(struct reading *r, struct hmat_rows *ret)
{
        ret->nodes = calloc(ACCESS_CLASSES_OF_LINUX * r->map->n, sizeof(*ret->nodes));
        if (!ret->nodes)
                return -ENOMEM;
        for (unsigned node = 0; node < r->map->n; node++) {
                const struct domain_node *d = domain_map_find_node(r->map, node);

                for (unsigned i = 0;
                     nodeset_has(&r->memory, d->domain) && i < ACCESS_CLASSES_OF_LINUX; i++)
                        ret->nodes[ret->n_nodes++] = make_row(r, d, i);
        }
        return 0;
}

int hmat_node_rows(const struct hmat *h, const struct hmat_surroundings *s,
                   struct messages *warnings, struct hmat_rows *ret)
{
        struct messages flaws = MESSAGES_INIT;
        struct reading r = { .map = &s->map };
        int error = hmat_check_use(h, s->srat, &s->map, &flaws);

        for (size_t i = 0; i < flaws.n; i++)
                messages_add(warnings, "%s: Linux ignores the whole table: %s", ret->table.file,
                             flaws.items[i]);
        if (error == 0 && flaws.n == 0) {
                find_kinds(s, &r);
                error = read_access(h, &r);
                if (error == 0) {
                        find_reference(&r);
                        warn_of_reference(ret->table.file, &r, warnings);
                        error = fill(&r, ret);
                }
        }
        for (size_t i = 0; i < ACCESS_CLASSES_OF_LINUX; i++)
                free(r.access[i]);
        messages_done(&flaws);
        return error;
}
