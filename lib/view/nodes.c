/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/nodes.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#include "classify/targets.h"

struct view_number view_tier_number(uint32_t tier)
{
        return (struct view_number){ .known = tier != TIER_UNKNOWN, .value = tier };
}

static void add_number(struct view_number *sum, bool known, uint64_t value)
{
        sum->known = sum->known && known;
        sum->value = sum->known ? sum->value + (int64_t)value : 0;
}

static void add_sizes(const struct machine *m, struct view_tier *tier)
{
        tier->size_kib.known = tier->free_kib.known = true;
        nodeset_foreach (id, &tier->nodes) {
                const struct node *n = machine_get_node(m, id);

                add_number(&tier->size_kib, !node_is_unreadable(n, FACT_SIZE), n->size_kib);
                add_number(&tier->free_kib, n->has_free, n->free_kib);
        }
}

int view_make_tiers(const struct assignment *a, struct texts *texts, struct view_tier **ret,
                    size_t *ret_n)
{
        struct view_tier *rows = calloc(a->n_tiers ?: 1, sizeof(*rows));

        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_tiers; i++) {
                rows[i] = (struct view_tier){
                        .name = texts_copy(texts, a->tiers[i].name),
                        .wanted_tier = view_tier_number(a->tiers[i].wanted_tier),
                        .nodes = a->tiers[i].nodes,
                };
                add_sizes(a->machine, &rows[i]);
        }
        *ret = rows;
        *ret_n = a->n_tiers;
        return 0;
}

static struct view_value make_value(const struct figure *f)
{
        struct view_real number = { .known = figure_is_known(f), .value = f->value };

        if (!number.known)
                return (struct view_value){ .source = NULL };
        return (struct view_value){
                .value = f->relative ? (struct view_real){ 0 } : number,
                .multiple = f->relative ? number : (struct view_real){ 0 },
                .source = f->source == SOURCE_NONE ? NULL : source_name(f->source),
                .remembered = f->remembered,
                .kept = f->kept,
        };
}

/* "dram", "cxl mem0, mem1" */
static const char *format_devices(const struct node *n, struct texts *texts)
{
        _cleanup_(freep) char *text = NULL;
        const char *separator = " ";
        size_t size;
        FILE *f;

        if (n->n_devices == 0)
                return node_kind_name(n->kind);
        f = open_memstream(&text, &size);
        if (!f) {
                texts->failed = true;
                return NULL;
        }
        fputs(node_kind_name(n->kind), f);
        for (size_t i = 0; i < n->n_devices; i++)
                for (size_t j = 0; j < n->devices[i].n_memdevs; j++) {
                        fprintf(f, "%s%s", separator, n->devices[i].memdevs[j].name);
                        separator = ", ";
                }
        if (fclose(f) != 0) {
                texts->failed = true;
                return NULL;
        }
        return texts_copy(texts, text);
}

static struct view_number find_weight(const struct machine *m, unsigned node)
{
        size_t low = 0, high = m->n_weights;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (m->weights[middle].node < node)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == m->n_weights || m->weights[low].node != node)
                return (struct view_number){ 0 };
        return (struct view_number){ .known = true, .value = m->weights[low].value };
}

static struct view_node make_node(const struct assignment *a, const struct node_assignment *n,
                                  const struct node_targets *targets, struct texts *texts)
{
        const struct node *node = n->node;

        return (struct view_node){
                .node = node->id,
                .tier = texts_copy(texts, assignment_tier_name(a, n)),
                .wanted_tier = view_tier_number(n->wanted_tier),
                .present_tier = view_tier_number(node->present_tier),
                .original_tier = view_tier_number(n->original_tier),
                .adistance = { .known = n->has_adistance, .value = n->adistance },
                .latency = make_value(&n->figures.latency),
                .bandwidth = make_value(&n->figures.bandwidth),
                .by_slit_alone = n->by_slit_alone,
                .size_kib = { .known = !node_is_unreadable(node, FACT_SIZE),
                              .value = (int64_t)node->size_kib },
                .free_kib = { .known = node->has_free, .value = (int64_t)node->free_kib },
                .targets = { .known = targets->known, .nodes = targets->nodes },
                .targets_across = targets->across,
                .weight = find_weight(a->machine, node->id),
                .has_memory = node->has_memory,
                .has_cpu = node->has_cpu,
                .is_baseline = node == a->baseline,
                .kind = node->has_memory ? node_kind_name(node->kind) : NULL,
                .devices = node->has_memory ? format_devices(node, texts) : NULL,
                .reason = texts_copy(texts, n->reason),
        };
}

int view_make_nodes(const struct assignment *a, struct texts *texts, struct view_node **ret,
                    size_t *ret_n)
{
        _cleanup_(targets_freep) struct targets *targets = NULL;
        struct view_node *rows;
        int r;

        r = targets_new(a->machine, &targets);
        rows = r == 0 ? calloc(a->n_nodes ?: 1, sizeof(*rows)) : NULL;
        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < a->n_nodes; i++)
                rows[i] = make_node(a, &a->nodes[i], &targets->nodes[i], texts);
        *ret = rows;
        *ret_n = a->n_nodes;
        return 0;
}

