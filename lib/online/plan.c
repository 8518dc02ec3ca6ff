/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/plan.h"

#include <errno.h>

/* Taking memory offline moves its pages; doing so with a node that is in use would slow down or
 * kill what uses it. */
#define USED_PART  4
#define OTHER_PART 2

bool online_is_empty_enough(const struct room *room, uint64_t size_kib)
{
        return room->has_others && room->used_kib <= size_kib / USED_PART &&
               room->used_kib <= room->other_kib / OTHER_PART;
}

uint64_t online_get_node_size(const struct block_table *t, uint32_t node)
{
        uint64_t n = 0;

        for (size_t i = 0; i < t->n; i++)
                n += t->blocks[i].node == node;
        return n * (t->block_size >> 10);
}

bool online_is_in_zone(const struct block *b, enum policy_online online)
{
        return b->zone == (online == ONLINE_MOVABLE ? ZONE_MOVABLE : ZONE_KERNEL);
}

static enum block_request get_request(enum policy_online online)
{
        switch (online) {
        case ONLINE_MOVABLE:
                return REQUEST_ONLINE_MOVABLE;
        case ONLINE_KERNEL:
                return REQUEST_ONLINE_KERNEL;
        default:
                return REQUEST_OFFLINE;
        }
}

size_t online_failures_find(const struct online_failures *f, uint64_t number)
{
        static_assert(offsetof(struct online_failure, number) == 0, "for array_find()");

        return array_find(f->items, f->n, sizeof(*f->items), number);
}

bool online_failures_is_paused(const struct online_failures *f, uint32_t node, uint64_t now)
{
        for (size_t i = 0; i < f->n_pauses; i++)
                if (f->pauses[i].node == node)
                        return f->pauses[i].end > now;
        return false;
}

/* Of what is to be tried now: a failure to bring it online says nothing of taking it offline. */
static const struct online_failure *find_failure(const struct online_input *in, size_t i)
{
        const struct online_failures *f = in->failures;
        size_t j = online_failures_find(f, in->table->blocks[i].number);

        return j < f->n && f->items[j].number == in->table->blocks[i].number &&
                               f->items[j].identity == in->identities[i] &&
                               f->items[j].was_online ==
                                       (in->table->blocks[i].state == BLOCK_ONLINE)
                       ? &f->items[j]
                       : NULL;
}

static bool must_wait(const struct online_input *in, size_t i)
{
        const struct online_failure *f = find_failure(in, i);
        const struct block *b = &in->table->blocks[i];

        return (f && f->retry > in->now) ||
               (b->state == BLOCK_ONLINE &&
                online_failures_is_paused(in->failures, b->node, in->now));
}

static bool is_stuck(const struct online_input *in, size_t i)
{
        const struct online_failure *f = find_failure(in, i);

        return f && f->attempts >= ONLINE_TRIES_MAX;
}

static bool is_empty_enough(const struct online_input *in, uint32_t node)
{
        for (size_t i = 0; i < in->n_rooms; i++)
                if (in->rooms[i].node == node)
                        return online_is_empty_enough(&in->rooms[i].room,
                                                      online_get_node_size(in->table, node));
        return false;
}

/* What it is in the record says who took it offline. */
static enum online_case decide_offline(const struct online_input *in, size_t i,
                                       const struct record_block *known)
{
        bool ours = known && (known->state == RECORD_PENDING ||
                              (known->state == RECORD_MADE && known->online == ONLINE_NO));

        if (in->wanted[i].online == ONLINE_NO)
                return CASE_GOOD;
        if (known && !ours)
                return CASE_MANUAL;
        return must_wait(in, i) ? CASE_WAIT : CASE_ACT;
}

/* A block that was as the policy wants was changed on purpose. */
static enum online_case decide_online(const struct online_input *in, size_t i,
                                      const struct record_block *known)
{
        const struct wanted *w = &in->wanted[i];
        const struct block *b = &in->table->blocks[i];

        if (w->online != ONLINE_NO && online_is_in_zone(b, w->online))
                return CASE_GOOD;
        if (nodeset_has(in->zoned, b->node) ||
            (known && known->state == RECORD_MADE && known->online == w->online))
                return CASE_MANUAL;
        if (!w->may_go || b->zone == ZONE_NONE)
                return CASE_FIXED;
        if (is_stuck(in, i))
                return CASE_STUCK;
        return must_wait(in, i) ? CASE_WAIT : CASE_ACT;
}

/* As if every node were empty enough. */
static enum online_case decide(const struct online_input *in, size_t i)
{
        const struct block *b = &in->table->blocks[i];
        const struct record_block *known;

        if (in->wanted[i].online == ONLINE_LEAVE)
                return CASE_LEAVE;
        if (nodeset_has(in->drained, b->node))
                return CASE_DRAINED;
        known = online_record_get(in->record, b->number, in->identities[i]);
        if (b->state == BLOCK_OFFLINE)
                return decide_offline(in, i, known);
        if (b->state != BLOCK_ONLINE || b->zone == ZONE_UNKNOWN)
                return CASE_BUSY;
        return decide_online(in, i, known);
}

