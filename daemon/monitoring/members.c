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

static int insert(struct members *m, size_t at, uint64_t block)
{
        int r = array_grow(&m->items, &m->allocated, m->n + 1, sizeof(*m->items));

        if (r < 0)
                return r;
        memmove(m->items + at + 1, m->items + at, (m->n - at) * sizeof(*m->items));
        m->items[at] = (struct member){ .block = block, .node = MEMBER_NO_NODE };
        m->n++;
        return 0;
}

static int note_block(const char *name, void *userdata)
{
        struct listing *l = userdata;
        struct members *m = l->members;
        unsigned long long block;
        size_t i;
        int r;

        static_assert(offsetof(struct member, block) == 0, "for array_find()");
        if (!parse(name, "memory", UINT64_MAX, &block))
                return 0;
        i = array_find(m->items, m->n, sizeof(*m->items), block);
        if (i == m->n || m->items[i].block != block) {
                r = insert(m, i, block);
                if (r < 0)
                        return r;
        }
        m->items[i].node = m->items[i].seen == m->listings ? MEMBER_NO_NODE : l->node;
        m->items[i].seen = m->listings;
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

int members_update(struct members *m, struct sysroot *root)
{
        struct listing l = { .members = m, .root = root };
        int r;

        m->listings++;
        r = sysroot_list(root, NODE_DIR, note_node, &l);
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
