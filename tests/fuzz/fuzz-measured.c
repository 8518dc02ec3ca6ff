/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"
#include "state/measured.h"

/* What parses is of use: each memory once, and something known of it. */
static void check(const struct measured *m)
{
        for (size_t i = 0; i < m->n; i++) {
                const char *key = m->memories[i].key;

                assert(*key != '\0' && *key != '#' && !strpbrk(key, " \n"));
                assert(perf_is_known(&m->memories[i].perf));
                assert(measured_get(m, key) == &m->memories[i].perf);
        }
}

/* And survives being formatted and parsed again, with the lines that are not understood. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct measured *m, *again;
        char *text, *text_again;

        assert(measured_parse((const char *)data, size, "fuzz", &errors, &m) == 0);
        assert(errors.n == m->n_bad);
        check(m);
        assert(measured_format(m, &text) == 0);
        messages_done(&errors);
        assert(measured_parse(text, strlen(text), "again", &errors, &again) == 0);
        assert(again->n == m->n && again->n_bad == m->n_bad);
        assert(measured_format(again, &text_again) == 0 && streq(text, text_again));
        measured_free(again);
        measured_free(m);
        free(text_again);
        free(text);
        messages_done(&errors);
        return 0;
}
