/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-wanted.h"

#include <errno.h>

int hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret)
{
        int r;

        *ret = (struct hmat_wanted){ 0 };
        r = pass_run(a, RECONCILE_PLAN, &ret->pass);
        if (r == 0)
                messages_add(&ret->refusals, "not built yet");
        return r;
}

void hmat_wanted_done(struct hmat_wanted *w)
{
        free(w->bytes);
        messages_done(&w->refusals);
        messages_done(&w->remarks);
        pass_done(&w->pass);
}
