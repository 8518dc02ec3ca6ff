/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/burst.h"

#include <inttypes.h>

#include "base/units.h"

/* After the last event of a burst; a DIMM's come within 30 ms. Memory that comes for minutes
 * (virtio-mem) is reported every two seconds. Where the last node of a tier goes, the kernel waits
 * before its last block. */
#define SETTLE_USEC 500000U
#define MAX_USEC    2000000U

static const enum uevent_action opposites[UEVENT_ACTIONS] = {
        [UEVENT_ADD] = UEVENT_REMOVE,
        [UEVENT_REMOVE] = UEVENT_ADD,
        [UEVENT_ONLINE] = UEVENT_OFFLINE,
        [UEVENT_OFFLINE] = UEVENT_ONLINE,
};

bool burst_contradicts(const struct burst *b, const struct uevent *e)
{
        return e->subject == UEVENT_BLOCK && b->has[opposites[e->action]];
}

int burst_add(struct burst *b, const struct uevent *e, uint64_t now_usec, uint64_t real_usec)
{
        int r = array_grow(&b->items, &b->allocated, b->n + 1, sizeof(*b->items));

        if (r < 0)
                return r;
        if (b->n == 0)
                b->first_usec = now_usec;
        b->last_usec = now_usec;
        if (e->subject == UEVENT_BLOCK)
                b->has[e->action] = true;
        b->items[b->n++] = (struct burst_item){ *e, real_usec };
        return 0;
}

static bool has_blocks(const struct burst *b)
{
        for (size_t i = 0; i < UEVENT_ACTIONS; i++)
                if (b->has[i])
                        return true;
        return false;
}

uint64_t burst_due_usec(const struct burst *b)
{
        if (b->n == 0)
                return UINT64_MAX;
        if (!has_blocks(b))
                return b->first_usec;
        return b->last_usec - b->first_usec + SETTLE_USEC < MAX_USEC ? b->last_usec + SETTLE_USEC
                                                                     : b->first_usec + MAX_USEC;
}

static bool is_of_group(const struct burst_item *i, enum uevent_action action, uint32_t node,
                        const struct members *members)
{
        return i->event.subject == UEVENT_BLOCK && i->event.action == action &&
               members_get(members, i->event.number) == node;
}

static void describe_blocks(struct change *c, size_t n, enum uevent_action action, uint32_t node)
{
        static const struct {
                const char *kind, *word;
        } words[UEVENT_ACTIONS] = {
                [UEVENT_ADD] = { "blocks_added", "added" },
                [UEVENT_REMOVE] = { "blocks_removed", "removed" },
                [UEVENT_ONLINE] = { "blocks_online", "online" },
                [UEVENT_OFFLINE] = { "blocks_offline", "offline" },
        };

        c->kind = words[action].kind;
        c->blocks = (struct view_number){ true, (int64_t)n };
        if (node == MEMBER_NO_NODE) {
                c->text = texts_print(&c->texts, "%zu memory block%s %s", n, plural(n),
                                      words[action].word);
                return;
        }
        c->node = (struct view_number){ true, node };
        c->text = texts_print(&c->texts, "node %" PRIu32 ": %zu memory block%s %s", node, n,
                              plural(n), words[action].word);
}

/* Takes all events like the first out of the burst; the others stay in order. */
static void take_blocks(struct burst *b, const struct members *members, struct change *c)
{
        const enum uevent_action action = b->items[0].event.action;
        const uint32_t node = members_get(members, b->items[0].event.number);
        size_t kept = 0, n = b->n;

        for (size_t i = 0; i < n; i++)
                if (!is_of_group(&b->items[i], action, node, members))
                        b->items[kept++] = b->items[i];
        b->n = kept;
        describe_blocks(c, n - kept, action, node);
}

static void take_single(struct burst *b, struct change *c)
{
        const struct uevent e = b->items[0].event;
        const struct view_number number = { true, (int64_t)e.number };
        const char *word = e.action == UEVENT_ADD ? "added" : "removed";

        array_remove(b->items, &b->n, 0, sizeof(*b->items));
        if (e.subject == UEVENT_NODE) {
                c->kind = e.action == UEVENT_ADD ? "node_added" : "node_removed";
                c->node = number;
                c->text = texts_print(&c->texts, "node %" PRIu64 " %s", e.number, word);
        } else {
                c->kind = e.action == UEVENT_ADD ? "tier_added" : "tier_removed";
                c->present_tier = number;
                c->text = texts_print(&c->texts, "memory_tier%" PRIu64 " %s", e.number, word);
        }
}

void burst_take(struct burst *b, const struct members *members,
                void (*fn)(const struct change *c, void *userdata), void *userdata)
{
        while (b->n > 0) {
                struct change c = { .source = "kernel", .usec = b->items[0].real_usec };

                if (b->items[0].event.subject == UEVENT_BLOCK)
                        take_blocks(b, members, &c);
                else
                        take_single(b, &c);
                fn(&c, userdata);
                change_done(&c);
        }
        memset(b->has, 0, sizeof(b->has));
}

void burst_done(struct burst *b)
{
        free(b->items);
        *b = (struct burst){ 0 };
}
