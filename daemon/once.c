/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "once.h"

#include <errno.h>

#include "common/exit.h"
#include "common/onlining.h"
#include "common/quiet.h"
#include "common/session.h"
#include "online/wanted.h"
#include "publish/journal.h"
#include "publish/log.h"
#include "publish/status.h"
#include "view/unmet.h"
#include "view/view.h"

static void print_plan(const struct plan *plan)
{
        for (size_t i = 0; i < plan->n_writes; i++) {
                const struct plan_write *w = &plan->writes[i];

                log_notice("Would write %s to /%s, which holds %s (%s)", w->value, w->path,
                           w->before, w->reason);
        }
        /* what is held back is reported by journal_pass(), with and without --dry-run */
}

static void print_result(const struct snapshot *r, int error)
{
        struct journal journal = { 0 };
        struct status status = { 0 };
        _cleanup_(freep) char *summary = NULL;

        journal_pass(&journal, r, error);
        journal_done(&journal);
        if (error < 0)
                return;
        if (!r->report)
                print_plan(r->plan);
        summary = status_format(&status, r, error);
        log_notice("%s", summary ?: "");
}

/* What the policy asks and could not be done here. */
static bool is_left(const struct snapshot *r)
{
        _cleanup_(view_freep) struct view *view = NULL;

        if (r->plan->n_unmet > 0 || r->plan->n_held > 0)
                return true;
        return view_new(r, true, &view) == 0 && view_lacks_tiers(view);
}

/* As numatier plan and numatier apply have it. */
static int get_exit_status(const struct snapshot *r)
{
        size_t undone = r->report ? report_count_undone(r->report) : r->plan->n_writes;
        struct nodeset nodes = unmet_get_unclear(r);
        bool unclear = nodeset_count(&nodes) > 0;

        if (r->machine->tiers_withheld)
                return EXIT_FAILURE; /* what could not be seen could not be corrected */
        if (r->report && (undone > 0 || unclear))
                return EXIT_FAILURE;
        if (undone > 0 || is_left(r))
                return EXIT_DIFFERS;
        return unclear ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void print_steps(const struct online_plan *p)
{
        for (size_t i = 0; i < p->n_groups; i++)
                if (p->groups[i].count[CASE_ACT] > 0)
                        log_notice("Would change %zu blocks of node %u (online = %s)",
                                   p->groups[i].count[CASE_ACT], p->groups[i].node,
                                   policy_online_word(p->groups[i].online));
}

/* All at once: nobody waits for anything else. */
static int bring_online(struct sysroot *root, const struct snapshot *r, const char *path,
                        bool dry_run)
{
        _cleanup_(online_result_freep) struct online_result *result = NULL;
        struct messages none = MESSAGES_INIT;
        struct journal journal = { 0 };
        struct onlining o = { .path = path };
        int e;

        if (!r->machine || (!wanted_any(r->policy) && !onlining_is_any_pending(root, &o)))
                return EXIT_SUCCESS;
        if (dry_run)
                e = onlining_plan(root, r->policy, r->machine, &result);
        else
                e = onlining_run_in_foreground(root, r->policy, r->machine, &o, &result);
        if (e == 0 && o.stop)
                e = log_error_errno(-EINTR, "Memory is not brought online any further");
        journal_online(&journal, result, e, &none);
        journal_done(&journal);
        onlining_done(&o);
        if (e < 0)
                return EXIT_FAILURE;
        if (dry_run)
                print_steps(result->plan);
        else
                onlining_forget_drained(root, path, &result->vanished);
        return onlining_get_exit_status(result->plan);
}

static int run_pass(const struct input *in, struct sysroot *root, struct policy *policy,
                    struct state *state, bool dry_run)
{
        _cleanup_(snapshot_unrefp) struct snapshot *result = NULL;
        int r, status;

        r = quiet_reconcile(root, policy, dry_run ? RECONCILE_PLAN : RECONCILE_APPLY, state,
                            &result);
        print_result(result, r);
        if (r < 0)
                return EXIT_FAILURE;
        status = bring_online(root, result, in->root, dry_run || in->machine);
        return exit_join(get_exit_status(result), status);
}

int once_run(const struct input *in, bool dry_run)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        _cleanup_(closep) int lock_fd = -1;
        int r;

        if (input_load_policy(in, &policy) < 0 || input_open_root(in, &root) < 0)
                return EXIT_FAILURE;
        r = dry_run ? 0 : session_lock(in, &problems, &lock_fd);
        if (r == 0)
                r = session_load_state(root, &problems, &state);
        log_messages(&problems);
        messages_done(&problems);
        return r < 0 ? EXIT_FAILURE : run_pass(in, root, policy, state, dry_run);
}

int once_check(const struct input *in)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;

        return input_load_policy(in, &policy) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
