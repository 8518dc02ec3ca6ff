/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <locale.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/pager.h"

enum {
        WRITE_NODE,
        WRITE_PATH,
        WRITE_BEFORE,
        WRITE_VALUE,
        WRITE_REASON
};

static const struct column write_columns[] = {
        [WRITE_NODE] = { "node", COLUMN_NUMBER },   [WRITE_PATH] = { "path", COLUMN_TEXT },
        [WRITE_BEFORE] = { "before", COLUMN_TEXT }, [WRITE_VALUE] = { "value", COLUMN_TEXT },
        [WRITE_REASON] = { "reason", COLUMN_TEXT },
};

enum {
        UNMET_NODE,
        UNMET_NOW,
        UNMET_WANTED,
        UNMET_REASON,
        UNMET_HAZARD
};

static const struct column unmet_columns[] = {
        [UNMET_NODE] = { "node", COLUMN_NUMBER },
        [UNMET_NOW] = { "present_tier", COLUMN_NUMBER },
        [UNMET_WANTED] = { "wanted_tier", COLUMN_NUMBER },
        [UNMET_REASON] = { "reason", COLUMN_TEXT },
        [UNMET_HAZARD] = { "hazard", COLUMN_TEXT },
};

static bool concerns_node(const struct plan_write *w)
{
        return w->kind == WRITE_NODE_TIER || w->kind == WRITE_WEIGHT;
}

static struct libscols_table *json_writes(const char *name, const struct plan_write *writes,
                                          size_t n)
{
        struct libscols_table *t = table_new(name, write_columns, ELEMENTSOF(write_columns));

        for (size_t i = 0; t && i < n; i++) {
                const struct plan_write *w = &writes[i];
                struct libscols_line *line = table_add(t, NULL);

                if (concerns_node(w))
                        table_set(line, WRITE_NODE, "%u", w->node);
                table_set(line, WRITE_PATH, "/%s", w->path);
                table_set(line, WRITE_BEFORE, "%s", w->before);
                table_set(line, WRITE_VALUE, "%s", w->value);
                table_set(line, WRITE_REASON, "%s", w->reason);
        }
        return t;
}

static const char *reason_of(const struct assignment *a, unsigned node)
{
        return assignment_get_node(a, node)->reason;
}

static struct libscols_table *json_unmet(const struct assignment *a, const struct plan *p)
{
        struct libscols_table *t = table_new("unmet", unmet_columns, ELEMENTSOF(unmet_columns));

        for (size_t i = 0; t && i < p->n_unmet; i++) {
                const struct plan_unmet *u = &p->unmet[i];
                struct libscols_line *line = table_add(t, NULL);

                table_set(line, UNMET_NODE, "%u", u->node);
                table_set(line, UNMET_NOW, "%" PRIu32, u->present_tier);
                if (u->wanted_tier != TIER_UNKNOWN)
                        table_set(line, UNMET_WANTED, "%" PRIu32, u->wanted_tier);
                table_set(line, UNMET_REASON, "%s", reason_of(a, u->node));
                if (u->hazard)
                        table_set(line, UNMET_HAZARD, "%s", u->hazard);
        }
        return t;
}

static int print_json(const struct snapshot *r)
{
        const struct plan *p = r->plan;
        _cleanup_(table_freep) struct libscols_table *writes =
                json_writes("writes", p->writes, p->n_writes);
        _cleanup_(table_freep) struct libscols_table *unmet = json_unmet(r->assignment, p);
        _cleanup_(table_freep) struct libscols_table *held =
                json_writes("held", p->held, p->n_held);

        return json_print((struct libscols_table *[]){ writes, unmet, held }, 3);
}

/* For people a sentence each: a table would be as wide as its longest reason. */
static void print_text(const struct snapshot *r, bool legend)
{
        for (size_t i = 0; i < r->plan->n_writes; i++) {
                const struct plan_write *w = &r->plan->writes[i];

                printf("write %s to /%s, which holds %s\n      %s\n", w->value, w->path, w->before,
                       w->reason);
        }
        for (size_t i = 0; i < r->plan->n_unmet; i++) {
                const struct plan_unmet *u = &r->plan->unmet[i];

                if (u->hazard)
                        print_hazard(stdout, u);
                else
                        printf("node %u is in tier %" PRIu32 " and belongs in %" PRIu32
                               ", but nothing here can move it\n",
                               u->node, u->present_tier, u->wanted_tier);
                printf("      %s\n", reason_of(r->assignment, u->node));
        }
        for (size_t i = 0; i < r->plan->n_held; i++) {
                const struct plan_write *w = &r->plan->held[i];

                printf("do not write %s to /%s, which holds %s\n      %s\n", w->value, w->path,
                       w->before, w->reason);
        }
        if (!legend)
                return;
        print_unmet(r);
        if (r->machine->tiers_withheld)
                puts("The present tiers are unknown while memory is being plugged or unplugged.");
        else if (plan_is_empty(r->plan))
                puts("There is nothing to do.");
}

static int print(const struct arguments *a, const struct snapshot *r)
{
        if (a->json)
                return print_json(r);
        if (a->pager)
                pager_open();
        print_text(r, a->legend);
        pager_close();
        return 0;
}

/* What could not be seen cannot be said to be as the policy wants. */
static int find_exit_status(const struct arguments *a, const struct snapshot *r)
{
        if (r->machine->tiers_withheld && (a->json || !a->legend))
                complain_of_withheld_tiers();
        if (!plan_is_empty(r->plan))
                return EXIT_DIFFERS;
        return r->machine->tiers_withheld ? EXIT_FAILURE : EXIT_SUCCESS;
}

int verb_plan(const struct arguments *a)
{
        struct pass l;
        int r, status = EXIT_FAILURE;

        r = pass_run(a, RECONCILE_PLAN, &l);
        if (r == 0) {
                r = print(a, l.result);
                status = r < 0 ? cli_error(r, "cannot print") : find_exit_status(a, l.result);
        }
        pass_done(&l);
        return status;
}
