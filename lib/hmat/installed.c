/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/installed.h"

#include <errno.h>

#include "acpi/hmat.h"
#include "facts/knobs.h"
#include "hmat/correct.h"

#define LOCKDOWN "sys/kernel/security/lockdown"
#define CMDLINE  "proc/cmdline"
/* systemd-stub(7): the stub of a unified kernel image says which one it is. */
#define STUB_INFO "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static bool is_there(struct sysroot *root, const char *path)
{
        _cleanup_(freep) char *bytes = NULL;
        size_t size;

        return !sysroot_is_absent(sysroot_read_bytes(root, path, &bytes, &size));
}

bool installed_is_any(struct sysroot *root)
{
        return is_there(root, HMAT_FILE);
}

/* A message begins with the name of the table, which is said anyway. */
static char *copy_fault(const struct messages *errors, const char *name)
{
        const char *text = errors->n > 0 ? errors->items[0] : "it is not an HMAT";
        const char *rest = startswith(text, name);

        return strdup(rest && startswith(rest, ": ") ? rest + 2 : text);
}

static int check_table(struct table_file *t)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        _cleanup_(hmat_freep) struct hmat *h = NULL;
        int r = hmat_parse(t->bytes, t->size, t->path, &errors, &warnings, &h);

        t->state = r == 0 ? TABLE_VALID : TABLE_DAMAGED;
        if (r == 0)
                t->header = h->header;
        else if (r != -ENOMEM)
                t->fault = copy_fault(&errors, t->path);
        messages_done(&errors);
        messages_done(&warnings);
        return r == -ENOMEM || (r < 0 && !t->fault) ? -ENOMEM : 0;
}

int table_file_read(struct sysroot *root, const char *path, struct table_file *ret)
{
        int r;

        *ret = (struct table_file){ .path = path };
        r = sysroot_read_bytes(root, path, &ret->bytes, &ret->size);
        if (r == -ENOMEM)
                return r;
        if (sysroot_is_absent(r))
                return 0;
        if (r == 0)
                return check_table(ret);
        ret->state = TABLE_UNREADABLE;
        ret->fault = strdup(strerror(-r));
        return ret->fault ? 0 : -ENOMEM;
}

void table_file_done(struct table_file *t)
{
        free(t->bytes);
        free(t->fault);
        *t = (struct table_file){ .path = t->path };
}

bool table_file_equals(const struct table_file *t, const void *bytes, size_t size)
{
        return t->bytes && t->size == size && memcmp(t->bytes, bytes, size) == 0;
}

static struct hmat *parse(const void *bytes, size_t size)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        struct hmat *h = NULL;

        (void)hmat_parse(bytes, size, "HMAT", &errors, &warnings, &h);
        messages_done(&errors);
        messages_done(&warnings);
        return h;
}

bool table_file_serves(const struct table_file *t, const void *bytes, size_t size)
{
        _cleanup_(hmat_freep) struct hmat *file = NULL, *wanted = NULL;

        if (t->state != TABLE_VALID || table_file_equals(t, bytes, size))
                return table_file_equals(t, bytes, size);
        file = parse(t->bytes, t->size);
        wanted = parse(bytes, size);
        return file && wanted && file->header.oem_revision >= wanted->header.oem_revision &&
               hmat_says_same(file, wanted) == 1;
}

/* With two tables of a name, sysfs numbers them (drivers/acpi/sysfs.c:acpi_table_attr_init). The
 * kernel uses the first. */
static int read_used(struct sysroot *root, struct installed *i)
{
        int r = table_file_read(root, HMAT_PATH, &i->used);

        if (r < 0 || i->used.state != TABLE_ABSENT)
                return r;
        r = table_file_read(root, HMAT1_PATH, &i->used);
        i->several = r == 0 && i->used.state != TABLE_ABSENT;
        if (r == 0 && !i->several)
                i->used.path = HMAT_PATH;
        return r;
}

static int read_text(struct sysroot *root, const char *path, struct messages *problems, char **ret)
{
        int r = sysroot_read_alloc(root, path, ret);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                *ret = NULL;
                sysroot_reportf(problems, r, "%s", path);
        }
        return 0;
}

/* "none [integrity] confidentiality" (security/lockdown/lockdown.c) */
static int read_lockdown(struct sysroot *root, struct messages *problems, struct installed *i)
{
        _cleanup_(freep) char *text = NULL;
        char *begin, *end;
        int r = read_text(root, LOCKDOWN, problems, &text);

        begin = text ? strchr(text, '[') : NULL;
        end = begin ? strchr(begin, ']') : NULL;
        if (r < 0 || !end)
                return r;
        *end = '\0';
        if (streq(begin + 1, "none"))
                return 0;
        i->lockdown = strdup(begin + 1);
        return i->lockdown ? 0 : -ENOMEM;
}

