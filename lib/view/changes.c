/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/changes.h"

#include <assert.h>
#include <errno.h>

#include "view/nodes.h"
#include "view/unmet.h"

static bool concerns_node(const struct plan_write *w)
{
        return w->kind == WRITE_NODE_TIER || w->kind == WRITE_WEIGHT;
}

static struct view_write make_write(const struct plan_write *w, struct texts *texts)
{
        return (struct view_write){
                .node = { .known = concerns_node(w), .value = w->node },
                .path = texts_print(texts, "/%s", w->path),
                .before = texts_copy(texts, w->before),
                .value = texts_copy(texts, w->value),
                .reason = texts_copy(texts, w->reason),
        };
}

static void add_outcome(struct view_write *row, const struct report_entry *e, struct texts *texts)
{
        row->after = texts_copy(texts, e->after);
        row->outcome = outcome_name(e->outcome);
        row->error = e->error < 0 ? texts_copy(texts, strerror(-e->error)) : NULL;
}

int view_make_writes(const struct plan_write *writes, size_t n, const struct report *report,
                     struct texts *texts, struct view_write **ret)
{
        struct view_write *rows = calloc(n ?: 1, sizeof(*rows));

        assert(!report || report->n_entries == n);
        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                rows[i] = make_write(&writes[i], texts);
                if (report)
                        add_outcome(&rows[i], &report->entries[i], texts);
        }
        *ret = rows;
        return 0;
}

int view_make_unmet(const struct plan *p, const struct snapshot *s, struct texts *texts,
                    struct view_unmet **ret)
{
        struct view_unmet *rows = calloc(p->n_unmet ?: 1, sizeof(*rows));

        if (!rows)
                return -ENOMEM;
        for (size_t i = 0; i < p->n_unmet; i++) {
                const struct plan_unmet *u = &p->unmet[i];
                const struct node_assignment *n =
                        s ? assignment_get_node(s->assignment, u->node) : NULL;

                rows[i] = (struct view_unmet){
                        .node = u->node,
                        .present_tier = view_tier_number(u->present_tier),
                        .wanted_tier = view_tier_number(u->wanted_tier),
                        .reason = n ? texts_copy(texts, n->reason) : NULL,
                        .hazard = texts_copy(texts, u->hazard),
                        .cause = unmet_cause_name(s ? unmet_get_cause(s, u) : UNMET_HAZARD),
                };
        }
        *ret = rows;
        return 0;
}
