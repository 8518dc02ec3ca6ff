/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/rivals.h"

/* "online" leaves the zone to the kernel. What is not known yet may be anything. */
static bool agrees(const struct onliner *item, enum plain_zone plain, enum policy_online online)
{
        bool movable = online == ONLINE_MOVABLE;

        if (online == ONLINE_LEAVE || online == ONLINE_UNSET)
                return true;
        if (!item->state || online == ONLINE_NO)
                return false;
        if (streq(item->state, "online"))
                return plain == (movable ? PLAIN_MOVABLE : PLAIN_KERNEL);
        return streq(item->state, movable ? "online_movable" : "online_kernel");
}

/* The kernel's command line only says how auto_online_blocks began. */
enum policy_online rivals_find_conflict(const struct policy *p, const struct onliners *o,
                                        const struct onliner *item)
{
        if (item->kind == ONLINER_BOOT)
                return ONLINE_UNSET;
        if (!agrees(item, o->plain, p->online))
                return p->online;
        for (size_t i = 0; i < p->n_rules; i++)
                if (!agrees(item, o->plain, p->rules[i].online))
                        return p->rules[i].online;
        return ONLINE_UNSET;
}

static const char *describe_effect(enum policy_online online)
{
        return online == ONLINE_NO ? "numatier takes such memory offline again only while its node "
                                     "is hardly used"
                                   : "numatier changes its zone only while its node is hardly used";
}

static const char *describe_origin(const struct onliners *o, const struct onliner *item)
{
        for (size_t i = 0; item->kind == ONLINER_KERNEL && i < o->n; i++)
                if (o->items[i].kind == ONLINER_BOOT && item->state && o->items[i].state &&
                    streq(o->items[i].state, item->state))
                        return ", from memhp_default_state= on the kernel's command line";
        return "";
}

void rivals_find(const struct policy *p, const struct onliners *o, struct messages *ret)
{
        for (size_t i = 0; i < o->n; i++) {
                const struct onliner *item = &o->items[i];
                enum policy_online online = rivals_find_conflict(p, o, item);
                char line[16] = "";

                if (online == ONLINE_UNSET)
                        continue;
                if (item->line > 0)
                        snprintf(line, sizeof(line), ":%u", item->line);
                messages_add(ret,
                             "%s%s %sbrings hot-added memory online (%s%s), and the policy has "
                             "online = %s: %s",
                             item->path, line, item->conditional ? "perhaps " : "",
                             item->state ?: item->text, describe_origin(o, item),
                             policy_online_word(online), describe_effect(online));
        }
}
