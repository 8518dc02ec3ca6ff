/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"
#include "cli/pager.h"

static int print(const struct arguments *a, const struct pass *l)
{
        int r;

        if (a->pager && !a->json)
                pager_open();
        r = print_changes(a, l->view);
        if (r >= 0)
                print_rest(a, l);
        pager_close();
        return r;
}

int verb_plan(const struct arguments *a)
{
        struct pass l;
        int r, status = EXIT_FAILURE;

        r = pass_run(a, RECONCILE_PLAN, &l);
        if (r == 0) {
                r = print(a, &l);
                status = r < 0 ? cli_print_error(r) : find_exit_status(a, &l);
        }
        pass_done(&l);
        return status;
}
