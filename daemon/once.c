/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "once.h"

#include <errno.h>

#include "common/lock.h"
#include "common/quiet.h"
#include "publish/journal.h"
#include "publish/log.h"
#include "publish/status.h"

static int load_state(struct sysroot *root, struct state **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = state_load(root, &problems, ret);
        for (size_t i = 0; i < problems.n; i++)
                fprintf(stderr, "%s\n", problems.items[i]);
        messages_done(&problems);
        return r < 0 ? log_error_errno(r, "Cannot load the state of this boot") : 0;
}

static void print_plan(const struct plan *plan)
{
        for (size_t i = 0; i < plan->n_writes; i++) {
                const struct plan_write *w = &plan->writes[i];

                fprintf(stderr, "Would write %s to /%s, now %s (%s)\n", w->value, w->path,
                        w->before, w->reason);
        }
        for (size_t i = 0; i < plan->n_held; i++)
                fprintf(stderr, "Would not write %s to /%s, now %s (%s)\n", plan->held[i].value,
                        plan->held[i].path, plan->held[i].before, plan->held[i].reason);
}

static void tell(const struct snapshot *r, int error)
{
        struct announcer announcer = { 0 };
        struct status status = { 0 };
        _cleanup_(freep) char *summary = NULL;

        announce_look(&announcer, r, error);
        announcer_done(&announcer);
        if (error < 0)
                return;
        if (!r->report)
                print_plan(r->plan);
        summary = status_format(&status, r, error);
        fprintf(stderr, "%s\n", summary ?: "");
}

static int judge_result(const struct snapshot *r, bool dry_run)
{
        if (r->machine->tiers_withheld)
                return EXIT_FAILURE; /* what could not be seen could not be put right */
        if (dry_run)
                return plan_is_empty(r->plan) ? EXIT_SUCCESS : EXIT_DIFFERS;
        return r->report->count[OUTCOME_FAILED] + r->report->count[OUTCOME_IGNORED] +
                                       r->report->count[OUTCOME_BUSY] +
                                       r->report->count[OUTCOME_HELD] >
                               0
                       ? EXIT_FAILURE
                       : EXIT_SUCCESS;
}

static int reconcile_once(struct sysroot *root, struct policy *policy, bool dry_run)
{
        _cleanup_(state_freep) struct state *state = NULL;
        _cleanup_(snapshot_unrefp) struct snapshot *result = NULL;
        int r, status = EXIT_FAILURE;

        if (load_state(root, &state) < 0)
                return EXIT_FAILURE;
        r = quiet_reconcile(root, policy, dry_run ? RECONCILE_PLAN : RECONCILE_APPLY, state,
                            &result);
        tell(result, r);
        if (r >= 0)
                status = judge_result(result, dry_run);
        return status;
}

static int take_lock(const struct input *in, int *ret_fd)
{
        pid_t holder = 0;
        int r;

        r = lock_take(in->root, ret_fd, &holder);
        if (r == -EBUSY) {
                log_error("Another numatierd or numatier is at work here (pid %ld holds /%s)",
                          (long)holder, LOCK_PATH);
                return r;
        }
        return r < 0 ? log_error_errno(r, "Cannot lock /%s", LOCK_PATH) : 0;
}

int once_run(const struct input *in, bool dry_run)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(closep) int lock_fd = -1;

        if (input_load_policy(in, &policy) < 0 || input_open_root(in, &root) < 0)
                return EXIT_FAILURE;
        if (!dry_run && !in->machine && take_lock(in, &lock_fd) < 0)
                return EXIT_FAILURE;
        return reconcile_once(root, policy, dry_run);
}

int once_check(const struct input *in)
{
        _cleanup_(policy_unrefp) struct policy *policy = NULL;

        return input_load_policy(in, &policy) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
