/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>
#include <inttypes.h>

#include "cli/cli.h"
#include "common/quiet.h"

int cli_error(int error, const char *what)
{
        fprintf(stderr, "numatier: %s: %s\n", what, strerror(-error));
        return EXIT_FAILURE;
}

static void warn_all(const struct messages *m)
{
        for (size_t i = 0; i < m->n; i++)
                fprintf(stderr, "numatier: warning: %s\n", m->items[i]);
}

static int load_state(struct sysroot *root, struct state **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = state_load(root, &problems, ret);
        warn_all(&problems);
        messages_done(&problems);
        return r;
}

/* Where the policy is not the one in force, what it cannot have is no news. */
static int run(enum reconcile_mode mode, bool judged, struct pass *ret)
{
        int r;

        r = load_state(ret->root, &ret->state);
        if (r == 0)
                r = quiet_reconcile(ret->root, ret->policy, mode, ret->state, &ret->result);
        warn_all(&ret->result->problems);
        if (judged)
                warn_all(&ret->result->warnings);
        warn_all(&ret->result->bugs);
        if (r < 0)
                cli_error(r, r == -ENOENT ? "cannot read the machine's NUMA nodes" : "cannot look");
        return r;
}

int pass_run(const struct arguments *a, enum reconcile_mode mode, struct pass *ret)
{
        int r;

        *ret = (struct pass){ 0 };
        r = input_load_policy(&a->input, &ret->policy);
        if (r == 0)
                r = input_open_root(&a->input, &ret->root);
        return r < 0 ? r : run(mode, true, ret);
}

int pass_run_without_policy(const struct arguments *a, sysroot_record_fn record, void *userdata,
                            struct pass *ret)
{
        int r;

        *ret = (struct pass){ 0 };
        r = policy_new(&ret->policy);
        if (r < 0)
                return cli_error(r, "cannot look");
        r = input_open_root(&a->input, &ret->root);
        if (r < 0)
                return r;
        if (record) {
                sysroot_record(ret->root, record, userdata);
                sysroot_read_all(ret->root);
        }
        return run(RECONCILE_PLAN, false, ret);
}

void complain_of_withheld_tiers(void)
{
        fprintf(stderr, "numatier: memory is being plugged or unplugged, and the present tiers "
                        "cannot be read safely meanwhile\n");
}

void print_unmet(const struct snapshot *r)
{
        size_t n = r->plan->n_unmet - plan_count_hazards(r->plan);

        if (n == 0)
                return;
        printf("%zu %s in another tier than the policy wants, and ", n,
               n == 1 ? "node is" : "nodes are");
        if (r->plan->interface != INTERFACE_NONE)
                printf("the kernel does not do what %s is told.\n",
                       interface_name(r->plan->interface));
        else if (r->assignment->policy->interface == POLICY_INTERFACE_NONE)
                puts("the policy says interface = none.");
        else
                printf("this kernel has no way to move %s: load the module memtier_override.\n",
                       n == 1 ? "it" : "them");
}

void print_hazard(FILE *f, const struct plan_unmet *u)
{
        fprintf(f, "node %u is in tier ", u->node);
        if (u->present_tier == TIER_UNKNOWN)
                fputs("?", f);
        else
                fprintf(f, "%" PRIu32, u->present_tier);
        if (u->wanted_tier != TIER_UNKNOWN)
                fprintf(f, " and belongs in %" PRIu32 ", but is not moved: %s\n", u->wanted_tier,
                        u->hazard);
        else
                fprintf(f, ", and is not given back to Linux: %s\n", u->hazard);
}

void print_hazards(FILE *f, const struct plan *p)
{
        for (size_t i = 0; i < p->n_unmet; i++)
                if (p->unmet[i].hazard)
                        print_hazard(f, &p->unmet[i]);
}

void print_held(const struct snapshot *r)
{
        size_t n = r->plan->n_held;

        if (n > 0)
                printf("%zu setting%s held back, as memory exhaustion could freeze this machine; "
                       "\"numatier plan\" says more.\n",
                       n, n == 1 ? " is" : "s are");
}

void pass_done(struct pass *l)
{
        snapshot_unref(l->result);
        state_free(l->state);
        policy_unref(l->policy);
        sysroot_free(l->root);
}
