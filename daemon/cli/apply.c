/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/restore.h"
#include "cli/cli.h"
#include "common/exit.h"
#include "common/session.h"

static void print_problems(struct messages *problems)
{
        cli_print_messages("", problems);
        messages_done(problems);
}

static int take_lock(const struct arguments *a, int *ret_fd)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = session_lock(&a->input, &problems, ret_fd);
        print_problems(&problems);
        return r;
}

int verb_apply(const struct arguments *a)
{
        _cleanup_(closep) int lock_fd = -1;
        struct pass l;
        int status = EXIT_FAILURE;
        bool any;

        if (take_lock(a, &lock_fd) < 0)
                return EXIT_FAILURE;
        if (pass_run(a, RECONCILE_APPLY, &l) == 0) {
                print_changes(a, l.view);
                status = bring_online(a, &l, false, &any);
                print_rest(a, &l, any);
                status = exit_join(find_exit_status(&l), status);
        }
        pass_done(&l);
        return status;
}

static void complain_of_lost_originals(const struct state *s)
{
        for (size_t i = 0; i < s->n_lost; i++)
                fprintf(stderr,
                        "numatier: the journal of original values was damaged, and some of them "
                        "are lost. What was left of it is in /%s: put those values back manually, "
                        "or reboot. Then remove that file\n",
                        s->lost[i]);
}

static void complain_of_newer_journal(void)
{
        fprintf(stderr,
                "numatier: /" STATE_UNDO_PATH
                " was written by a newer numatier, and has lines that "
                "this one does not understand: they may hold values that were not put back. Run "
                "\"restore\" of that version\n");
}

static int undo(struct pass *l, struct plan **ret_plan, struct report **ret_report)
{
        _cleanup_(present_values_freep) struct present_values *present = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        if (machine_is_tiering(l->result->machine))
                l->state->tiering = true;
        r = restore_read(l->root, l->state, &present);
        if (r == 0)
                r = plan_new_restore(l->result->machine, l->state, present, ret_plan);
        if (r == 0)
                r = apply_restore(l->root, *ret_plan, l->state, &problems, ret_report);
        print_problems(&problems);
        return r;
}

static int restore(const struct arguments *a, struct pass *l)
{
        _cleanup_(plan_freep) struct plan *plan = NULL;
        _cleanup_(report_freep) struct report *report = NULL;
        _cleanup_(view_freep) struct view *view = NULL;
        bool remains, lost, unknown, saved;
        int r;

        r = undo(l, &plan, &report);
        if (!report)
                return cli_error(r, "cannot restore");
        saved = r == 0;
        remains = plan->n_unmet > 0 || plan->n_held > 0;
        lost = state_originals_are_lost(l->state);
        unknown = state_originals_are_unknown(l->state);
        if (report->n_entries == 0 && !remains && !lost && !unknown && a->legend && !a->json)
                puts("Nothing of ours is left to undo.");
        r = view_new_changes(plan, report, &view);
        if (r < 0)
                return cli_print_error(r);
        print_changes(a, view);
        if (a->json)
                print_changes_as_json(view);
        if (remains)
                fprintf(stderr, "numatier: not everything could be undone safely\n");
        complain_of_lost_originals(l->state);
        if (unknown)
                complain_of_newer_journal();
        return !saved || remains || lost || unknown || report_count_undone(report) > 0
                       ? EXIT_FAILURE
                       : EXIT_SUCCESS;
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
