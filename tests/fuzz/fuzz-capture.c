/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"
#include "policy/files.h"
#include "reconcile.h"
#include "sysroot/capture.h"
#include "sysroot/serials.h"

/* Any machine that can be captured can be classified. */
static void classify(struct sysroot *root, const char *text)
{
        struct snapshot *result = NULL;
        struct messages errors = MESSAGES_INIT;
        struct policy *p;
        struct state *s;

        assert(policy_new(&p) == 0);
        assert(policy_parse(p, text, strlen(text), "fuzz", &errors) == 0);
        assert(state_load(root, &errors, &s) == 0);
        reconcile(root, p, TIERS_READ, RECONCILE_APPLY, s, NULL, &result);
        result = snapshot_unref(result);
        state_free(s);
        policy_unref(p);
        messages_done(&errors);
}

/* Any text's serial numbers can be hidden, and are so once and for all. */
static void hide(const char *data, size_t size)
{
        char *text = strndup(data, size), *once, *twice;

        assert(serials_hide(text, &once) == 0);
        assert(serials_hide(once, &twice) == 0);
        assert(streq(once, twice));
        free(text);
        free(once);
        free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root;

        if (capture_open((const char *)data, size, "fuzz", &errors, &root) == 0) {
                classify(root, "[tier dram]\nmax-latency=1.5x\nmin-bandwidth=0.5x\n[tier cxl]\n"
                               "[apply]\ndemotion=yes\nweighted-interleave=by-bandwidth\n");
                classify(root, "[policy]\nmethod=adistance\n");
                hide((const char *)data, size);
                sysroot_free(root);
        } else {
                assert(errors.n > 0);
        }
        messages_done(&errors);
        return 0;
}
