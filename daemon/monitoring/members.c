/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitoring/members.h"

#include <assert.h>
#include <errno.h>

#include "base/nodeset.h"
#include "facts/blocks.h"
#include "facts/knobs.h"

struct listing {
        struct members *members;
        struct sysroot *root;
        uint32_t node;
};

static bool parse(const char *name, const char *prefix, unsigned long long max,
                  unsigned long long *ret)
{
        const char *digits = startswith(name, prefix);

        return digits && digits[strspn(digits, "0123456789")] == '\0' &&
               parse_u64(digits, 10, max, ret) == 0;
}

/* Those that are new are appended: members_update() sorts them in. */
static int append(struct members *m, uint64_t block, uint32_t node)
{
        int r = array_grow(&m->items, &m->allocated, m->n + m->n_new + 1, sizeof(*m->items));

        if (r < 0)
                return r;
        m->items[m->n + m->n_new++] =
                (struct member){ .block = block, .node = node, .seen = m->listings };
        return 0;
}

static void note_again(struct member *i, uint32_t node, uint32_t listing)
{
        i->node = i->seen == listing ? MEMBER_NO_NODE : node;
        i->seen = listing;
}

static int note_block(const char *name, void *userdata)
{
        struct listing *l = userdata;
        struct members *m = l->members;
        unsigned long long block;
        size_t i;

        static_assert(offsetof(struct member, block) == 0, "for array_find()");
        if (!parse(name, "memory", UINT64_MAX, &block))
                return 0;
        i = array_find(m->items, m->n, sizeof(*m->items), block);
        if (i == m->n || m->items[i].block != block)
                return append(m, block, l->node);
        note_again(&m->items[i], l->node, m->listings);
        return 0;
}

static int note_node(const char *name, void *userdata)
{
        struct listing *l = userdata;
        unsigned long long node;
        int r;

        if (!parse(name, "node", NODE_MAX - 1, &node))
                return 0;
        l->node = (uint32_t)node;
        r = sysroot_listf(l->root, note_block, l, NODE_DIR "/node%llu", node);
        return r == -ENOMEM ? r : 0; /* else it is gone */
}

static int compare(const void *a, const void *b)
{
        const struct member *x = a, *y = b;

        return (x->block > y->block) - (x->block < y->block);
}

/* A new block that several nodes have is there several times. */
static void sort(struct members *m)
{
        const size_t n = m->n + m->n_new;

        if (m->n_new == 0)
                return;
        qsort(m->items, n, sizeof(*m->items), compare);
        m->n = m->n_new = 0;
        for (size_t i = 0; i < n; i++)
                if (m->n > 0 && m->items[m->n - 1].block == m->items[i].block)
                        m->items[m->n - 1].node = MEMBER_NO_NODE;
                else
                        m->items[m->n++] = m->items[i];
}

int members_update(struct members *m, struct sysroot *root)
{
        struct listing l = { .members = m, .root = root };
        int r;

        m->listings++;
        r = sysroot_list(root, NODE_DIR, note_node, &l);
        sort(m);
        return r == -ENOMEM ? r : 0;
}

uint32_t members_get(const struct members *m, uint64_t block)
{
        size_t i = array_find(m->items, m->n, sizeof(*m->items), block);

        return i < m->n && m->items[i].block == block ? m->items[i].node : MEMBER_NO_NODE;
}

void members_done(struct members *m)
{
        free(m->items);
        *m = (struct members){ 0 };
}
