/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-wanted.h"

#include <errno.h>

int hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret)
{
        struct pass pass;
        int r = pass_run(a, RECONCILE_PLAN, &pass);

        *ret = (struct hmat_wanted){ 0 };
        if (r == 0) {
                r = hmat_wanted_build(pass.root, pass.result, ret);
                if (r < 0)
                        (void)cli_error(r, "the HMAT cannot be built");
        }
        ret->pass = pass;
        return r;
}

void hmat_wanted_done(struct hmat_wanted *w)
{
        free(w->bytes);
        messages_done(&w->refusals);
        messages_done(&w->remarks);
        pass_done(&w->pass);
}
