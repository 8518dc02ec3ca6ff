/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "apply/restore.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "common/lock.h"

/* What each write did: "node1/memtier_override: memory_tier18 -> memory_tier5 (done)". */

enum {
        ENTRY_PATH,
        ENTRY_BEFORE,
        ENTRY_VALUE,
        ENTRY_AFTER,
        ENTRY_OUTCOME,
        ENTRY_REASON
};

static const struct column entry_columns[] = {
        [ENTRY_PATH] = { "path", COLUMN_TEXT },       [ENTRY_BEFORE] = { "before", COLUMN_TEXT },
        [ENTRY_VALUE] = { "value", COLUMN_TEXT },     [ENTRY_AFTER] = { "after", COLUMN_TEXT },
        [ENTRY_OUTCOME] = { "outcome", COLUMN_TEXT }, [ENTRY_REASON] = { "reason", COLUMN_TEXT },
};

static int print_json(const struct report *report)
{
        _cleanup_(table_freep) struct libscols_table *t =
                table_new("writes", entry_columns, ELEMENTSOF(entry_columns));

        for (size_t i = 0; t && i < report->n_entries; i++) {
                const struct report_entry *e = &report->entries[i];
                struct libscols_line *line = table_add(t, NULL);

                table_set(line, ENTRY_PATH, "/%s", e->write->path);
                table_set(line, ENTRY_BEFORE, "%s", e->write->before);
                table_set(line, ENTRY_VALUE, "%s", e->write->value);
                if (e->after)
                        table_set(line, ENTRY_AFTER, "%s", e->after);
                table_set(line, ENTRY_OUTCOME, "%s", outcome_name(e->outcome));
                table_set(line, ENTRY_REASON, "%s", e->write->reason);
        }
        return json_print(&t, 1);
}

static void print_entry(const struct report_entry *e)
{
        printf("/%s: %s -> %s: %s", e->write->path, e->write->before, e->write->value,
               outcome_name(e->outcome));
        if (e->outcome == OUTCOME_IGNORED)
                printf(", it now reads %s", e->after ?: "otherwise");
        if (e->error < 0)
                printf(" (%s)", strerror(-e->error));
        printf("\n      %s\n", e->write->reason);
}

static int print_report(const struct arguments *a, const struct report *report)
{
        if (a->json)
                return print_json(report);
        for (size_t i = 0; i < report->n_entries; i++)
                print_entry(&report->entries[i]);
        return 0;
}

static bool all_took_effect(const struct report *report)
{
        return report->count[OUTCOME_DONE] + report->count[OUTCOME_ALREADY] +
                       report->count[OUTCOME_UNVERIFIED] ==
               report->n_entries;
}

static int take_lock(const struct arguments *a, int *ret_fd)
{
        pid_t holder = 0;
        int r;

        if (a->input.machine) /* a copy in memory, nobody else's */
                return 0;
        r = lock_take(a->input.root, ret_fd, &holder);
        if (r == -EBUSY)
                fprintf(stderr,
                        "numatier: numatierd (or another numatier, process %ld) keeps the tiers "
                        "here; \"systemctl reload numatierd\" makes it read the policy again\n",
                        (long)holder);
        else if (r < 0)
                cli_error(r, "cannot lock /" LOCK_PATH);
        return r;
}

static int finish(const struct arguments *a, const struct report *report)
{
        int r = print_report(a, report);

        if (r < 0)
                return cli_error(r, "cannot print");
        return all_took_effect(report) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What could not be seen could not be put right: that is a failure too. */
static int finish_apply(const struct arguments *a, const struct snapshot *r)
{
        int status = finish(a, r->report);

        if (r->machine->tiers_withheld) {
                complain_of_withheld_tiers();
                return EXIT_FAILURE;
        }
        if (a->json || !a->legend)
                return status;
        print_unmet(r);
        print_hazards(stdout, r->plan);
        print_held(r);
        if (plan_is_empty(r->plan))
                puts("There is nothing to do.");
        return status;
}

int verb_apply(const struct arguments *a)
{
        _cleanup_(closep) int lock_fd = -1;
        struct pass l;
        int status = EXIT_FAILURE;

        if (take_lock(a, &lock_fd) < 0)
                return EXIT_FAILURE;
        if (pass_run(a, RECONCILE_APPLY, &l) == 0)
                status = finish_apply(a, l.result);
        pass_done(&l);
        return status;
}

static int restore(const struct arguments *a, struct pass *l)
{
        _cleanup_(plan_freep) struct plan *plan = NULL;
        _cleanup_(report_freep) struct report *report = NULL;
        int r, status;

        r = plan_new_restore(l->root, l->result->machine, l->state, &plan);
        if (machine_is_tiering(l->result->machine))
                l->state->tiering = true;
        if (r == 0)
                r = apply_restore(l->root, plan, l->state, &report);
        if (r < 0)
                return cli_error(r, "cannot restore");
        if (report->n_entries == 0 && plan->n_unmet == 0 && a->legend && !a->json)
                puts("Nothing of ours is left to undo.");
        status = finish(a, report);
        fflush(stdout);
        print_hazards(stderr, plan);
        for (size_t i = 0; i < plan->n_held; i++)
                fprintf(stderr, "%s is not written to /%s: %s\n", plan->held[i].value,
                        plan->held[i].path, plan->held[i].reason);
        return plan->n_unmet > 0 || plan->n_held > 0 ? EXIT_FAILURE : status;
}

int verb_restore(const struct arguments *a)
{
        _cleanup_(closep) int lock_fd = -1;
        struct pass l;
        int status = EXIT_FAILURE;

        if (take_lock(a, &lock_fd) < 0)
                return EXIT_FAILURE;
        if (pass_run_without_policy(a, NULL, NULL, &l) == 0)
                status = restore(a, &l);
        pass_done(&l);
        return status;
}
