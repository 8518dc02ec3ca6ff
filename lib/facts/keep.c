/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/keep.h"

#include <assert.h>
#include <errno.h>

/* A key that is not known now is no sign of other memory. */
static bool may_be_same_memory(const struct node *n, const struct node *p)
{
        if (!n->has_memory || !p->has_memory)
                return false;
        return !n->key || !p->key || streq(n->key, p->key);
}

const struct node *keep_find_lender(const struct machine *previous, const struct node *n,
                                    enum fact f)
{
        const struct node *p;

        if ((n->unreadable & (1U << f)) == 0 || !previous)
                return NULL;
        p = machine_get_node(previous, n->id);
        if (!p || node_is_unreadable(p, f))
                return NULL;
        /* where a node stands does not depend on its memory */
        return f == FACT_DISTANCE || may_be_same_memory(n, p) ? p : NULL;
}

void keep_mark(struct node *n, enum fact f)
{
        assert((n->unreadable & (1U << f)) != 0);
        n->kept |= 1U << f;
}

static int keep_node_devices(struct node *n, const struct machine *previous)
{
        const struct node *p = keep_find_lender(previous, n, FACT_DEVICES);
        struct node_device *devices;
        int r;

        if (!p)
                return 0;
        r = node_devices_copy(p->devices, p->n_devices, &devices);
        if (r < 0)
                return r;
        node_devices_free(n->devices, n->n_devices);
        n->devices = devices;
        n->n_devices = p->n_devices;
        n->kind = p->kind;
        keep_mark(n, FACT_DEVICES);
        return 0;
}

int keep_devices(struct machine *m, const struct machine *previous)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                int r = keep_node_devices(&m->nodes[i], previous);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* The columns are the nodes of one machine, which may not be those of the other. */
static int keep_distance(const struct machine *m, struct node *n, const struct machine *previous)
{
        const struct node *p = keep_find_lender(previous, n, FACT_DISTANCE);

        if (!p || !p->distance)
                return 0;
        assert(!n->distance);
        n->distance = calloc(m->n_nodes, sizeof(*n->distance));
        if (!n->distance)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *column = machine_get_node(previous, m->nodes[i].id);

                if (column)
                        n->distance[i] = p->distance[column - previous->nodes];
        }
        keep_mark(n, FACT_DISTANCE);
        return 0;
}

static void keep_size(struct node *n, const struct machine *previous)
{
        const struct node *p = keep_find_lender(previous, n, FACT_SIZE);

        if (!p)
                return;
        n->size_kib = p->size_kib;
        keep_mark(n, FACT_SIZE);
}

static void keep_access(struct node *n, const struct machine *previous)
{
        const struct node *p = keep_find_lender(previous, n, FACT_ACCESS);

        if (!p)
                return;
        memcpy(n->access, p->access, sizeof(n->access));
        memcpy(n->access_present, p->access_present, sizeof(n->access_present));
        n->remembered = p->remembered;
        keep_mark(n, FACT_ACCESS);
}

int keep_values(struct machine *m, const struct machine *previous)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                struct node *n = &m->nodes[i];
                int r = keep_distance(m, n, previous);

                if (r < 0)
                        return r;
                keep_size(n, previous);
                keep_access(n, previous);
        }
        return 0;
}
