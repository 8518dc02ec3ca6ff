/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Initrds and tables made for tests. */

#include "acpi/table.h"
#include "testing.h"

struct image {
        char bytes[65536];
        size_t size;
};

static inline void image_add(struct image *i, const void *bytes, size_t size)
{
        assert(i->size + size <= sizeof(i->bytes));
        memcpy(i->bytes + i->size, bytes, size);
        i->size += size;
}

static inline void image_align(struct image *i)
{
        while (i->size % 4 != 0)
                image_add(i, "", 1);
}

/* One entry of a cpio archive, as "cpio --format newc" writes it. */
static inline void image_add_file(struct image *i, const char *name, unsigned mode,
                                  const void *bytes, size_t size)
{
        char header[128];
        int n = snprintf(header, sizeof(header),
                         "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 1U, mode,
                         0U, 0U, 1U, 0U, size, 0U, 0U, 0U, 0U, strlen(name) + 1, 0U);

        assert(n == 110);
        image_add(i, header, 110);
        image_add(i, name, strlen(name) + 1);
        image_align(i);
        image_add(i, bytes, size);
        image_align(i);
}

/* The end of an archive, filled up to a block. */
static inline void image_end(struct image *i)
{
        image_add_file(i, "TRAILER!!!", 0, "", 0);
        while (i->size % 512 != 0)
                image_add(i, "", 1);
}

/* gzip(1) of nothing: what comes after it is not found. */
#define GZIP_EMPTY                                                                                 \
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"

/* A table without structures: header, 4 reserved bytes. */
#define TABLE_SIZE 40

static inline void table_make(char bytes[static TABLE_SIZE], const char *oem_id, uint32_t revision,
                              const char *creator)
{
        struct acpi_header h = { .signature = "HMAT",
                                 .revision = 2,
                                 .oem_table_id = "BXPC    ",
                                 .oem_revision = revision };

        (void)snprintf(h.oem_id, sizeof(h.oem_id), "%s", oem_id);
        (void)snprintf(h.creator_id, sizeof(h.creator_id), "%s", creator);
        memset(bytes, 0, TABLE_SIZE);
        acpi_header_encode(&h, bytes, TABLE_SIZE);
}
