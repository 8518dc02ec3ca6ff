/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/burst.h"
#include "testing.h"

static char seen[1024];

static void note(const struct change *c, void *userdata)
{
        (void)userdata;
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s: %s\n", c->kind, c->text);
        assert(streq(c->source, "kernel") && c->usec == 7);
        assert(c->node.known == (strncmp(c->text, "node", 4) == 0));
        assert(c->blocks.known == (strncmp(c->kind, "blocks", 6) == 0));
        assert(c->present_tier.known == (strncmp(c->kind, "tier", 4) == 0));
}

static const char *take(struct burst *b, const struct members *m)
{
        seen[0] = '\0';
        burst_take(b, m, note, NULL);
        return seen;
}

static void add_at(struct burst *b, enum uevent_subject subject, uint64_t number,
                   enum uevent_action action, uint64_t now_usec)
{
        const struct uevent e = { action, subject, number };

        assert(burst_add(b, &e, now_usec, 7) == 0);
}

static void add(struct burst *b, uint64_t first, uint64_t n, enum uevent_action action)
{
        for (uint64_t i = 0; i < n; i++)
                add_at(b, UEVENT_BLOCK, first + i, action, 1000);
}

static bool contradicts(const struct burst *b, enum uevent_subject subject,
                        enum uevent_action action)
{
        const struct uevent e = { action, subject, 1 };

        return burst_contradicts(b, &e);
}

/* Node 0 has blocks 0 and 1, node 1 block 32 and 33; both have block 2. */
static struct members members_of(const char *more)
{
        _cleanup_(freep) char *text = NULL;
        struct members m = { 0 };
        struct sysroot *root;

        assert(asprintf(&text,
                        NODE "node0/memory0/state: x\n" NODE "node0/memory1/state: x\n" NODE
                             "node0/memory2/state: x\n" NODE "node1/memory2/state: x\n" NODE
                             "node1/memory32/state: x\n" NODE "node1/memory33/state: x\n" NODE
                             "node1/memory_failure/total: 0\n%s",
                        more) > 0);
        root = root_from(text);
        assert(members_update(&m, root) == 0);
        sysroot_free(root);
        return m;
}

static void test_members(void)
{
        struct members m = members_of("");
        struct sysroot *root = root_from(NODE "node3/memory33/state: x\n");

        assert(members_get(&m, 1) == 0 && members_get(&m, 33) == 1);
        assert(members_get(&m, 2) == MEMBER_NO_NODE && members_get(&m, 9) == MEMBER_NO_NODE);
        /* what is gone is still known, what came back elsewhere is there */
        assert(members_update(&m, root) == 0);
        assert(members_get(&m, 32) == 1 && members_get(&m, 33) == 3);
        sysroot_free(root);
        members_done(&m);
}

static void test_groups(void)
{
        struct members m = members_of("");
        struct burst b = { 0 };

        assert_streq(take(&b, &m), "");
        add(&b, 32, 2, UEVENT_ADD);
        add(&b, 32, 2, UEVENT_ONLINE);
        add(&b, 0, 1, UEVENT_ONLINE);
        add(&b, 40, 3, UEVENT_ONLINE);
        assert_streq(take(&b, &m), "blocks_added: node 1: 2 memory blocks added\n"
                                   "blocks_online: node 1: 2 memory blocks online\n"
                                   "blocks_online: node 0: 1 memory block online\n"
                                   "blocks_online: 3 memory blocks online\n");
        assert_streq(take(&b, &m), "");
        /* what comes between stays in order */
        add(&b, 32, 1, UEVENT_OFFLINE);
        add(&b, 32, 1, UEVENT_REMOVE);
        add_at(&b, UEVENT_TIER, 18, UEVENT_REMOVE, 1000);
        add(&b, 33, 1, UEVENT_OFFLINE);
        add_at(&b, UEVENT_NODE, 1, UEVENT_REMOVE, 1000);
        add_at(&b, UEVENT_NODE, 3, UEVENT_ADD, 1000);
        add_at(&b, UEVENT_TIER, 5, UEVENT_ADD, 1000);
        assert_streq(take(&b, &m), "blocks_offline: node 1: 2 memory blocks offline\n"
                                   "blocks_removed: node 1: 1 memory block removed\n"
                                   "tier_removed: memory_tier18 removed\n"
                                   "node_removed: node 1 removed\n"
                                   "node_added: node 3 added\n"
                                   "tier_added: memory_tier5 added\n");
        burst_done(&b);
        members_done(&m);
}

/* An unplug that fails: the kernel takes blocks offline, and brings them online again. */
static void test_contradiction(void)
{
        struct members m = { 0 };
        struct burst b = { 0 };

        assert(!contradicts(&b, UEVENT_BLOCK, UEVENT_ONLINE));
        add(&b, 1, 1, UEVENT_OFFLINE);
        add_at(&b, UEVENT_TIER, 18, UEVENT_ADD, 1000);
        assert(contradicts(&b, UEVENT_BLOCK, UEVENT_ONLINE));
        assert(!contradicts(&b, UEVENT_BLOCK, UEVENT_OFFLINE));
        assert(!contradicts(&b, UEVENT_BLOCK, UEVENT_REMOVE));
        assert(!contradicts(&b, UEVENT_TIER, UEVENT_REMOVE));
        (void)take(&b, &m);
        assert(!contradicts(&b, UEVENT_BLOCK, UEVENT_ONLINE));
        burst_done(&b);
}

/* It waits for what follows, but not for ever, and not at all if there is nothing. */
static void test_due(void)
{
        struct burst b = { 0 };
        uint64_t now = 5000000;

        assert(burst_due_usec(&b) == UINT64_MAX);
        add_at(&b, UEVENT_NODE, 1, UEVENT_ADD, now);
        assert(burst_due_usec(&b) == now);
        add_at(&b, UEVENT_BLOCK, 1, UEVENT_ADD, now);
        assert(burst_due_usec(&b) == now + 500000);
        add_at(&b, UEVENT_BLOCK, 2, UEVENT_ADD, now + 200000);
        assert(burst_due_usec(&b) == now + 700000);
        add_at(&b, UEVENT_TIER, 3, UEVENT_ADD, now + 1900000);
        assert(burst_due_usec(&b) == now + 2000000);
        burst_done(&b);
        assert(burst_due_usec(&b) == UINT64_MAX);
}

/* A terabyte in blocks of 64 MiB. */
static void test_storm(void)
{
        struct members m = members_of("");
        struct burst b = { 0 };

        add(&b, 1000, 16384, UEVENT_ADD);
        add(&b, 1000, 16384, UEVENT_ONLINE);
        assert_streq(take(&b, &m), "blocks_added: 16384 memory blocks added\n"
                                   "blocks_online: 16384 memory blocks online\n");
        burst_done(&b);
        members_done(&m);
}

int main(void)
{
        test_members();
        test_groups();
        test_contradiction();
        test_due();
        test_storm();
        return 0;
}
