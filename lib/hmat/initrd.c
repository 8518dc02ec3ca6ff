/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/initrd.h"

#include <errno.h>
#include <string.h>

#include "acpi/hmat.h"
#include "hmat/early-cpio.h"

/* The kernel takes no more (drivers/acpi/tables.c:NR_ACPI_INITRD_TABLES). */
#define TABLES_MAX 64

#define MACHINE_ID_SIZE 64 /* machine-id(5): 32 digits */

struct source {
        struct sysroot *root;
        const char *path;
};

static ssize_t read_source(void *userdata, void *buf, size_t size, uint64_t offset)
{
        const struct source *s = userdata;

        return sysroot_read_at(s->root, s->path, buf, size, offset);
}

/* There, and as long as its header says it is: the kernel takes no other. */
static int read_table(struct source *s, const struct early_file *f, char **ret)
{
        _cleanup_(freep) char *bytes = NULL;
        ssize_t n;

        *ret = NULL;
        if (f->size < ACPI_HEADER_SIZE || f->size > ACPI_TABLE_SIZE_MAX)
                return 0;
        bytes = malloc(f->size);
        if (!bytes)
                return -ENOMEM;
        n = read_source(s, bytes, f->size, f->offset);
        if (n < 0)
                return (int)n;
        if ((size_t)n == f->size && memcmp(bytes, "HMAT", 4) == 0)
                *ret = TAKE_PTR(bytes);
        return 0;
}

/* creator ID: offset 28, 4 bytes (ACPI 6.5, 5.2.6) */
static bool is_ours(const char *bytes)
{
        return memcmp(bytes + 28, HMAT_CREATOR, 4) == 0;
}

static int find_tables(struct source *s, const void *table, size_t size, struct initrd *i)
{
        uint64_t position = 0;
        struct early_file f;
        int r = 0;

        i->state = INITRD_WITHOUT;
        for (size_t n = 0; n < TABLES_MAX; n++) {
                _cleanup_(freep) char *bytes = NULL;

                r = early_cpio_find(read_source, s, EARLY_ACPI_DIR, &position, &f);
                if (r <= 0)
                        return r;
                r = read_table(s, &f, &bytes);
                if (r < 0)
                        return r;
                if (!bytes)
                        continue;
                i->has_ours = i->has_ours || is_ours(bytes);
                if (table && f.size == size && memcmp(bytes, table, size) == 0)
                        i->state = INITRD_HAS;
                else if (i->state == INITRD_WITHOUT)
                        i->state = INITRD_OTHER;
        }
        return 0;
}

/* Debian, Fedora, SUSE. */
static const struct place {
        const char *before, *after; /* of the kernel's version */
} places[] = {
        { "boot/initrd.img-", "" },
        { "boot/initramfs-", ".img" },
        { "boot/initrd-", "" },
};

/* Where the boot loader has a directory of the machine, dracut(8) and kernel-install(8) use it. */
static const char *const machine_places[] = { "boot", "boot/efi", "efi" };

/* -ENOENT: not there. -EOPNOTSUPP: a recorded machine has no such files. */
static int try_path(struct sysroot *root, const char *path, struct initrd *i)
{
        char first;
        ssize_t n = sysroot_read_at(root, path, &first, 1, 0);

        if (sysroot_is_absent(n) || n == -EOPNOTSUPP)
                return (int)n;
        i->path = strdup(path);
        return i->path ? 0 : -ENOMEM;
}

static int find_machine_path(struct sysroot *root, const char *kernel, struct initrd *i)
{
        char id[MACHINE_ID_SIZE], path[SYSROOT_PATH_MAX];
        int r = -ENOENT;

        if (sysroot_read_line(root, "etc/machine-id", id, sizeof(id)) < 0 || id[0] == '\0')
                return -ENOENT;
        for (size_t k = 0; k < ELEMENTSOF(machine_places) && r == -ENOENT; k++) {
                int n = snprintf(path, sizeof(path), "%s/%s/%s/initrd", machine_places[k], id,
                                 kernel);

                if (n < (int)sizeof(path))
                        r = try_path(root, path, i);
        }
        return r;
}

static int find_path(struct sysroot *root, const char *kernel, struct initrd *i)
{
        char path[SYSROOT_PATH_MAX];
        int r = -ENOENT;

        for (size_t k = 0; k < ELEMENTSOF(places) && r == -ENOENT; k++) {
                int n = snprintf(path, sizeof(path), "%s%s%s", places[k].before, kernel,
                                 places[k].after);

                if (n < (int)sizeof(path))
                        r = try_path(root, path, i);
        }
        return r == -ENOENT ? find_machine_path(root, kernel, i) : r;
}

int initrd_examine(struct sysroot *root, const char *kernel, const void *table, size_t size,
                   struct initrd *ret)
{
        struct source s = { .root = root };
        int r;

        *ret = (struct initrd){ 0 };
        if (strchr(kernel, '/'))
                return 0;
        r = find_path(root, kernel, ret);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        s.path = ret->path;
        r = find_tables(&s, table, size, ret);
        if (r >= 0)
                return 0;
        ret->state = INITRD_UNKNOWN;
        ret->error = r;
        return r == -ENOMEM ? r : 0;
}

void initrd_done(struct initrd *i)
{
        free(i->path);
        *i = (struct initrd){ 0 };
}

struct search {
        struct sysroot *root;
        char *path;
};

/* 1 ends the search. */
static int search_in(const char *name, void *userdata)
{
        struct search *s = userdata;
        char path[SYSROOT_PATH_MAX];
        struct source source = { s->root, path };
        struct initrd i = { 0 };
        int r;

        if (!startswith(name, "initrd") && !startswith(name, "initramfs"))
                return 0;
        if (snprintf(path, sizeof(path), "boot/%s", name) >= (int)sizeof(path))
                return 0;
        r = find_tables(&source, NULL, 0, &i);
        if (!i.has_ours)
                return r == -ENOMEM ? r : 0;
        s->path = strdup(path);
        return s->path ? 1 : -ENOMEM;
}

int initrd_find_ours(struct sysroot *root, char **ret)
{
        struct search s = { .root = root };
        int r = sysroot_list(root, "boot", search_in, &s);

        *ret = s.path;
        return r == -ENOMEM ? r : 0;
}
