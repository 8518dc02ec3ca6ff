/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "acpi/hmat.h"
#include "fuzz.h"

/* A table that is right but for its length and checksum: what nearly any input is, in the end. */
static void complete(uint8_t *b, size_t size)
{
        if (size < ACPI_HEADER_SIZE)
                return;
        memcpy(b, "HMAT", 4);
        acpi_put32(b + 4, (uint32_t)size);
        b[8] = b[8] % 2 ? 1 : 2;
        b[9] = 0;
        b[9] = (uint8_t)-acpi_checksum(b, size);
}

/* What was understood, written and read again, is the same. */
static void check_encoding(const struct hmat *h, size_t size)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        void *bytes, *second;
        size_t n, n_second;
        struct hmat *again;

        assert(hmat_encode(h, &bytes, &n) == 0 && n <= size);
        assert(hmat_parse(bytes, n, "again", &errors, &warnings, &again) == 0);
        assert(errors.n == 0 && warnings.n == 0 && again->n_items == h->n_items);
        assert(hmat_encode(again, &second, &n_second) == 0);
        assert(n == n_second && memcmp(bytes, second, n) == 0);
        for (size_t k = 0; k < h->n_matrices; k++) {
                const struct hmat_matrix *m = &h->matrices[k];

                for (size_t i = 0; i < m->n_initiators * m->n_targets; i++)
                        assert(hmat_value(h, m, i / m->n_targets, i % m->n_targets) ==
                               hmat_value(again, &again->matrices[k], i / m->n_targets,
                                          i % m->n_targets));
        }
        free(bytes);
        free(second);
        hmat_free(again);
}

static void try(const uint8_t *data, size_t size)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct hmat *h = NULL;
        int r = hmat_parse(data, size, "fuzz", &errors, &warnings, &h);

        assert(r == 0 || r == -EBADMSG);
        assert((r == 0) == (errors.n == 0) && (r == 0) == (h != NULL));
        if (h)
                check_encoding(h, size);
        hmat_free(h);
        messages_done(&errors);
        messages_done(&warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t *copy = malloc(size + 1);

        assert(copy);
        memcpy(copy, data, size);
        try(data, size);
        complete(copy, size);
        try(copy, size);
        free(copy);
        return 0;
}
