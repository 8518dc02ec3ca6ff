/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files that the kernel finds in an initrd before it unpacks it: those of the uncompressed cpio
 * archives (format newc) at its beginning (lib/earlycpio.c:find_cpio_data; ACPI tables:
 * drivers/acpi/tables.c:acpi_table_upgrade). The first byte that is neither of such an archive nor
 * a NUL ends the search, here as there: what comes after compressed data is not found. */

#include <stdint.h>
#include <sys/types.h>

/* Where the kernel looks for ACPI tables. */
#define EARLY_ACPI_DIR "kernel/firmware/acpi/"

#define EARLY_NAME_MAX 256

struct early_file {
        char path[EARLY_NAME_MAX]; /* cut off if it is longer */
        uint64_t offset;           /* of its contents, in the initrd */
        uint32_t size;             /* bytes */
};

/* Reads at most size bytes from an offset. Returns the length, which is shorter than size only at
 * the end; or a negative errno. */
typedef ssize_t (*early_read_fn)(void *userdata, void *buf, size_t size, uint64_t offset);

/* Finds the next regular file whose path begins with a prefix. position: where to look from, 0 at
 * first; it is set to where the next one may be. 1: found; 0: there is none; or what read returned.
 */
int early_cpio_find(early_read_fn read, void *userdata, const char *prefix, uint64_t *position,
                    struct early_file *ret);

/* The same for an initrd that is in memory. */
struct early_buffer {
        const void *data;
        size_t size;
};
ssize_t early_read_buffer(void *userdata, void *buf, size_t size, uint64_t offset);
