/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/list.h"

#include <errno.h>
#include <sys/param.h>

uint64_t usage_amount_sum(const struct usage_amount *a)
{
        return a->anon + a->file + a->kernel;
}

static void add_amount(struct usage_amount *a, const struct usage_amount *b)
{
        a->anon += b->anon;
        a->file += b->file;
        a->kernel += b->kernel;
}

static void subtract_amount(struct usage_amount *a, const struct usage_amount *b)
{
        a->anon -= MIN(a->anon, b->anon);
        a->file -= MIN(a->file, b->file);
        a->kernel -= MIN(a->kernel, b->kernel);
}

struct usage_amount *usage_nodes_get(struct usage_nodes *n, unsigned node)
{
        if (!nodeset_has(&n->nodes, node)) {
                nodeset_add(&n->nodes, node);
                n->amounts[node] = (struct usage_amount){ 0 };
        }
        return &n->amounts[node];
}

struct usage_user *usage_user_new(const struct usage_tiers *tiers)
{
        struct usage_user *u;

        return calloc(1, sizeof(*u) + (tiers->n + 1) * sizeof(u->tiers[0]));
}

struct usage_user *usage_user_free(struct usage_user *u)
{
        if (!u)
                return NULL;
        free(u->name);
        free(u->cgroup);
        free(u);
        return NULL;
}

/* Everything else follows from the tiers. */
static void sum_up(struct usage_user *u, const struct usage_tiers *tiers)
{
        u->amount = (struct usage_amount){ 0 };
        u->slow = 0;
        for (unsigned i = 0; i <= tiers->n; i++) {
                add_amount(&u->amount, &u->tiers[i]);
                if (i >= tiers->first_slow && i < tiers->n)
                        u->slow += usage_amount_sum(&u->tiers[i]);
        }
        u->total = usage_amount_sum(&u->amount);
}

struct usage_user *usage_sum_up(const struct usage_nodes *nodes, const struct usage_tiers *tiers)
{
        struct usage_user *u = usage_user_new(tiers);

        if (!u)
                return NULL;
        nodeset_foreach (node, &nodes->nodes)
                add_amount(&u->tiers[tiers->of_node[node]], &nodes->amounts[node]);
        sum_up(u, tiers);
        return u;
}

void usage_user_add(struct usage_user *a, const struct usage_user *b,
                    const struct usage_tiers *tiers)
{
        for (unsigned i = 0; i <= tiers->n; i++)
                add_amount(&a->tiers[i], &b->tiers[i]);
        sum_up(a, tiers);
}

void usage_user_subtract(struct usage_user *a, const struct usage_user *b,
                         const struct usage_tiers *tiers)
{
        for (unsigned i = 0; i <= tiers->n; i++)
                subtract_amount(&a->tiers[i], &b->tiers[i]);
        sum_up(a, tiers);
}

static uint64_t get_number(const struct usage_user *u, const struct usage_order *order)
{
        switch (order->key) {
        case USAGE_BY_SLOW:
                return u->slow;
        case USAGE_BY_ANON:
                return u->amount.anon;
        case USAGE_BY_FILE:
                return u->amount.file;
        case USAGE_BY_KERNEL:
                return u->amount.kernel;
        case USAGE_BY_TIER:
                return usage_amount_sum(&u->tiers[order->tier]);
        case USAGE_BY_TOTAL:
        case USAGE_BY_NAME:
                break;
        }
        return u->total;
}

/* What is equal comes in an order that stays the same. */
static int compare_names(const struct usage_user *a, const struct usage_user *b)
{
        int r = strcmp(a->name ?: "", b->name ?: "");

        if (r == 0)
                r = strcmp(a->cgroup ?: "", b->cgroup ?: "");
        return r != 0 ? r : (a->pid > b->pid) - (a->pid < b->pid);
}

static int compare(const void *pa, const void *pb, void *userdata)
{
        const struct usage_user *a = *(struct usage_user *const *)pa,
                                *b = *(struct usage_user *const *)pb;
        const struct usage_order *order = userdata;
        uint64_t x = get_number(a, order), y = get_number(b, order);

        if (order->key == USAGE_BY_NAME)
                return compare_names(a, b);
        if (x == y) {
                x = a->total;
                y = b->total;
        }
        return x != y ? (x < y ? 1 : -1) : compare_names(a, b);
}

int usage_builder_start(struct usage_builder *b, const struct usage_tiers *tiers,
                        const struct usage_order *order)
{
        *b = (struct usage_builder){ .tiers = tiers, .order = order };
        b->list = calloc(1, sizeof(*b->list));
        if (!b->list)
                return -ENOMEM;
        b->list->sum = usage_user_new(tiers);
        return b->list->sum ? 0 : -ENOMEM;
}

void usage_builder_sort(struct usage_builder *b)
{
        struct usage_list *l = b->list;

        if (l->n > 1)
                qsort_r(l->users, l->n, sizeof(*l->users), compare, (void *)b->order);
        while (b->order->limit > 0 && l->n > b->order->limit)
                usage_user_free(l->users[--l->n]);
}

/* With a limit, no more than twice as many are held at a time, however many there are. */
int usage_builder_add(struct usage_builder *b, struct usage_user *u)
{
        struct usage_list *l = b->list;

        if (!u)
                return -ENOMEM;
        if (u->total == 0) {
                usage_user_free(u);
                return 0;
        }
        if (b->order->limit > 0 && l->n == 2 * b->order->limit)
                usage_builder_sort(b);
        if (array_grow(&l->users, &b->allocated, l->n + 1, sizeof(*l->users)) < 0) {
                usage_user_free(u);
                return -ENOMEM;
        }
        l->users[l->n++] = u;
        l->n_found++;
        usage_user_add(l->sum, u, b->tiers);
        return 0;
}

void usage_builder_drop(struct usage_builder *b, size_t i)
{
        struct usage_list *l = b->list;

        usage_user_subtract(l->sum, l->users[i], b->tiers);
        usage_user_free(l->users[i]);
        array_remove(l->users, &l->n, i, sizeof(*l->users));
        l->n_found--;
}

void usage_builder_done(struct usage_builder *b)
{
        b->list = usage_list_free(b->list);
}

struct usage_list *usage_list_free(struct usage_list *l)
{
        if (!l)
                return NULL;
        for (size_t i = 0; i < l->n; i++)
                usage_user_free(l->users[i]);
        usage_user_free(l->sum);
        free(l->users);
        free(l);
        return NULL;
}