static bool must_go(const struct online_input *in, size_t i)
{
        return in->table->blocks[i].state == BLOCK_ONLINE && decide(in, i) == CASE_ACT;
}

struct nodeset online_plan_get_nodes_to_empty(const struct online_input *in)
{
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < in->table->n; i++)
                if (must_go(in, i))
                        nodeset_add(&nodes, in->table->blocks[i].node);
        return nodes;
}

static int find_group(struct online_plan *p, const struct block *b, const struct wanted *w,
                      size_t *ret)
{
        struct online_group *g;

        for (size_t i = p->n_groups; i > 0; i--)
                if (p->groups[i - 1].node == b->node && p->groups[i - 1].online == w->online) {
                        *ret = i - 1;
                        return 0;
                }
        if (array_grow(&p->groups, &p->groups_allocated, p->n_groups + 1, sizeof(*p->groups)) < 0)
                return -ENOMEM;
        g = &p->groups[p->n_groups];
        *g = (struct online_group){ .node = b->node, .online = w->online };
        snprintf(g->device, sizeof(g->device), "%s", w->device ?: "");
        snprintf(g->section, sizeof(g->section), "%s", w->rule ? w->rule->name : "");
        *ret = p->n_groups++;
        return 0;
}

static int add_step(const struct online_input *in, size_t block, size_t group,
                    struct online_plan *p)
{
        const struct block *b = &in->table->blocks[block];
        const struct online_failure *f = find_failure(in, block);
        enum block_request request = get_request(p->groups[group].online);
        bool is_online = b->state == BLOCK_ONLINE;

        if (array_grow(&p->steps, &p->steps_allocated, p->n_steps + 1, sizeof(*p->steps)) < 0)
                return -ENOMEM;
        p->steps[p->n_steps++] = (struct online_step){
                .block = block,
                .request = is_online ? REQUEST_OFFLINE : request,
                .then = is_online ? request : REQUEST_OFFLINE,
                .group = group,
                .attempts = f ? f->attempts : 0,
        };
        return 0;
}

/* Of all blocks of that case, the first that failed is named. */
static void note_failure(const struct online_input *in, size_t i, enum online_case v,
                         struct online_group *g)
{
        const struct online_failure *f = find_failure(in, i);

        if (f && v == CASE_WAIT && g->error == 0) {
                g->error = f->error;
                g->failed_block = f->number;
        }
        if (f && v == CASE_STUCK && g->stuck_error == 0) {
                g->stuck_error = f->error;
                g->stuck_block = f->number;
        }
}

static int add_block(const struct online_input *in, size_t i, const struct nodeset *empty,
                     struct online_plan *p)
{
        const struct block *b = &in->table->blocks[i];
        enum online_case v = decide(in, i);
        struct online_group *g;
        size_t group;

        if (v == CASE_LEAVE)
                return 0;
        if (v == CASE_ACT && b->state == BLOCK_ONLINE && !nodeset_has(empty, b->node))
                v = CASE_FULL;
        if (find_group(p, b, &in->wanted[i], &group) < 0)
                return -ENOMEM;
        g = &p->groups[group];
        g->total++;
        g->count[v]++;
        note_failure(in, i, v, g);
        return v == CASE_ACT ? add_step(in, i, group, p) : 0;
}

/* Blocks are brought online from the lowest on, and taken offline from the highest: so zones have
 * no holes. Those that failed come last, so that they do not keep the others from being tried. */
static int compare_steps(const void *a, const void *b)
{
        const struct online_step *x = a, *y = b;
        bool x_goes = x->request == REQUEST_OFFLINE, y_goes = y->request == REQUEST_OFFLINE;

        if (x_goes != y_goes)
                return x_goes - y_goes;
        if (x->attempts != y->attempts)
                return x->attempts < y->attempts ? -1 : 1;
        return x_goes ? (x->block < y->block) - (x->block > y->block)
                      : (x->block > y->block) - (x->block < y->block);
}

int online_plan_new(const struct online_input *in, struct online_plan **ret)
{
        _cleanup_(online_plan_freep) struct online_plan *p = calloc(1, sizeof(*p));
        struct nodeset empty = { 0 };

        if (!p)
                return -ENOMEM;
        for (size_t i = 0; i < in->n_rooms; i++)
                if (is_empty_enough(in, in->rooms[i].node))
                        nodeset_add(&empty, in->rooms[i].node);
        for (size_t i = 0; i < in->table->n; i++)
                if (add_block(in, i, &empty, p) < 0)
                        return -ENOMEM;
        if (p->n_steps > 0)
                qsort(p->steps, p->n_steps, sizeof(*p->steps), compare_steps);
        *ret = TAKE_PTR(p);
        return 0;
}

struct online_plan *online_plan_free(struct online_plan *p)
{
        if (!p)
                return NULL;
        free(p->steps);
        free(p->groups);
        free(p);
        return NULL;
}
