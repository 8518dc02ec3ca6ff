/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/memory.h"

#include <errno.h>

#include "online/summary.h"

/* All sentences in one. */
static const char *format_reasons(const struct online_group *g, struct texts *texts)
{
        const char *reason = NULL;

        for (enum online_case v = 0; v < CASES; v++) {
                char buf[ONLINE_TEXT_MAX];

                if (!online_is_reason(v) || !online_format_reason(g, v, buf))
                        continue;
                reason =
                        reason ? texts_print(texts, "%s. %s", reason, buf) : texts_copy(texts, buf);
        }
        return reason;
}

static struct view_memory make_row(const struct online_group *g, struct texts *texts)
{
        size_t all = online_count_all(g), good = online_count_good(g);
        size_t act = g->count[CASE_ACT], made = g->done + g->failed + g->gone;

        return (struct view_memory){
                .node = g->node,
                .online = policy_online_word(g->online),
                .device = *g->device ? texts_copy(texts, g->device) : NULL,
                .section = *g->section ? texts_copy(texts, g->section) : NULL,
                .blocks = all,
                .as_wanted = good,
                .planned = act > made ? act - made : 0,
                .done = g->done,
                .failed = g->failed,
                .reason = format_reasons(g, texts),
        };
}

int view_make_memory(const struct online_plan *p, struct texts *texts, struct view_memory **ret)
{
        struct view_memory *rows = calloc(p->n_groups ?: 1, sizeof(*rows));

        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_groups; i++)
                rows[i] = make_row(&p->groups[i], texts);
        *ret = rows;
        return 0;
}
