/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>

#include "quiet.h"

int fail(int error, const char *what)
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
static int take_look(enum reconcile_mode mode, bool judged, struct look *ret)
{
        int r;

        r = load_state(ret->root, &ret->state);
        if (r == 0)
                r = quiet_reconcile(ret->root, ret->policy, mode, ret->state, &ret->result);
        warn_all(&ret->result.problems);
        if (judged)
                warn_all(&ret->result.warnings);
        warn_all(&ret->result.bugs);
        if (r < 0)
                fail(r, r == -ENOENT ? "cannot read the machine's NUMA nodes" : "cannot look");
        return r;
}

int look(const struct arguments *a, enum reconcile_mode mode, struct look *ret)
{
        int r;

        *ret = (struct look){ 0 };
        r = input_load_policy(&a->input, &ret->policy);
        if (r == 0)
                r = input_open_root(&a->input, &ret->root);
        return r < 0 ? r : take_look(mode, true, ret);
}

int look_unjudged(const struct arguments *a, sysroot_record_fn record, void *userdata,
                  struct look *ret)
{
        int r;

        *ret = (struct look){ 0 };
        r = policy_new(&ret->policy);
        if (r < 0)
                return fail(r, "cannot look");
        r = input_open_root(&a->input, &ret->root);
        if (r < 0)
                return r;
        if (record) {
                sysroot_record(ret->root, record, userdata);
                sysroot_read_all(ret->root);
        }
        return take_look(RECONCILE_PLAN, false, ret);
}

void complain_of_withheld_tiers(void)
{
        fprintf(stderr, "numatier: memory is being plugged or unplugged, and the present tiers "
                        "cannot be read safely meanwhile\n");
}

void print_unmet(const struct reconciliation *r)
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
        if (u->old_tier == TIER_UNKNOWN)
                fputs("?", f);
        else
                fprintf(f, "%" PRIu32, u->old_tier);
        if (u->memory_tier != TIER_UNKNOWN)
                fprintf(f, " and belongs in %" PRIu32 ", but is not moved: %s\n", u->memory_tier,
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

void print_held(const struct reconciliation *r)
{
        size_t n = r->plan->n_held;

        if (n > 0)
                printf("%zu setting%s held back, as memory exhaustion could freeze this machine; "
                       "\"numatier plan\" says more.\n",
                       n, n == 1 ? " is" : "s are");
}

void look_done(struct look *l)
{
        reconciliation_done(&l->result);
        state_free(l->state);
        policy_free(l->policy);
        sysroot_free(l->root);
}
