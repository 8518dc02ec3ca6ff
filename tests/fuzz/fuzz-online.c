/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"
#include "online/record.h"

static void check(const struct online_record *r)
{
        assert(r->n <= RECORD_BLOCKS_MAX);
        for (size_t i = 0; i < r->n; i++) {
                const struct record_block *b = &r->blocks[i];

                assert(i == 0 || b[-1].number < b->number);
                assert(online_record_get(r, b->number, b->identity) == b);
                assert((b->state == RECORD_SEEN) == (b->online == ONLINE_UNSET));
        }
}

static bool is_same(const struct record_block *a, const struct record_block *b)
{
        return a->number == b->number && a->identity == b->identity && a->state == b->state &&
               a->online == b->online;
}

/* What parses survives being formatted and parsed again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT;
        struct online_record *r, *again;
        char *text;

        assert(online_record_parse((const char *)data, size, "fuzz", &errors, &r) == 0);
        assert((errors.n > 0) == r->damaged);
        check(r);
        assert(online_record_format(r, &text) == 0);
        messages_done(&errors);
        assert(online_record_parse(text, strlen(text), "again", &errors, &again) == 0);
        assert(errors.n == 0 && again->n == r->n);
        for (size_t i = 0; i < r->n; i++)
                assert(is_same(&r->blocks[i], &again->blocks[i]));
        online_record_free(again);
        online_record_free(r);
        free(text);
        return 0;
}
