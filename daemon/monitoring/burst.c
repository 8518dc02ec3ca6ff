/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/burst.h"

#include <inttypes.h>

/* After the last event of a burst; a DIMM's come within 30 ms. Memory that comes for minutes
 * (virtio-mem) is reported once a second. */
#define SETTLE_USEC 250000U
#define MAX_USEC    1000000U

static const enum uevent_action opposites[UEVENT_ACTIONS] = {
        [UEVENT_ADD] = UEVENT_REMOVE,
        [UEVENT_REMOVE] = UEVENT_ADD,
        [UEVENT_ONLINE] = UEVENT_OFFLINE,
        [UEVENT_OFFLINE] = UEVENT_ONLINE,
};

bool burst_contradicts(const struct burst *b, enum uevent_action action)
{
        return b->has[opposites[action]];
}

int burst_add(struct burst *b, uint64_t block, enum uevent_action action, uint64_t now_usec,
              uint64_t real_usec)
{
        int r = array_grow(&b->blocks, &b->allocated, b->n + 1, sizeof(*b->blocks));

        if (r < 0)
                return r;
        if (b->n == 0) {
                b->first_usec = now_usec;
                b->real_usec = real_usec;
        }
        b->last_usec = now_usec;
        b->has[action] = true;
        b->blocks[b->n++] = (struct burst_block){ block, action };
        return 0;
}

uint64_t burst_due_usec(const struct burst *b)
{
        if (b->n == 0)
                return UINT64_MAX;
        return b->last_usec - b->first_usec + SETTLE_USEC < MAX_USEC ? b->last_usec + SETTLE_USEC
                                                                     : b->first_usec + MAX_USEC;
}

/* Takes all events like the first out of the burst, the others stay in order; returns how many. */
static size_t take_group(struct burst *b, const struct members *members,
                         enum uevent_action *ret_action, uint32_t *ret_node)
{
        const enum uevent_action action = b->blocks[0].action;
        const uint32_t node = members_get(members, b->blocks[0].block);
        size_t kept = 0, n = b->n;

        for (size_t i = 0; i < n; i++)
                if (b->blocks[i].action != action ||
                    members_get(members, b->blocks[i].block) != node)
                        b->blocks[kept++] = b->blocks[i];
        b->n = kept;
        *ret_action = action;
        *ret_node = node;
        return n - kept;
}

static void describe(struct change *c, size_t n, enum uevent_action action, uint32_t node)
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
                c->text = texts_print(&c->texts, "%zu memory block%s %s", n, n == 1 ? "" : "s",
                                      words[action].word);
                return;
        }
        c->node = (struct view_number){ true, node };
        c->text = texts_print(&c->texts, "node %" PRIu32 ": %zu memory block%s %s", node, n,
                              n == 1 ? "" : "s", words[action].word);
}

void burst_take(struct burst *b, const struct members *members,
                void (*fn)(const struct change *c, void *userdata), void *userdata)
{
        while (b->n > 0) {
                struct change c = { .source = "kernel", .usec = b->real_usec };
                enum uevent_action action;
                uint32_t node;
                size_t n = take_group(b, members, &action, &node);

                describe(&c, n, action, node);
                fn(&c, userdata);
                change_done(&c);
        }
        memset(b->has, 0, sizeof(b->has));
}

void burst_done(struct burst *b)
{
        free(b->blocks);
        *b = (struct burst){ 0 };
}
