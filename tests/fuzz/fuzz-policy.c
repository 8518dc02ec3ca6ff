/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"
#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct policy *p;

        assert(policy_new(&p) == 0);
        /* a refusal says why, and what is not refused has nothing to say */
        if (policy_parse(p, (const char *)data, size, "fuzz", &errors) < 0)
                assert(errors.n > 0);
        else
                assert(errors.n == 0 && (policy_finish(p, &errors) < 0) == (errors.n > 0));
        messages_done(&errors);
        policy_free(p);
        return 0;
}
