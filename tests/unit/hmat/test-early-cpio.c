/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "hmat/early-cpio.h"

#include "initrds.h"

#define TABLE EARLY_ACPI_DIR "numatier.aml"

static struct image image;

/* The number of files found, and the last of them. */
static size_t count_found(struct early_file *ret)
{
        struct early_buffer buffer = { image.bytes, image.size };
        struct early_file f;
        uint64_t position = 0;
        size_t n = 0;

        while (early_cpio_find(early_read_buffer, &buffer, EARLY_ACPI_DIR, &position, &f) == 1) {
                assert(f.offset + f.size <= image.size && position >= f.offset + f.size);
                *ret = f;
                n++;
        }
        return n;
}

static void make(void)
{
        image.size = 0;
        image_add_file(&image, "kernel", 0040755, "", 0);
        image_add_file(&image, "kernel/x86/microcode/GenuineIntel.bin", 0100644, "12345", 5);
        image_end(&image);
        image_add_file(&image, "kernel/firmware/acpi", 0040755, "", 0);
        image_add_file(&image, TABLE, 0100644, "HMAT.......", 11);
        image_end(&image);
        image_add(&image, GZIP_EMPTY, sizeof(GZIP_EMPTY) - 1);
}

/* Two archives, and what follows compressed. */
static void test_found(void)
{
        struct early_file f;

        make();
        assert(count_found(&f) == 1);
        assert_streq(f.path, TABLE);
        assert(f.size == 11 && memcmp(image.bytes + f.offset, "HMAT", 4) == 0);
}

/* It is in an archive after compressed data: the kernel does not see it either. This is how a table
 * is skipped by an empty compressed initrd before it. */
static void test_after_compressed(void)
{
        static struct image old;
        struct early_file f;

        make();
        old = image;
        image.size = 0;
        image_add(&image, GZIP_EMPTY, sizeof(GZIP_EMPTY) - 1);
        image_add(&image, old.bytes, old.size);
        assert(count_found(&f) == 0);
}

/* A directory and a link of that name are no tables. */
static void test_other_types(void)
{
        struct early_file f;

        image.size = 0;
        image_add_file(&image, TABLE, 0040755, "", 0);
        image_add_file(&image, TABLE, 0120777, "x", 1);
        image_end(&image);
        assert(count_found(&f) == 0);
}

/* A file that is cut off is not found, wherever it is cut. */
static void test_cut(void)
{
        struct early_file f;
        size_t end;

        make();
        assert(count_found(&f) == 1);
        end = ((size_t)f.offset + f.size + 3) & ~(size_t)3;
        for (size_t size = 0; size < end; size++) {
                image.size = size;
                assert(count_found(&f) == 0);
        }
        image.size = end;
        assert(count_found(&f) == 1);
}

static void test_bad_headers(void)
{
        struct early_file f;

        make();
        image.bytes[5] = '7'; /* another format */
        assert(count_found(&f) == 0);
        make();
        image.bytes[20] = 'g'; /* no digit */
        assert(count_found(&f) == 0);
        make();
        memset(image.bytes + 54, 'f', 8); /* of 4 GiB */
        assert(count_found(&f) == 0);
        make();
        memset(image.bytes + 94, 'F', 8); /* with a name of 4 GiB */
        assert(count_found(&f) == 0);
}

static void test_long_name(void)
{
        char name[600];
        struct early_file f;

        memset(name, 'x', sizeof(name));
        memcpy(name, EARLY_ACPI_DIR, strlen(EARLY_ACPI_DIR));
        name[sizeof(name) - 1] = '\0';
        image.size = 0;
        image_add_file(&image, name, 0100644, "1", 1);
        image_end(&image);
        assert(count_found(&f) == 1 && strlen(f.path) == EARLY_NAME_MAX - 1);
}

int main(void)
{
        test_found();
        test_after_compressed();
        test_other_types();
        test_cut();
        test_bad_headers();
        test_long_name();
        return 0;
}
