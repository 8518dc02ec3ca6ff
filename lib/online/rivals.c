/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/rivals.h"

/* "online" leaves the zone to the kernel. What is not known yet may be anything. */
static bool agrees(const struct onliner *o, enum policy_online online)
{
        if (online == ONLINE_LEAVE || online == ONLINE_UNSET)
                return true;
        if (!o->state || online == ONLINE_NO)
                return false;
        return streq(o->state, online == ONLINE_MOVABLE ? "online_movable" : "online_kernel");
}

/* What the policy wants somewhere and this does not do, or ONLINE_UNSET. */
static enum policy_online find_conflict(const struct policy *p, const struct onliner *o)
{
        if (!agrees(o, p->online))
                return p->online;
        for (size_t i = 0; i < p->n_rules; i++)
                if (!agrees(o, p->rules[i].online))
                        return p->rules[i].online;
        return ONLINE_UNSET;
}

static const char *describe_effect(enum policy_online online)
{
        return online == ONLINE_NO ? "numatier takes such memory offline again only while its node "
                                     "is hardly used"
                                   : "numatier changes its zone only while its node is hardly used";
}

/* The kernel's command line only says how auto_online_blocks began. */
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
                enum policy_online online = find_conflict(p, item);
                char line[16] = "";

                if (online == ONLINE_UNSET || item->kind == ONLINER_BOOT)
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
