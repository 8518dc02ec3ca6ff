/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>

#include "fuzz.h"
#include "state/state.h"

/* What a file says, after what may be damage: it survives being formatted and parsed again. */
static void check_file(enum state_file file, const char *input, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s, *again;
        char *text, *text_again;
        int r;

        assert(state_new(&s) == 0 && state_new(&again) == 0);
        r = state_parse_file(s, file, input, size, "fuzz", &errors);
        assert((r == 0 && errors.n == 0) || (r == -EBADMSG && errors.n > 0));
        messages_done(&errors);
        assert(state_format(s, file, &text) == 0);
        assert(state_parse_file(again, file, text, strlen(text), "again", &errors) == 0 &&
               errors.n == 0);
        assert(again->n_originals == s->n_originals && again->n_memories == s->n_memories);
        assert(state_format(again, file, &text_again) == 0 && streq(text, text_again));
        state_free(again);
        state_free(s);
        free(text_again);
        free(text);
}

/* The file of 0.1 becomes three that are understood. */
static void check_upgrade(const char *input, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s, *again;

        if (state_parse(input, size, "fuzz", &errors, &s) < 0) {
                assert(errors.n > 0);
                messages_done(&errors);
                return;
        }
        assert(state_new(&again) == 0);
        for (unsigned f = 0; f < STATE_FILES; f++) {
                char *text;

                assert(state_format(s, f, &text) == 0);
                assert(state_parse_file(again, f, text, strlen(text), "again", &errors) == 0 &&
                       errors.n == 0);
                free(text);
        }
        assert(again->n_nodes == s->n_nodes && again->n_originals == s->n_originals);
        state_free(again);
        state_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = malloc(size + 1);

        assert(text);
        memcpy(text, data, size);
        text[size] = '\0';
        for (unsigned f = 0; f < STATE_FILES; f++)
                check_file(f, text, size);
        check_upgrade(text, size);
        free(text);
        return 0;
}
