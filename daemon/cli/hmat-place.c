/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/hmat-place.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>

#include "cli/cli.h"
#include "hmat/installed.h"

/* Debian's update-initramfs is first: it also tells the boot loader. */
static const struct initrd_maker makers[] = {
        { "usr/sbin/update-initramfs", "sbin/update-initramfs",
          "usr/share/initramfs-tools/hooks/numatier", "update-initramfs -u -k all", false },
        { "usr/bin/dracut", "usr/sbin/dracut", "usr/lib/dracut/dracut.conf.d/zz-numatier.conf",
          "dracut --regenerate-all --force", true },
};

static bool is_there(struct sysroot *root, const char *path)
{
        char first;

        return sysroot_read_at(root, path, &first, 1, 0) >= 0;
}

const struct initrd_maker *initrd_maker_find(struct sysroot *root)
{
        for (size_t i = 0; i < ELEMENTSOF(makers); i++)
                if (is_there(root, makers[i].path) || is_there(root, makers[i].other_path))
                        return &makers[i];
        return NULL;
}

/* What was there before, to be put back. */
struct change {
        struct table_file before, srat_before;
        const void *bytes;
        size_t size;
};

static int write_table(struct sysroot *root, const void *bytes, size_t size)
{
        int r = bytes ? sysroot_replace_bytes(root, HMAT_FILE, bytes, size)
                      : sysroot_remove(root, HMAT_FILE);

        return r == -ENOENT && !bytes ? 0 : r;
}

/* The SRAT that the table was made for, or NULL: none. */
static int write_srat(struct sysroot *root, const void *bytes, size_t size)
{
        int r = bytes ? sysroot_replace_bytes(root, HMAT_SRAT_FILE, bytes, size)
                      : sysroot_remove(root, HMAT_SRAT_FILE);

        return r == -ENOENT && !bytes ? 0 : r;
}

/* The table comes first: one whose SRAT is an older one is only installed again. */
static int write_both(struct sysroot *root, const struct change *c)
{
        _cleanup_(freep) char *srat = NULL;
        size_t size = 0;
        int r = c->bytes ? sysroot_read_bytes(root, SRAT_PATH, &srat, &size) : 0;

        if (r == 0)
                r = write_table(root, c->bytes, c->size);
        if (r < 0)
                return r;
        r = write_srat(root, srat, size);
        if (r < 0)
                (void)write_table(root, c->before.bytes, c->before.size);
        return r;
}

static void put_back(struct sysroot *root, const struct change *c)
{
        int r = write_table(root, c->before.bytes, c->before.size);

        if (r == 0)
                r = write_srat(root, c->srat_before.bytes, c->srat_before.size);

        if (r < 0)
                fprintf(stderr, "numatier: /%s cannot be put back: %s\n", HMAT_FILE, strerror(-r));
        else
                fprintf(stderr,
                        "numatier: /%s is as it was before. Some initrds may have been made "
                        "already: once the cause is removed, run this command again\n",
                        HMAT_FILE);
}

/* 0, or reports the failure. */
static int make_initrds(const struct placing *p, const struct initrd_maker *m)
{
        int status;

        printf("Running: %s\n", m->command);
        (void)fflush(stdout);
        status = p->run(m->command);
        if (status == 0)
                return 0;
        if (status > 0 && WIFEXITED(status))
                fprintf(stderr, "numatier: \"%s\" failed with exit status %d\n", m->command,
                        WEXITSTATUS(status));
        else if (status > 0 && WIFSIGNALED(status))
                fprintf(stderr, "numatier: \"%s\" was ended by signal %d\n", m->command,
                        WTERMSIG(status));
        else
                fprintf(stderr, "numatier: \"%s\" could not be run\n", m->command);
        return -EIO;
}

static void print_by_hand(void)
{
        fputs("numatier: this machine has neither update-initramfs nor dracut, so that nothing "
              "puts "
              "the table into the initrd. To do that by hand:\n"
              "    cd \"$(mktemp -d)\"\n"
              "    mkdir -p kernel/firmware/acpi\n"
              "    cp /" HMAT_FILE " kernel/firmware/acpi/numatier.aml\n"
              "    find kernel | cpio --create --format=newc >/boot/numatier.cpio\n"
              "Then have the boot loader load /boot/numatier.cpio before the initrd: with GRUB, "
              "write\n"
              "    GRUB_EARLY_INITRD_LINUX_CUSTOM=\"numatier.cpio\"\n"
              "into /etc/default/grub, and run grub-mkconfig; with a unified kernel image, give "
              "ukify\n"
              "    --initrd=/boot/numatier.cpio\n"
              "before the other --initrd.\n",
              stderr);
}

static void print_no_hook(const struct initrd_maker *m)
{
        fprintf(stderr,
                "numatier: /%s is missing, so that \"%s\" would not put the table into the "
                "initrd: numatier must be installed below /usr\n",
                m->hook, m->command);
}

/* No maker makes rescue images and backups again. */
static void warn_of_rest(struct sysroot *root)
{
        _cleanup_(freep) char *path = NULL;

        if (initrd_find_ours(root, &path) == 0 && path)
                fprintf(stderr,
                        "numatier: warning: /%s still has a table, and the kernel uses it if it is "
                        "booted with this initrd\n",
                        path);
}