static struct view_device make_device(const struct node *n, size_t part, struct texts *texts)
{
        const struct node_device *d = &n->devices[part];

        return (struct view_device){
                .node = n->id,
                .part = (unsigned)part,
                .kind = node_kind_name(d->kind),
                .dax = texts_copy(texts, d->dax),
                .region = texts_copy(texts, d->region),
                /* no device is at 0, and only root may read where one is */
                .address = { .known = d->address > 0, .value = (int64_t)d->address },
                .size_kib = { .known = d->size > 0, .value = (int64_t)(d->size >> 10) },
                .interleave_ways = { .known = d->ways > 0, .value = d->ways },
        };
}

/* A GPU has no CXL memory device: its name is its address. */
static void add_memdev(struct view_device *row, const struct node_device *d, const struct memdev *m,
                       struct texts *texts)
{
        bool gpu = d->kind == KIND_GPU;

        row->memdev = gpu ? NULL : texts_copy(texts, m->name);
        row->pci_address = texts_copy(texts, m->pci_address ?: gpu ? m->name : NULL);
        row->pci_id = texts_copy(texts, m->pci_id);
        if (m->serial != 0)
                row->cxl_serial = texts_print(texts, "0x%" PRIx64, m->serial);
        row->locked = m->locked;
        row->qos_class = (struct view_number){ .known = m->has_qos_class, .value = m->qos_class };
}

static size_t count_devices(const struct node *n)
{
        size_t count = 0;

        for (size_t i = 0; i < n->n_devices; i++)
                count += n->devices[i].n_memdevs ?: 1;
        return count;
}

static size_t add_devices(const struct node *n, struct texts *texts, struct view_device *rows)
{
        size_t count = 0;

        for (size_t i = 0; i < n->n_devices; i++) {
                const struct node_device *d = &n->devices[i];

                if (d->n_memdevs == 0)
                        rows[count++] = make_device(n, i, texts);
                for (size_t j = 0; j < d->n_memdevs; j++) {
                        rows[count] = make_device(n, i, texts);
                        add_memdev(&rows[count++], d, &d->memdevs[j], texts);
                }
        }
        return count;
}

int view_make_devices(const struct machine *m, struct texts *texts, struct view_device **ret,
                      size_t *ret_n)
{
        struct view_device *rows;
        size_t n = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                n += count_devices(&m->nodes[i]);
        rows = calloc(n ?: 1, sizeof(*rows));
        if (!rows)
                return -ENOMEM;
        n = 0;
        for (size_t i = 0; i < m->n_nodes; i++)
                n += add_devices(&m->nodes[i], texts, rows + n);
        *ret = rows;
        *ret_n = n;
        return 0;
}

/* Values of the kernel (include/linux/node.h: cache_indexing, cache_write_policy). */
static const char *cache_word(unsigned value, const char *zero, const char *one)
{
        return value == 0 ? zero : value == 1 ? one : "other";
}

static struct view_cache make_cache(const struct node *n, const struct side_cache *c)
{
        return (struct view_cache){
                .node = n->id,
                .level = c->level,
                .size_kib = c->size >> 10,
                .line_size = c->line_size,
                .indexing = cache_word(c->indexing, "direct-mapped", "indexed"),
                .write_policy = cache_word(c->write_policy, "write-back", "write-through"),
        };
}

int view_make_caches(const struct machine *m, struct view_cache **ret, size_t *ret_n)
{
        struct view_cache *rows;
        size_t n = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                n += m->nodes[i].n_caches;
        rows = calloc(n ?: 1, sizeof(*rows));
        if (!rows)
                return -ENOMEM;
        n = 0;
        for (size_t i = 0; i < m->n_nodes; i++)
                for (unsigned c = 0; c < m->nodes[i].n_caches; c++)
                        rows[n++] = make_cache(&m->nodes[i], &m->nodes[i].caches[c]);
        *ret = rows;
        *ret_n = n;
        return 0;
}

static struct view_number read_knob(const struct knob *k)
{
        return (struct view_number){ .known = k->present, .value = k->value };
}

/* The weights that are in use. Without "auto" (before 6.16), a weight is 1 until it is set. */
static const char *get_interleave(const struct machine *m)
{
        if (m->weight_auto.present && m->weight_auto.value)
                return "automatic";
        if (m->n_weights == 0 || m->weights_unreadable || m->weight_auto.unreadable)
                return NULL;
        for (size_t i = 1; i < m->n_weights; i++)
                if (m->weights[i].value != m->weights[0].value)
                        return "by_node";
        return "equal";
}

int view_make_settings(const struct machine *m, struct view_settings **ret, size_t *ret_n)
{
        struct view_settings *row = calloc(1, sizeof(*row));

        if (!row)
                return -ENOMEM;
        *row = (struct view_settings){
                .demotion = { .known = m->demotion.present, .value = m->demotion.value != 0 },
                .numa_balancing = read_knob(&m->numa_balancing),
                .promote_rate_limit = read_knob(&m->promote_rate_limit),
                .min_ttl = read_knob(&m->min_ttl),
                .weighted_interleave = get_interleave(m),
        };
        *ret = row;
        *ret_n = 1;
        return 0;
}
