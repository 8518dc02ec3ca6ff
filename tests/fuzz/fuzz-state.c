/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"
#include "state/state.h"

/* What parses also survives being formatted and parsed again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s, *again;
        char *text, *text_again;

        if (state_parse((const char *)data, size, "fuzz", &errors, &s) < 0) {
                assert(errors.n > 0);
                messages_done(&errors);
                return 0;
        }
        assert(state_format(s, &text) == 0);
        assert(state_parse(text, strlen(text), "again", &errors, &again) == 0);
        assert(again->n_nodes == s->n_nodes && again->n_originals == s->n_originals);
        assert(state_format(again, &text_again) == 0 && streq(text, text_again));
        state_free(again);
        state_free(s);
        free(text_again);
        free(text);
        messages_done(&errors);
        return 0;
}
