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

static bool has_message(const struct messages *m, const char *text)
{
        for (size_t i = 0; i < m->n; i++)
                if (streq(m->items[i], text))
                        return true;
        return false;
}

/* The pass may have read some of the blocks, too. */
static void warn_of_new(const struct messages *known, const struct messages *found,
                        struct messages *ret)
{
        for (size_t i = 0; i < found->n; i++) {
                if (has_message(known, found->items[i]))
                        continue;
                fprintf(stderr, "numatier: warning: %s\n", found->items[i]);
                messages_add(ret, "%s", found->items[i]);
        }
}

/* Of drained nodes, status has a line of its own. */
static void count_left(const struct online_group *g, struct memory_left *left)
{
        *(g->online == ONLINE_NO ? &left->to_offline : &left->to_online) += g->count[CASE_ACT];
        for (enum online_case v = 0; v < CASES; v++)
                if (online_is_reason(v) && v != CASE_DRAINED)
                        left->others += g->count[v];
}

int find_memory_left(const struct pass *l, struct memory_left *ret)
{
        _cleanup_(online_result_freep) struct online_result *result = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        *ret = (struct memory_left){ 0 };
        if (!wanted_any(l->policy))
                return 0;
        r = onlining_plan(l->root, l->policy, l->result->machine, &result);
        if (result)
                warn_of_new(&l->result->problems, &result->problems, &problems);
        ret->unknown = r < 0 || result->problems.n > 0;
        for (size_t i = 0; r == 0 && i < result->plan->n_groups; i++)
                count_left(&result->plan->groups[i], ret);
        if (r == 0)
                r = view_set_memory(l->view, result->plan, &problems);
        messages_done(&problems);
        if (r == -ENOMEM)
                (void)cli_error(r, "cannot look at memory blocks");
        return r == -ENOMEM ? r : 0;
}
