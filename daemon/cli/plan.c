/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"
#include "cli/pager.h"
#include "common/exit.h"

static int print(const struct arguments *a, const struct pass *l)
{
        bool any;
        int status;

        if (a->pager && !a->json)
                pager_open();
        print_changes(a, l->view);
        status = bring_online(a, l, true, &any);
        print_rest(a, l, any);
        pager_close();
        return status;
}

int verb_plan(const struct arguments *a)
{
        struct pass l;
        int status = EXIT_FAILURE;

        if (pass_run(a, RECONCILE_PLAN, &l) == 0) {
                status = print(a, &l);
                status = exit_join(find_exit_status(&l), status);
        }
        pass_done(&l);
        return status;
}
