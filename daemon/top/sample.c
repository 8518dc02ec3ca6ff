/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/sample.h"

#include <errno.h>

#include "view/texts.h"

/* No node has more, and the sum over all nodes is still a number. */
#define KIB_MAX (INT64_MAX / NODE_MAX)

static struct view_number number_of(const struct count *c)
{
        const bool known = c->known && c->value <= KIB_MAX;

        return (struct view_number){ known, known ? (int64_t)c->value : 0 };
}

static struct memory memory_of(const struct view_node *n, const struct node_counts *c)
{
        struct memory m = { .size_kib = n->size_kib, .free_kib = n->free_kib };

        if (!c)
                return m;
        /* these were read together */
        m.size_kib = number_of(&c->counts[COUNT_SIZE]);
        m.free_kib = number_of(&c->counts[COUNT_FREE]);
        m.file_kib = number_of(&c->counts[COUNT_FILE]);
        m.anon_kib = number_of(&c->counts[COUNT_ANON]);
        return m;
}

static void add_number(struct view_number *sum, const struct view_number *n)
{
        sum->known = sum->known && n->known;
        sum->value += n->value;
}

/* Unknown if that of any is. */
static void add_memory(struct memory *sum, const struct memory *m)
{
        add_number(&sum->size_kib, &m->size_kib);
        add_number(&sum->free_kib, &m->free_kib);
        add_number(&sum->file_kib, &m->file_kib);
        add_number(&sum->anon_kib, &m->anon_kib);
}

static void add_node(struct sample *s, const struct view_node *n, const struct counts *c)
{
        const struct node_counts *counts = counts_get_node(c, n->node);
        struct top_node *node = &s->nodes[s->n_nodes++];

        *node = (struct top_node){
                .node = n->node,
                .tier = texts_copy(&s->texts, n->tier),
                .wanted_tier = n->wanted_tier,
                .present_tier = n->present_tier,
                .memory = memory_of(n, counts),
                .has_cpu = n->has_cpu,
        };
        if (!counts)
                return;
        node->demoted = counts_get_demoted(counts->counts);
        node->promoted = counts->counts[COUNT_PROMOTED];
}

static bool is_in(const struct view_node *n, const char *tier)
{
        return tier ? n->tier && streq(n->tier, tier) : !n->tier;
}

/* tier NULL: those that are left to Linux. */
static void add_tier(struct sample *s, const struct view *v, const char *tier,
                     const struct counts *c)
{
        const struct view_number none = { .known = true };
        struct top_tier *t = &s->tiers[s->n_tiers];
        size_t first = s->n_nodes;

        for (size_t i = 0; i < v->n_nodes; i++)
                if (v->nodes[i].has_memory && is_in(&v->nodes[i], tier))
                        add_node(s, &v->nodes[i], c);
        if (s->n_nodes == first)
                return;
        s->n_tiers++;
        *t = (struct top_tier){ .name = texts_copy(&s->texts, tier),
                                .memory = { none, none, none, none } };
        for (size_t i = first; i < s->n_nodes; i++)
                add_memory(&t->memory, &s->nodes[i].memory);
}

int sample_new(const struct view *v, const struct counts *c, uint64_t usec, struct sample **ret)
{
        _cleanup_(sample_freep) struct sample *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->usec = usec;
        s->has_tiers = v->has_tiers;
        s->withheld = v->withheld;
        s->tiers = calloc(v->n_tiers + 1, sizeof(*s->tiers));
        s->nodes = calloc(v->n_nodes ?: 1, sizeof(*s->nodes));
        if (!s->tiers || !s->nodes)
                return -ENOMEM;
        for (size_t i = 0; i < v->n_tiers; i++)
                add_tier(s, v, v->tiers[i].name, c);
        add_tier(s, v, NULL, c);
        s->demoted = counts_get_demoted(c->machine);
        s->promoted = c->machine[COUNT_PROMOTED];
        if (s->texts.failed)
                return -ENOMEM;
        *ret = TAKE_PTR(s);
        return 0;
}

static struct view_number kib_of(uint64_t bytes)
{
        return (struct view_number){ true, (int64_t)(bytes >> 10) };
}

int sample_set_units(struct sample *s, const struct usage_list *users)
{
        s->units = calloc(users->n ?: 1, sizeof(*s->units));
        if (!s->units)
                return -ENOMEM;
        for (size_t i = 0; i < users->n; i++) {
                const struct usage_user *u = users->users[i];

                if (u->slow == 0)
                        continue;
                s->units[s->n_units++] = (struct top_unit){
                        .name = texts_copy(&s->texts, u->name),
                        .slow_kib = kib_of(u->slow),
                        .all_kib = kib_of(u->total),
                };
        }
        s->has_units = true;
        return s->texts.failed ? -ENOMEM : 0;
}

struct sample *sample_free(struct sample *s)
{
        if (!s)
                return NULL;
        free(s->tiers);
        free(s->nodes);
        free(s->units);
        texts_done(&s->texts);
        free(s);
        return NULL;
}

const struct top_node *sample_get_node(const struct sample *s, unsigned node)
{
        for (size_t i = 0; i < s->n_nodes; i++)
                if (s->nodes[i].node == node)
                        return &s->nodes[i];
        return NULL;
}
