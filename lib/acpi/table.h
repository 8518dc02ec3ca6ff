/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What all ACPI tables have in common: the header, the checksum, little-endian numbers (ACPI 6.5,
 * 5.2.6 System Description Table Header, table 5.4). A table comes from firmware: nothing in it is
 * trusted. */

#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"

#define ACPI_HEADER_SIZE 36
/* More than any table of a real machine; a larger one is refused. */
#define ACPI_TABLE_SIZE_MAX (16U << 20)

/* The names are bytes as they stand in the table, and a NUL behind them. */
struct acpi_header {
        char signature[4 + 1];     /* offset 0: "HMAT" */
        uint32_t length;           /* offset 4: bytes of the whole table */
        uint8_t revision;          /* offset 8 */
        uint8_t checksum;          /* offset 9: makes the sum of all bytes 0 */
        char oem_id[6 + 1];        /* offset 10 */
        char oem_table_id[8 + 1];  /* offset 16 */
        uint32_t oem_revision;     /* offset 24 */
        char creator_id[4 + 1];    /* offset 28 */
        uint32_t creator_revision; /* offset 32 */
};

/* Reads the header of a table, and checks signature, length and checksum against the size of the
 * buffer. name: what messages call the table. 0 or -EBADMSG (reported in errors). */
int acpi_header_parse(const void *data, size_t size, const char *signature, const char *name,
                      struct messages *errors, struct acpi_header *ret);

/* Writes the header of a table of that many bytes, and a checksum over all of it, into its first 36
 * bytes: the rest of data must be complete. */
void acpi_header_encode(const struct acpi_header *h, void *data, size_t size);

/* The sum of all bytes, modulo 256: 0 in a table that is whole. */
uint8_t acpi_checksum(const void *data, size_t size);

/* What a terminal could take for a command becomes ".": such text is bytes of the firmware, or of
 * anybody's file. */
void acpi_make_printable(char *text);

/* Little-endian numbers at any address. */
uint16_t acpi_get16(const void *p);
uint32_t acpi_get32(const void *p);
uint64_t acpi_get64(const void *p);
void acpi_put16(void *p, uint16_t v);
void acpi_put32(void *p, uint32_t v);
void acpi_put64(void *p, uint64_t v);
