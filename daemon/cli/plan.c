/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"
#include "cli/pager.h"

static void print(const struct arguments *a, const struct pass *l)
{
        if (a->pager && !a->json)
                pager_open();
        print_changes(a, l->view);
        print_rest(a, l);
        pager_close();
}

int verb_plan(const struct arguments *a)
{
        struct pass l;
        int status = EXIT_FAILURE;

        if (pass_run(a, RECONCILE_PLAN, &l) == 0) {
                print(a, &l);
                status = find_exit_status(&l);
        }
        pass_done(&l);
        return status;
}
