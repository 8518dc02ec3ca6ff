/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>

#include "acpi/table.h"

uint16_t acpi_get16(const void *p)
{
        const uint8_t *b = p;

        return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t acpi_get32(const void *p)
{
        const uint8_t *b = p;

        return acpi_get16(b) | (uint32_t)acpi_get16(b + 2) << 16;
}

uint64_t acpi_get64(const void *p)
{
        const uint8_t *b = p;

        return acpi_get32(b) | (uint64_t)acpi_get32(b + 4) << 32;
}

void acpi_put16(void *p, uint16_t v)
{
        uint8_t *b = p;

        b[0] = (uint8_t)v;
        b[1] = (uint8_t)(v >> 8);
}

void acpi_put32(void *p, uint32_t v)
{
        uint8_t *b = p;

        acpi_put16(b, (uint16_t)v);
        acpi_put16(b + 2, (uint16_t)(v >> 16));
}

void acpi_put64(void *p, uint64_t v)
{
        uint8_t *b = p;

        acpi_put32(b, (uint32_t)v);
        acpi_put32(b + 4, (uint32_t)(v >> 32));
}

uint8_t acpi_checksum(const void *data, size_t size)
{
        const uint8_t *b = data;
        uint8_t sum = 0;

        for (size_t i = 0; i < size; i++)
                sum = (uint8_t)(sum + b[i]);
        return sum;
}

void acpi_make_printable(char *text)
{
        for (; *text; text++)
                if (!isascii(*text) || !isprint(*text))
                        *text = '.';
}

/* The names are fields of bytes: what follows a NUL belongs to them, too. */
static void read_header(const uint8_t *b, struct acpi_header *ret)
{
        *ret = (struct acpi_header){
                .length = acpi_get32(b + 4),
                .revision = b[8],
                .checksum = b[9],
                .oem_revision = acpi_get32(b + 24),
                .creator_revision = acpi_get32(b + 32),
        };
        memcpy(ret->signature, b, 4);
        memcpy(ret->oem_id, b + 10, 6);
        memcpy(ret->oem_table_id, b + 16, 8);
        memcpy(ret->creator_id, b + 28, 4);
}

int acpi_header_parse(const void *data, size_t size, const char *signature, const char *name,
                      struct messages *errors, struct acpi_header *ret)
{
        if (size < ACPI_HEADER_SIZE) {
                messages_add(errors, "%s: expected an ACPI table of at least %d bytes, found %zu",
                             name, ACPI_HEADER_SIZE, size);
                return -EBADMSG;
        }
        read_header(data, ret);
        if (!streq(ret->signature, signature)) {
                acpi_make_printable(ret->signature);
                messages_add(errors, "%s: expected the ACPI table %s, found \"%s\"", name,
                             signature, ret->signature);
                return -EBADMSG;
        }
        if (ret->length != size || size > ACPI_TABLE_SIZE_MAX) {
                messages_add(errors,
                             "%s: the table says that it has %u bytes: expected the %zu that are "
                             "there, and not more than %u",
                             name, ret->length, size, ACPI_TABLE_SIZE_MAX);
                return -EBADMSG;
        }
        if (acpi_checksum(data, size) != 0) {
                messages_add(errors, "%s: the checksum is wrong: all bytes add up to 0x%02x, not 0",
                             name, acpi_checksum(data, size));
                return -EBADMSG;
        }
        return 0;
}

void acpi_header_encode(const struct acpi_header *h, void *data, size_t size)
{
        uint8_t *b = data;

        memcpy(b, h->signature, 4);
        acpi_put32(b + 4, (uint32_t)size);
        b[8] = h->revision;
        b[9] = 0;
        memcpy(b + 10, h->oem_id, 6);
        memcpy(b + 16, h->oem_table_id, 8);
        acpi_put32(b + 24, h->oem_revision);
        memcpy(b + 28, h->creator_id, 4);
        acpi_put32(b + 32, h->creator_revision);
        b[9] = (uint8_t)-acpi_checksum(data, size);
}
