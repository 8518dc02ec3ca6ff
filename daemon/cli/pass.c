/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>

#include "classify/targets.h"
#include "cli/cli.h"
#include "cli/kept.h"
#include "common/lock.h"
#include "common/quiet.h"
#include "common/session.h"
#include "facts/knobs.h"
#include "facts/packages.h"
#include "facts/settings.h"
#include "facts/survey.h"
#include "state/drained.h"
#include "view/unmet.h"

int cli_error(int error, const char *what)
{
        fprintf(stderr, "numatier: %s: %s\n", what, strerror(-error));
        return EXIT_FAILURE;
}

void cli_print_messages(const char *kind, const struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                fprintf(stderr, "numatier: %s%s\n", kind, m->items[i]);
}

int cli_refuse_copy(const struct arguments *a, const char *verb)
{
        if (!a->input.root && !a->input.machine)
                return 0;
        fprintf(stderr, "numatier: %s takes no --%s: it is for this machine\n", verb,
                a->input.root ? "root" : "machine");
        return EXIT_USAGE;
}

int cli_take_lock(const char *path, const char *what)
{
        pid_t holder = 0;
        int fd, r = lock_take_file(NULL, path, &fd, &holder);

        if (r == -EBUSY)
                fprintf(stderr, "numatier: another numatier %s (process %ld)\n", what,
                        (long)holder);
        else if (r == -EACCES || r == -EPERM)
                fputs("numatier: only root can do this\n", stderr);
        else if (r < 0)
                fprintf(stderr, "numatier: /%s: %s\n", path, strerror(-r));
        return r;
}

int cli_print_error(int error)
{
        return cli_error(error, "cannot print");
}

static void warn_from(const struct messages *m, size_t first)
{
        for (size_t i = first; i < m->n; i++)
                fprintf(stderr, "numatier: warning: %s\n", m->items[i]);
}

static int load_state(struct sysroot *root, struct state **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = session_load_state(root, &problems, ret);
        cli_print_messages(r < 0 ? "" : "warning: ", &problems);
        messages_done(&problems);
        return r;
}

/* A pass that has no plan could not read the machine; one that has could not save its state. */
static void complain(const struct input *in, const struct snapshot *s, int error)
{
        const char *where = in->machine ?: in->root ?: "";

        if (s && s->plan)
                (void)cli_error(error, "cannot save the state in /run/numatier");
        else
                fprintf(stderr, "numatier: %s%scannot read the nodes in /" NODE_DIR ": %s\n", where,
                        *where ? ": " : "", strerror(-error));
}

/* What distinguishes the kinds of passes. */
struct kind {
        enum reconcile_mode mode;
        bool without_policy;
        bool in_detail;
        bool without_tiers;       /* the present ones are not needed: never waits */
        struct kept *kept;        /* or NULL */
        const uint64_t *now_usec; /* with kept: never waits; or NULL */
};

static int reconcile_as(const struct kind *k, struct pass *p)
{
        if (k->kept && k->now_usec)
                return kept_reconcile_at(k->kept, *k->now_usec, p->root, p->policy, p->state,
                                         &p->result);
        if (k->kept)
                return kept_reconcile(k->kept, p->root, p->policy, p->state, &p->result);
        if (k->without_tiers)
                return quiet_reconcile_known(p->root, p->policy, p->state, &p->result);
        return quiet_reconcile(p->root, p->policy, k->mode, p->state, &p->result);
}

/* The warnings of a policy that is not the machine's own are of no use. */
static int run(const struct input *in, const struct kind *k, struct pass *ret)
{
        int r;

        r = load_state(ret->root, &ret->state);
        if (r < 0)
                return r;
        r = reconcile_as(k, ret);
        if (ret->result) {
                cli_print_messages("warning: ", &ret->result->problems);
                if (!k->without_policy)
                        cli_print_messages("warning: ", &ret->result->warnings);
                cli_print_messages("warning: ", &ret->result->bugs);
        }
        if (r < 0)
                complain(in, ret->result, r);
        return r;
}

static int make_view(struct pass *l)
{
        int r;

        r = view_new(l->result, sysroot_is_live(l->root), &l->view);
        if (r < 0)
                (void)cli_print_error(r);
        return r;
}

/* The view says no more than that the kernel has no interface: this program may look further. */
static int find_missing(const struct input *in, struct pass *l)
{
        struct nodeset nodes = unmet_get_nodes(l->result, UNMET_NO_INTERFACE);
        const char *name;
        int r;

        l->unclear = unmet_get_unclear(l->result);
        if (nodeset_count(&nodes) + nodeset_count(&l->unclear) == 0)
                return 0;
        r = missing_find(in, l->root, l->result->machine, &l->missing);
        if (r < 0) {
                (void)cli_print_error(r);
                return r;
        }
        name = missing_name(l->missing.cause);
        for (size_t i = 0; name && i < l->view->n_unmet; i++)
                if (nodeset_has(&nodes, l->view->unmet[i].node))
                        l->view->unmet[i].cause = name;
        return 0;
}

static int read_targets(struct sysroot *root, struct machine *m, struct messages *problems)
{
        _cleanup_(targets_freep) struct targets *targets = NULL;
        struct nodeset missing = targets_find_missing_distances(m);
        int r;

        r = survey_fill_distances(root, &missing, m, problems);
        if (r == 0)
                r = targets_new(m, &targets);
        if (r == 0)
                packages_read(root, &targets->homes, m);
        return r;
}

/* What no decision depends on is read when all is decided. Weights are allocated once they, and the
 * settings with them, have been read. */
