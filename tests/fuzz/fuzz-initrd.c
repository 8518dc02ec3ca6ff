/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hmat/boot-log.h"
#include "hmat/early-cpio.h"

/* An initrd: what is found lies in it, and the search goes on. The same bytes as a log of the
 * kernel. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct early_buffer buffer = { data, size };
        struct early_file f;
        struct hmat_log log;
        uint64_t position = 0, last = 0;
        char *text;

        while (early_cpio_find(early_read_buffer, &buffer, EARLY_ACPI_DIR, &position, &f) == 1) {
                assert(position > last && f.offset <= size && f.size <= size - f.offset);
                assert(strncmp(f.path, EARLY_ACPI_DIR, strlen(EARLY_ACPI_DIR)) == 0);
                last = position;
        }
        text = malloc(size + 1);
        assert(text);
        memcpy(text, data, size);
        text[size] = '\0';
        hmat_log_parse(text, &log);
        assert(strlen(log.refusal) < HMAT_REFUSAL_MAX);
        free(text);
        return 0;
}
