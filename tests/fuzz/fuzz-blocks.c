/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "facts/block-table.h"
#include "fuzz.h"
#include "sysroot/capture.h"

static void check_order(const struct block_table *t)
{
        for (size_t i = 0; i < t->n; i++) {
                const struct block *b = &t->blocks[i];

                assert(b->state < BLOCK_STATES && b->zone < BLOCK_ZONES);
                assert(b->state == BLOCK_ONLINE || b->zone == ZONE_UNKNOWN);
                assert(b->node == BLOCK_NO_NODE || b->node < NODE_MAX);
                assert(i == 0 || t->blocks[i - 1].number < b->number);
                assert(block_table_get(t, b->number) == b);
        }
}

/* The blocks of a table, written and read again, are the same. */
static void check_format(struct sysroot *root, const struct block_table *t)
{
        struct block_table *again = calloc(1, sizeof(*again));
        struct messages errors = MESSAGES_INIT;
        char *text, *second;

        assert(again);
        assert(block_table_format(root, t, &text) == 0);
        assert(block_table_parse(again, text, "again", &errors) == 0 && errors.n == 0);
        assert(again->n == t->n);
        for (size_t i = 0; i < t->n; i++)
                assert(again->blocks[i].number == t->blocks[i].number &&
                       again->blocks[i].node == t->blocks[i].node &&
                       again->blocks[i].state == t->blocks[i].state &&
                       again->blocks[i].zone == t->blocks[i].zone);
        assert(block_table_format(root, again, &second) == 0);
        assert(streq(text, second));
        free(text);
        free(second);
        block_table_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char empty[] = "# numatier capture 1\n";
        char *text = strndup((const char *)data, size);
        struct block_table *t = calloc(1, sizeof(*t));
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root;
        int r;

        assert(text && t && capture_open(empty, strlen(empty), "empty", &errors, &root) == 0);
        r = block_table_parse(t, text, "fuzz", &errors);
        assert(r == 0 || r == -EBADMSG);
        assert((r == 0) == (errors.n == 0));
        if (r == 0) {
                check_order(t);
                check_format(root, t);
        }
        block_table_free(t);
        sysroot_free(root);
        messages_done(&errors);
        free(text);
        return 0;
}
