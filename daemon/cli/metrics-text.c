/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what lib/metrics prints. */

#include "cli/metrics-text.h"

#include <errno.h>

#include "cli/doctor.h"
#include "common/quiet.h"
#include "common/session.h"
#include "facts/knobs.h"
#include "metrics/metrics.h"
#include "policy/files.h"

/* Prometheus gives up a scrape after ten seconds. */
#define QUIET_USEC (4 * 1000000ULL)

struct reading {
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct snapshot *snapshot;
        struct view *view;
        struct counts *counts;
        struct diagnosis diagnosis;
        struct metrics metrics;
};

static void reading_done(struct reading *r)
{
        diagnosis_done(&r->diagnosis);
        counts_free(r->counts);
        view_free(r->view);
        snapshot_unref(r->snapshot);
        state_free(r->state);
        policy_unref(r->policy);
        sysroot_free(r->root);
}

/* Who scrapes does so every few seconds: what cannot be read is a metric, too. */
static void report(const struct arguments *a, const struct messages *m)
{
        if (!a->http)
                cli_print_messages("", m);
}

/* An error in the policy must not blind whoever watches the machine: it is a metric, too, and the
 * rest is read under a policy that wants nothing. */
static int load_policy(const struct arguments *a, struct reading *r)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages errors = MESSAGES_INIT;
        int error = sysroot_open("/", &root);

        if (error == 0)
                error = config_load(root, a->input.config, &errors, &r->policy);
        report(a, &errors);
        messages_done(&errors);
        r->metrics.policy_valid = error == 0;
        r->metrics.policy_unreadable = error == -EACCES;
        if (error == 0)
                r->metrics.policy = r->policy->hash;
        return error == 0 || error == -ENOMEM ? error : policy_new(&r->policy);
}

/* Whether processes of other users can be seen: /proc may be mounted with hidepid=. */
static bool sees_processes(struct sysroot *root)
{
        char comm[64];

        return sysroot_is_live(root) && sysroot_read(root, "proc/1/comm", comm, sizeof(comm)) > 0;
}

/* Before a pass under the policy of the files brings the state up to date. */
static void note_daemon(struct reading *r)
{
        struct metrics *m = &r->metrics;

        m->daemon_policy = r->state->policy;
        m->activity = r->state->activity;
        m->knows_activity = state_knows_activity(r->state, r->root);
        m->daemon_runs.value = state_daemon_is_alive(r->state, r->root);
        m->daemon_runs.known = m->daemon_runs.value || sees_processes(r->root);
}

static int read_machine(struct reading *r, struct messages *problems)
{
        int error = session_load_state(r->root, problems, &r->state);

        if (error < 0)
                return error;
        note_daemon(r);
        error = quiet_reconcile_within(r->root, r->policy, RECONCILE_PLAN, r->state, QUIET_USEC,
                                       &r->snapshot);
        for (size_t i = 0; r->snapshot && i < r->snapshot->problems.n; i++)
                messages_add(problems, "%s", r->snapshot->problems.items[i]);
        if (error == 0)
                error = view_new(r->snapshot, sysroot_is_live(r->root), &r->view);
        if (error == 0)
                error = counts_read_moved(r->root, &r->snapshot->machine->memory, problems,
                                          &r->counts);
        return error;
}

static int read_all(const struct arguments *a, struct reading *r)
{
        struct messages problems = MESSAGES_INIT;
        int error;

        *r = (struct reading){ .metrics.version = NUMATIER_VERSION };
        error = load_policy(a, r);
        if (error < 0)
                return cli_error(error, "the policy cannot be loaded"), error;
        error = input_open_root(&a->input, &r->root);
        if (error < 0)
                return error;
        error = read_machine(r, &problems);
        report(a, &problems);
        r->metrics.problems = problems.n + r->metrics.policy_unreadable;
        messages_done(&problems);
        if (error < 0)
                return cli_error(error, "cannot read the nodes in /" NODE_DIR), error;
        r->metrics.view = r->view;
        r->metrics.counts = r->counts;
        if (!a->doctor)
                return 0;
        r->metrics.diagnosis = &r->diagnosis;
        return doctor_diagnose(a, &r->diagnosis);
}

int metrics_format(const struct arguments *a, enum exposition_format format, char **ret,
                   size_t *ret_size)
{
        struct exposition e = { .format = format };
        struct reading r;
        int error = read_all(a, &r);

        if (error == 0) {
                e.f = open_memstream(ret, ret_size);
                error = e.f ? 0 : -ENOMEM;
        }
        if (e.f) {
                metrics_print(&r.metrics, &e);
                error = fclose(e.f) == 0 ? 0 : -ENOMEM;
                if (error < 0)
                        free(TAKE_PTR(*ret));
        }
        reading_done(&r);
        return error;
}
