/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat build: the table that the firmware should have had. */

#include <errno.h>

#include "cli/hmat-wanted.h"
#include "cli/hmat.h"
#include "cli/replace.h"
#include "facts/block-devices.h"
#include "facts/health.h"
#include "hmat/correct.h"
#include "hmat/installed.h"

enum reading {
        READING_DONE,
        READING_ABSENT,
        READING_REFUSED, /* reported in refusals */
};

/* Reads a table's bytes: an outcome, or -ENOMEM. */
static int read_bytes(struct sysroot *root, const char *path, char **ret, size_t *ret_size,
                      struct messages *refusals)
{
        int r = sysroot_read_bytes(root, path, ret, ret_size);

        if (r == 0)
                return READING_DONE;
        if (r == -ENOMEM)
                return r;
        if (sysroot_is_absent(r))
                return READING_ABSENT;
        messages_add(refusals, "/%s cannot be read: %s.%s", path, strerror(-r),
                     r == -EACCES || r == -EPERM ? " Only root may read it." : "");
        return READING_REFUSED;
}

static int read_srat(struct sysroot *root, struct messages *refusals, struct srat **ret)
{
        _cleanup_(freep) char *bytes = NULL;
        const char *path = "/" SRAT_PATH;
        size_t size;
        int r = read_bytes(root, path + 1, &bytes, &size, refusals);

        if (r == READING_DONE)
                r = srat_parse(bytes, size, path, refusals, ret);
        return r == -EBADMSG ? READING_REFUSED : r;
}

/* If there are several, Linux numbers them, and uses the first (drivers/acpi/sysfs.c). */
static int read_hmat(struct sysroot *root, struct messages *refusals, struct hmat **ret)
{
        _cleanup_(freep) char *bytes = NULL;
        const char *path = "/" HMAT_PATH;
        struct messages warnings = MESSAGES_INIT;
        size_t size;
        int r = read_bytes(root, path + 1, &bytes, &size, refusals);

        if (r == READING_ABSENT) {
                path = "/" HMAT1_PATH;
                r = read_bytes(root, path + 1, &bytes, &size, refusals);
        }
        if (r == READING_DONE)
                r = hmat_parse(bytes, size, path, refusals, &warnings, ret);
        messages_done(&warnings);
        return r == -EBADMSG ? READING_REFUSED : r;
}

/* The nodes that have blocks, all of ACPI devices. */
static int find_acpi_devices(struct sysroot *root, const struct machine *m,
                             const struct block_table *t, struct nodeset *ret)
{
        _cleanup_(block_devices_freep) struct block_devices *devices = NULL;
        struct messages problems = MESSAGES_INIT;
        struct nodeset others = { 0 };
        int r = block_devices_read(root, t, m, &problems, &devices);

        messages_done(&problems);
        if (r < 0)
                return r;
        for (size_t i = 0; i < t->n; i++) {
                const struct block_device *d = block_devices_get(devices, i);
                uint32_t node = t->blocks[i].node;

                if (node < NODE_MAX)
                        nodeset_add(d && d->origin == ORIGIN_ACPI ? ret : &others, node);
        }
        nodeset_foreach (node, &others) {
                nodeset_remove(ret, node);
        }
        return 0;
}

static int read_blocks(struct sysroot *root, const struct machine *m, struct hmat_wanted *w,
                       struct hmat_facts *f, struct block_table **ret)
{
        int r = block_table_read(root, NULL, &w->remarks, ret);

        if (r == -ENOMEM)
                return r;
        f->blocks = *ret;
        return r < 0 ? 0 : find_acpi_devices(root, m, *ret, &f->acpi_devices);
}

/* Takes over what was made. */
static int correct(const struct hmat_facts *f, struct hmat_wanted *w)
{
        struct hmat_correction c;
        int r = hmat_correct(f, &c);

        for (size_t i = 0; i < c.refusals.n; i++)
                messages_add(&w->refusals, "%s", c.refusals.items[i]);
        for (size_t i = 0; i < c.remarks.n; i++)
                messages_add(&w->remarks, "%s", c.remarks.items[i]);
        w->bytes = TAKE_PTR(c.bytes);
        w->size = c.size;
        hmat_correction_done(&c);
        return r;
}

/* A table of ours hides the firmware's HMAT, and is what its values come from. */
static int check_srat(struct sysroot *root, const struct hmat *used, struct hmat_wanted *w)
{
        enum srat_state srat;
        int r;

        if (!used || !hmat_is_ours(&used->header))
                return READING_DONE;
        r = installed_compare_srat(root, &w->remarks, &srat);
        if (r < 0 || srat != SRAT_OTHER)
                return r;
        messages_add(&w->refusals,
                     "The kernel uses a table that was installed when the firmware had another "
                     "SRAT: its values may be those of other memory. Run \"numatier hmat "
                     "uninstall\", reboot, and try again.");
        return READING_REFUSED;
}

int hmat_wanted_build(struct sysroot *root, const struct snapshot *s, struct hmat_wanted *ret)
{
        _cleanup_(block_table_freep) struct block_table *blocks = NULL;
        _cleanup_(srat_freep) struct srat *srat = NULL;
        _cleanup_(hmat_freep) struct hmat *used = NULL;
        struct hmat_facts f = { .assignment = s->assignment };
        int r;

        *ret = (struct hmat_wanted){ 0 };
        r = read_srat(root, &ret->refusals, &srat);
        if (r == READING_DONE)
                r = read_hmat(root, &ret->refusals, &used);
        if (r >= 0 && r != READING_REFUSED)
                r = check_srat(root, used, ret);
        if (r == READING_REFUSED)
                return ret->refusals.n > 0 ? 0 : -ENOMEM;
        if (r >= 0)
                r = read_blocks(root, s->machine, ret, &f, &blocks);
        if (r < 0)
                return r;
        f.srat = srat;
        f.used = used;
        return correct(&f, ret);
}

static int print_table(const struct arguments *a, const struct hmat_wanted *w)
{
        int r;

        if (!a->output) {
                r = fwrite(w->bytes, 1, w->size, stdout) == w->size ? 0 : -EIO;
                return r < 0 ? cli_print_error(r) : EXIT_SUCCESS;
        }
        r = output_write_file(a->output, w->bytes, w->size);
        return r < 0 ? cli_error(r, a->output) : EXIT_SUCCESS;
}

int hmat_build(const struct arguments *a, char **operands)
{
        struct hmat_wanted w;
        int status = EXIT_FAILURE;

        if (!a->output && isatty(STDOUT_FILENO)) {
                fputs("numatier: the table is binary, and not for a terminal: expected "
                      "--output FILE\n",
                      stderr);
                return EXIT_USAGE;
        }
        if (hmat_wanted_find(a, &w) == 0) {
                cli_print_messages("", &w.remarks);
                cli_print_messages("", &w.refusals);
                if (w.bytes)
                        status = print_table(a, &w);
        }
        hmat_wanted_done(&w);
        return status;
}