static int read_details(struct pass *l)
{
        struct machine *m = l->result->machine;
        struct messages *problems = &l->result->problems;
        size_t reported = problems->n;
        int r;

        r = read_targets(l->root, m, problems);
        if (r == 0 && !m->weights)
                r = machine_read_knobs(l->root, m, problems);
        warn_from(problems, reported);
        if (r < 0)
                (void)cli_error(r, "cannot read the machine");
        return r;
}

/* Only of these are the blocks read, each in a file of its own: a healthy machine has thousands. */
static bool must_count(const struct pass *l, const struct node *n)
{
        return !n->has_memory || nodeset_has(&l->drained, n->id);
}

static int read_offline(struct pass *l)
{
        const struct machine *m = l->result->machine;
        struct messages *problems = &l->result->problems;
        struct nodeset nodes = { 0 };
        size_t reported = problems->n;
        int r;

        l->knows_drained = drained_load(l->root, problems, &l->drained) == 0;
        for (size_t i = 0; i < m->n_nodes; i++)
                if (must_count(l, &m->nodes[i]))
                        nodeset_add(&nodes, m->nodes[i].id);
        r = nodeset_count(&nodes) == 0 ? 0
                                       : block_table_read(l->root, &nodes, problems, &l->blocks);
        warn_from(problems, reported);
        return r == -ENOMEM ? r : 0;
}

/* An old capture has no blocks, or not all that is to be known of them. */
static struct view_number count_offline(const struct pass *l, unsigned node)
{
        const struct block_table *t = l->blocks;
        struct view_number kib = { 0 };

        if (!t || (!sysroot_is_live(l->root) && !t->is_recorded && t->n == 0))
                return kib;
        kib.known = t->block_size > 0 || t->n == 0;
        for (size_t i = 0; i < t->n; i++) {
                if (t->blocks[i].node != node)
                        continue;
                kib.known = kib.known && t->blocks[i].state != BLOCK_UNREADABLE;
                if (t->blocks[i].state == BLOCK_OFFLINE)
                        kib.value += (int64_t)(t->block_size >> 10);
        }
        return kib;
}

static void note_offline(struct pass *l)
{
        const struct machine *m = l->result->machine;

        for (size_t i = 0; i < l->view->n_nodes; i++) {
                struct view_node *n = &l->view->nodes[i];

                n->drained =
                        (struct view_flag){ l->knows_drained, nodeset_has(&l->drained, n->node) };
                if (must_count(l, machine_get_node(m, n->node)))
                        n->offline_kib = count_offline(l, n->node);
        }
}

static void note_daemon(struct pass *l)
{
        if (state_daemon_is_alive(l->state, l->root))
                l->view->settings->daemon_pid = (struct view_number){ true, l->state->daemon };
}

static int run_and_view(const struct arguments *a, const struct kind *k, struct pass *ret)
{
        int r;

        *ret = (struct pass){ 0 };
        r = input_open(&a->input, &ret->policy, &ret->root);
        if (r == 0)
                r = run(&a->input, k, ret);
        if (r == 0 && k->in_detail)
                r = read_details(ret);
        if (r == 0 && k->in_detail)
                r = read_offline(ret);
        if (r == 0)
                r = make_view(ret);
        if (r == 0 && k->in_detail) {
                note_daemon(ret);
                note_offline(ret);
        }
        return r;
}

static int run_and_explain(const struct arguments *a, const struct kind *k, struct pass *ret)
{
        int r = run_and_view(a, k, ret);

        return r < 0 ? r : find_missing(&a->input, ret);
}

int pass_run(const struct arguments *a, enum reconcile_mode mode, struct pass *ret)
{
        const struct kind kind = { .mode = mode };

        return run_and_explain(a, &kind, ret);
}

int pass_run_without_tiers(const struct arguments *a, struct pass *ret)
{
        const struct kind kind = { .mode = RECONCILE_PLAN, .without_tiers = true };

        return run_and_view(a, &kind, ret);
}

int pass_run_in_detail(const struct arguments *a, struct kept *kept, struct pass *ret)
{
        const struct kind kind = { .mode = RECONCILE_PLAN, .in_detail = true, .kept = kept };

        return run_and_explain(a, &kind, ret);
}

int pass_run_at(const struct arguments *a, struct kept *kept, uint64_t now_usec, struct pass *ret)
{
        const struct kind kind = { .mode = RECONCILE_PLAN, .kept = kept, .now_usec = &now_usec };

        return run_and_view(a, &kind, ret);
}

int pass_run_without_policy(const struct arguments *a, sysroot_record_fn record, void *userdata,
                            struct pass *ret)
{
        const struct kind kind = { .mode = RECONCILE_PLAN, .without_policy = true };
        int r;

        *ret = (struct pass){ 0 };
        r = policy_new(&ret->policy);
        if (r < 0) {
                (void)cli_error(r, "cannot start");
                return r;
        }
        r = input_open_root(&a->input, &ret->root);
        if (r < 0)
                return r;
        if (record) {
                sysroot_record(ret->root, record, userdata);
                sysroot_read_all(ret->root);
        }
        return run(&a->input, &kind, ret);
}

bool pass_is_clear(const struct pass *l)
{
        return plan_is_empty(l->result->plan) && nodeset_count(&l->unclear) == 0;
}

void pass_done(struct pass *l)
{
        missing_done(&l->missing);
        view_free(l->view);
        block_table_free(l->blocks);
        snapshot_unref(l->result);
        state_free(l->state);
        policy_unref(l->policy);
        sysroot_free(l->root);
}
