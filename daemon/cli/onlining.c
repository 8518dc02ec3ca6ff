/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "cli/cli.h"
#include "common/onlining.h"
#include "online/summary.h"
#include "online/wanted.h"

/* "Would bring 4 blocks of node 1 online, movable" */
static bool print_steps(const struct online_group *g)
{
        size_t n = g->count[CASE_ACT];

        if (n > 0)
                printf("Would %s %zu block%s of node %" PRIu32 " %s%s\n",
                       g->online == ONLINE_NO ? "take" : "bring", n, n == 1 ? "" : "s", g->node,
                       g->online == ONLINE_NO ? "offline" : "online, ",
                       g->online == ONLINE_NO ? "" : policy_online_word(g->online));
        return n > 0;
}

static bool print_group(const struct online_group *g, bool planned)
{
        static const enum online_case reasons[] = { CASE_WAIT,   CASE_STUCK,  CASE_FULL,
                                                    CASE_FIXED,  CASE_MANUAL, CASE_BUSY,
                                                    CASE_DRAINED };
        char buf[ONLINE_TEXT_MAX];
        bool any = false;

        if (planned)
                any = print_steps(g);
        else if (g->done > 0)
                any = printf("%s\n", online_format_group(g, buf)) > 0;
        for (size_t i = 0; i < ELEMENTSOF(reasons); i++)
                if (online_format_reason(g, reasons[i], buf))
                        any = printf("%s\n", buf) > 0;
        return any;
}

static int run(const struct pass *l, const char *path, bool planned, bool *stopped,
               struct online_result **ret)
{
        struct onlining o = { .path = path };
        int r;

        if (planned)
                return onlining_plan(l->root, l->policy, l->result->machine, ret);
        r = onlining_run_in_foreground(l->root, l->policy, l->result->machine, &o, ret);
        *stopped = o.stop;
        onlining_done(&o);
        return r;
}

int bring_online(const struct arguments *a, const struct pass *l, bool planned, bool *ret_any)
{
        _cleanup_(online_result_freep) struct online_result *result = NULL;
        bool stopped = false;
        int r;

        *ret_any = false;
        if (!wanted_any(l->policy) &&
            !onlining_is_any_pending(l->root, &(struct onlining){ .path = NULL }))
                return EXIT_SUCCESS;
        r = run(l, a->input.root, planned || a->input.machine, &stopped, &result);
        for (size_t i = 0; result && i < result->problems.n; i++)
                fprintf(stderr, "numatier: warning: %s\n", result->problems.items[i]);
        if (r == 0)
                r = view_set_memory(l->view, result->plan, &result->problems);
        if (r < 0)
                return cli_error(r, "cannot bring memory online");
        if (!a->json)
                for (size_t i = 0; i < result->plan->n_groups; i++)
                        *ret_any = print_group(&result->plan->groups[i],
                                               planned || a->input.machine) ||
                                   *ret_any;
        if (!planned)
                onlining_forget_drained(l->root, a->input.root, &result->vanished);
        if (stopped)
                return cli_error(-EINTR, "cannot bring all memory online");
        return onlining_get_exit_status(result->plan);
}
