/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/upgrade.h"

#include <errno.h>

#include "state/text.h"

static int parse_node(struct state *s, char *rest)
{
        uint32_t original_tier, present_tier;
        struct state_node *n;
        unsigned id;

        if (text_take_unsigned(&rest, NODE_MAX - 1, &id) < 0 ||
            text_take_tier(&rest, &original_tier) < 0 || text_take_tier(&rest, &present_tier) < 0 ||
            state_get_node(s, id))
                return -EINVAL;
        n = state_make_node(s, id);
        if (!n)
                return -ENOMEM;
        n->original_tier = original_tier;
        n->present_tier = present_tier;
        if (rest && *rest) {
                n->tier = strdup(rest);
                if (!n->tier)
                        return -ENOMEM;
        }
        return 0;
}

static int parse_manual(struct state *s, char *rest)
{
        struct state_node *n;
        unsigned id;

        if (text_take_unsigned(&rest, NODE_MAX - 1, &id) < 0)
                return -EINVAL;
        n = state_get_node(s, id);
        if (!n)
                return -EINVAL;
        n->manual = true;
        return 0;
}

/* 0.1 did not say whether a write was made: its originals count as if it was. */
static int parse_original(struct state *s, char *rest)
{
        int r = text_parse_original(s, rest);

        if (r == 0)
                s->originals[s->n_originals - 1].written = true;
        return r;
}

static const struct text_line lines[] = {
        TEXT_DAEMON,
        TEXT_TIERING,
        TEXT_POLICY,
        { "node", parse_node, "node NUMBER KERNEL-TIER MEMORY-TIER [TIER], each node once" },
        { "manual", parse_manual, "manual NUMBER, of a node above" },
        TEXT_MEMORY,
        TEXT_GPU,
        { "original", parse_original, "original PATH VALUE" },
};

int upgrade_parse(struct state *s, const char *text, size_t size, const char *name,
                  struct messages *errors)
{
        struct text_faults faults = { .name = name, .errors = errors };
        int r = text_parse(s, text, size, lines, ELEMENTSOF(lines), &faults);

        if (r < 0)
                return r;
        return faults.any ? -EBADMSG : 0;
}

int state_parse(const char *text, size_t size, const char *name, struct messages *errors,
                struct state **ret)
{
        _cleanup_(state_freep) struct state *s = NULL;
        int r;

        r = state_new(&s);
        if (r == 0)
                r = upgrade_parse(s, text, size, name, errors);
        if (r == 0)
                *ret = TAKE_PTR(s);
        return r;
}

static int merge_originals(struct state *s, const struct state *old)
{
        for (size_t i = 0; i < old->n_originals; i++) {
                const struct state_original *o = &old->originals[i];

                if (state_get_original(s, o->path))
                        continue;
                if (state_note_original(s, o->path, o->value) < 0)
                        return -ENOMEM;
                s->originals[s->n_originals - 1].written = o->written;
        }
        return 0;
}

/* Where Linux had a node. */
static int merge_nodes(struct state *s, const struct state *old)
{
        for (size_t i = 0; i < old->n_nodes; i++) {
                struct state_node *n;

                if (old->nodes[i].original_tier == TIER_UNKNOWN)
                        continue;
                n = state_make_node(s, old->nodes[i].node);
                if (!n)
                        return -ENOMEM;
                if (n->original_tier == TIER_UNKNOWN)
                        n->original_tier = old->nodes[i].original_tier;
        }
        return 0;
}

static int merge_memories(struct state *s, const struct state *old)
{
        for (size_t i = 0; i < old->n_memories; i++) {
                const struct state_memory *from = &old->memories[i];
                struct state_memory *to;

                if (state_get_memory(s, from->key))
                        continue;
                to = state_make_memory(s, from->key);
                if (!to)
                        return -ENOMEM;
                memcpy(to->present, from->present, sizeof(to->present));
                memcpy(to->access, from->access, sizeof(to->access));
        }
        return 0;
}

int upgrade_merge(struct state *s, const struct state *old)
{
        int r;

        s->tiering = s->tiering || old->tiering;
        r = merge_originals(s, old);
        if (r == 0)
                r = merge_nodes(s, old);
        return r < 0 ? r : merge_memories(s, old);
}