/* A maker may succeed and do nothing (update_initramfs=no, /boot read-only, a hook that left the
 * table out). */
static int check_initrd(struct sysroot *root, bool wanted)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(installed_freep) struct installed *i = NULL;
        int r = installed_read(root, &problems, &i);

        messages_done(&problems);
        if (r < 0)
                return cli_error(r, "the initrd cannot be checked");
        if (i->initrd.state == INITRD_UNKNOWN) {
                printf("Whether the initrd of the running kernel %s the table could not be "
                       "checked.\n",
                       wanted ? "has" : "still has");
        } else if (wanted ? i->initrd.state != INITRD_HAS : i->initrd.has_ours) {
                fprintf(stderr, "numatier: the command succeeded, but /%s %s the table\n",
                        i->initrd.path, wanted ? "does not have" : "still has");
                return EXIT_FAILURE;
        }
        if (!wanted)
                warn_of_rest(root);
        return EXIT_SUCCESS;
}

/* Makes "numatier hmat status" know that the machine was not rebooted since. */
static void note_change(struct sysroot *root)
{
        int r = sysroot_replace(root, HMAT_CHANGED, "");

        if (r < 0)
                fprintf(stderr, "numatier: /%s: cannot be written: %s\n", HMAT_CHANGED,
                        strerror(-r));
}

static int change(const struct placing *p, const struct initrd_maker *m, const struct change *c)
{
        int r = write_both(p->root, c);

        if (r < 0) {
                fprintf(stderr, "numatier: /%s: cannot be %s: %s\n", HMAT_FILE,
                        c->bytes ? "written" : "removed", strerror(-r));
                return EXIT_FAILURE;
        }
        printf("%s /%s\n", c->bytes ? "Wrote" : "Removed", HMAT_FILE);
        note_change(p->root);
        if (!m) {
                if (c->bytes)
                        print_by_hand();
                else
                        fputs("numatier: this machine has neither update-initramfs nor dracut: "
                              "take the table out of the initrd by hand\n",
                              stderr);
                return EXIT_FAILURE;
        }
        if (make_initrds(p, m) < 0) {
                put_back(p->root, c);
                return EXIT_FAILURE;
        }
        return check_initrd(p->root, c->bytes != NULL);
}

/* Where a maker failed halfway, the initrd of another kernel may have a table. */
static bool has_left_none(struct sysroot *root)
{
        _cleanup_(freep) char *path = NULL;

        return initrd_find_ours(root, &path) == 0 && !path;
}

/* dracut (059) copies over the old initrd, and removes what it could not copy as a whole. */
static bool has_room(const struct placing *p, const struct initrd_maker *m)
{
        struct boot_room room;

        if (!m || !m->needs_room || p->measure(&room) < 0 || room.free >= room.largest)
                return true;
        fprintf(stderr,
                "numatier: /boot has %" PRIu64 " MiB free, and an initrd needs %" PRIu64
                " MiB: on a full disk, \"%s\" would leave a kernel without an initrd. Make room "
                "first\n",
                room.free >> 20, (room.largest >> 20) + 1, m->command);
        return false;
}

/* Whether the file and the initrd are already as they should be. */
static bool is_done(struct sysroot *root, const struct change *c)
{
        struct messages problems = MESSAGES_INIT;
        _cleanup_(installed_freep) struct installed *i = NULL;
        int r = installed_read(root, &problems, &i);

        messages_done(&problems);
        if (r < 0)
                return false;
        if (!c->bytes)
                return i->file.state == TABLE_ABSENT && !i->initrd.has_ours && has_left_none(root);
        return table_file_equals(&i->file, c->bytes, c->size) && i->srat == SRAT_SAME &&
               i->initrd.state == INITRD_HAS;
}

int hmat_place(struct placing *p, const void *bytes, size_t size)
{
        const struct initrd_maker *m = initrd_maker_find(p->root);
        struct change c = { .bytes = bytes, .size = size };
        int status = EXIT_FAILURE, r;

        if (m && bytes && !is_there(p->root, m->hook)) {
                print_no_hook(m);
                return EXIT_FAILURE;
        }
        r = table_file_read(p->root, HMAT_FILE, &c.before);
        if (r < 0)
                (void)cli_error(r, "/" HMAT_FILE);
        else if (sysroot_read_bytes(p->root, HMAT_SRAT_FILE, &c.srat_before.bytes,
                                    &c.srat_before.size) == -ENOMEM)
                (void)cli_error(-ENOMEM, "/" HMAT_SRAT_FILE);
        else if (c.before.state == TABLE_UNREADABLE)
                fprintf(stderr, "numatier: /%s: cannot be read: %s\n", HMAT_FILE, c.before.fault);
        else if (is_done(p->root, &c)) {
                puts(bytes ? "The table is installed already: nothing to do."
                           : "No table is installed: nothing to do.");
                status = EXIT_SUCCESS;
        } else if (has_room(p, m)) {
                status = change(p, m, &c);
                p->done = status == EXIT_SUCCESS;
        }
        table_file_done(&c.before);
        table_file_done(&c.srat_before);
        return status;
}
