/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot.h"

#include <assert.h>
#include <errno.h>

int snapshot_new(struct policy *policy, struct snapshot **ret)
{
        struct snapshot *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->references = 1;
        s->policy = policy_ref(policy);
        *ret = s;
        return 0;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
        unsigned before = __atomic_fetch_add(&s->references, 1, __ATOMIC_RELAXED);

        assert(before > 0);
        (void)before; /* without assert() */
        return s;
}

struct snapshot *snapshot_unref(struct snapshot *s)
{
        if (!s || __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) > 0)
                return NULL;
        report_free(s->report);
        plan_free(s->plan);
        assignment_free(s->assignment);
        machine_free(s->machine);
        policy_unref(s->policy);
        messages_done(&s->bugs);
        messages_done(&s->warnings);
        messages_done(&s->problems);
        free(s);
        return NULL;
}