/* arch/x86/mm/numa.c:numa_setup() and the like compare the beginning only. */
static int read_options(struct sysroot *root, struct messages *problems, struct installed *i)
{
        static const char *const options[] = { "numa=nohmat", "numa=off", "numa=noacpi",
                                               "acpi=off" };
        _cleanup_(freep) char *text = NULL;
        char *rest = NULL;
        int r = read_text(root, CMDLINE, problems, &text);

        for (char *word = text ? strtok_r(text, " \n", &rest) : NULL; word;
             word = strtok_r(NULL, " \n", &rest))
                for (size_t k = 0; k < ELEMENTSOF(options); k++)
                        if (startswith(word, options[k]))
                                i->switched_off = options[k];
        return r;
}

static int read_kernel(struct sysroot *root, struct messages *problems, struct installed *i)
{
        int r = read_text(root, RELEASE_PATH, problems, &i->kernel);

        if (i->kernel)
                i->kernel[strcspn(i->kernel, "\n")] = '\0';
        return r;
}

static int read_initrd(struct sysroot *root, struct messages *problems, struct installed *i)
{
        int r = i->kernel ? initrd_examine(root, i->kernel, i->file.bytes, i->file.size, &i->initrd)
                          : 0;

        if (r == 0 && i->initrd.error < 0)
                sysroot_reportf(problems, i->initrd.error, "%s", i->initrd.path);
        return r;
}

/* 0, 1 (absent; or unreadable, and reported) or -ENOMEM. */
static int read_srat(struct sysroot *root, const char *path, struct messages *problems,
                     struct table_file *ret)
{
        int r = sysroot_read_bytes(root, path, &ret->bytes, &ret->size);

        if (r == 0 || r == -ENOMEM)
                return r;
        sysroot_reportf(problems, r, "%s", path);
        ret->state = sysroot_is_absent(r) ? TABLE_ABSENT : TABLE_UNREADABLE;
        return 1;
}

int installed_compare_srat(struct sysroot *root, struct messages *problems, enum srat_state *ret)
{
        struct table_file stored = { 0 }, now = { 0 };
        int r = read_srat(root, HMAT_SRAT_FILE, problems, &stored);

        *ret = SRAT_UNKNOWN;
        if (r == 0) {
                r = read_srat(root, SRAT_PATH, problems, &now);
                if (r == 0)
                        *ret = table_file_equals(&now, stored.bytes, stored.size) ? SRAT_SAME
                                                                                  : SRAT_OTHER;
                else if (r > 0 && now.state == TABLE_ABSENT)
                        *ret = SRAT_OTHER;
        }
        table_file_done(&stored);
        table_file_done(&now);
        return r < 0 ? r : 0;
}

static int read_all(struct sysroot *root, struct messages *problems, struct installed *i)
{
        int r = table_file_read(root, HMAT_FILE, &i->file);

        if (r == 0 && i->file.state != TABLE_ABSENT)
                r = installed_compare_srat(root, problems, &i->srat);
        if (r == 0)
                r = read_used(root, i);
        if (r == 0)
                r = read_kernel(root, problems, i);
        if (r == 0)
                r = read_initrd(root, problems, i);
        if (r == 0)
                r = read_lockdown(root, problems, i);
        if (r == 0)
                r = read_options(root, problems, i);
        i->changed = is_there(root, HMAT_CHANGED);
        i->unified = is_there(root, STUB_INFO);
        return r;
}

int installed_read(struct sysroot *root, struct messages *problems, struct installed **ret)
{
        _cleanup_(installed_freep) struct installed *i = calloc(1, sizeof(*i));
        int r = i ? read_all(root, problems, i) : -ENOMEM;

        if (r == 0)
                *ret = TAKE_PTR(i);
        return r;
}

struct installed *installed_free(struct installed *i)
{
        if (!i)
                return NULL;
        table_file_done(&i->file);
        table_file_done(&i->used);
        initrd_done(&i->initrd);
        free(i->kernel);
        free(i->lockdown);
        free(i);
        return NULL;
}

bool installed_is_taken(const struct installed *i)
{
        return i->file.state == TABLE_VALID &&
               table_file_equals(&i->used, i->file.bytes, i->file.size);
}

bool installed_makes_tiers(const struct installed *i)
{
        unsigned major, minor;

        return !i->kernel || sscanf(i->kernel, "%u.%u", &major, &minor) != 2 || major > 6 ||
               (major == 6 && minor >= 7);
}
