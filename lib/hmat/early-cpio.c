/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/early-cpio.h"

#include <stdbool.h>
#include <string.h>

#include "base/util.h"

/* A header: the magic number of 6 digits, then 13 fields of 8 hexadecimal digits (cpio(5), "New
 * ASCII Format"; lib/earlycpio.c: enum cpio_fields). */
#define MAGIC_SIZE  6
#define FIELD_SIZE  8
#define HEADER_SIZE (MAGIC_SIZE + 13 * FIELD_SIZE)

#define MAGIC     0x070701U /* without checksums; with them, one more */
#define MODE_MASK 0170000U
#define MODE_FILE 0100000U

enum field {
        FIELD_MODE = 1,
        FIELD_SIZE_OF_FILE = 6,
        FIELD_SIZE_OF_NAME = 11,
};

/* Far more than any initrd has. It bounds the work: an entry has at least 110 bytes. */
#define POSITION_MAX (UINT64_C(1) << 32)

/* As much as is read at once: mostly a header and its name. */
#define WINDOW 4096

static bool parse_hex(const char *digits, size_t n, uint32_t *ret)
{
        uint32_t value = 0;

        for (size_t i = 0; i < n; i++) {
                char c = digits[i];

                if (c >= '0' && c <= '9')
                        value = value << 4 | (uint32_t)(c - '0');
                else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
                        value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
                else
                        return false;
        }
        *ret = value;
        return true;
}

static uint64_t align(uint64_t position)
{
        return (position + 3) & ~UINT64_C(3);
}

struct entry {
        uint32_t mode, size, name_size;
};

/* The kernel wants every digit of a header to be one. */
static bool parse_header(const char *header, struct entry *ret)
{
        uint32_t magic, fields[13];

        if (!parse_hex(header, MAGIC_SIZE, &magic) || (magic != MAGIC && magic != MAGIC + 1))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (!parse_hex(header + MAGIC_SIZE + i * FIELD_SIZE, FIELD_SIZE, &fields[i]))
                        return false;
        *ret = (struct entry){
                .mode = fields[FIELD_MODE],
                .size = fields[FIELD_SIZE_OF_FILE],
                .name_size = fields[FIELD_SIZE_OF_NAME],
        };
        return true;
}

/* The number of NULs that fill the space between entries and archives, in steps of 4. */
static size_t count_padding(const char *window, size_t size)
{
        size_t n = 0;

        while (n < size && window[n] == '\0')
                n += 4;
        return n;
}

/* Whether all of a file is there, with what fills it up: the kernel wants that, too. */
static bool is_whole(early_read_fn read, void *userdata, uint64_t end)
{
        char last;

        return end <= POSITION_MAX && (end == 0 || read(userdata, &last, 1, end - 1) == 1);
}

static void copy_path(const char *window, size_t size, uint32_t name_size, char *ret)
{
        size_t length = name_size < size ? name_size : size;

        if (length > EARLY_NAME_MAX - 1)
                length = EARLY_NAME_MAX - 1;
        memcpy(ret, window, length);
        ret[length] = '\0';
}

int early_cpio_find(early_read_fn read, void *userdata, const char *prefix, uint64_t *position,
                    struct early_file *ret)
{
        char window[WINDOW];

        while (*position < POSITION_MAX) {
                uint64_t names = *position + HEADER_SIZE, contents;
                ssize_t n = read(userdata, window, sizeof(window), *position);
                struct entry e;

                if (n < 0)
                        return (int)n;
                if (n <= HEADER_SIZE)
                        return 0;
                if (window[0] == '\0') {
                        *position += count_padding(window, (size_t)n);
                        continue;
                }
                if (!parse_header(window, &e))
                        return 0;
                contents = align(names + e.name_size);
                *position = align(contents + e.size);
                if (!is_whole(read, userdata, *position))
                        return 0;
                copy_path(window + HEADER_SIZE, (size_t)n - HEADER_SIZE, e.name_size, ret->path);
                ret->offset = contents;
                ret->size = e.size;
                if ((e.mode & MODE_MASK) == MODE_FILE && startswith(ret->path, prefix))
                        return 1;
        }
        return 0;
}

ssize_t early_read_buffer(void *userdata, void *buf, size_t size, uint64_t offset)
{
        const struct early_buffer *b = userdata;

        if (offset >= b->size)
                return 0;
        if (size > b->size - offset)
                size = b->size - (size_t)offset;
        memcpy(buf, (const char *)b->data + offset, size);
        return (ssize_t)size;
}
