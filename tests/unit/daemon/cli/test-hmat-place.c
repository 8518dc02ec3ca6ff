/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat install and uninstall on a machine that is a directory. What makes initrds is
 * played. */
#include "cli/hmat-place.h"

#include "../../hmat/initrds.h"
#include "common/exit.h"
#include "hmat/early-cpio.h"
#include "hmat/installed.h"

#define INITRD "boot/initrd.img-6.12.95"

static struct sysroot *root;
static struct placing placing;

/* What the maker does, and what it was. */
static int made, result;
static bool leaves_out;
static char command[64];

static void put(const char *path, const void *bytes, size_t size)
{
        assert(sysroot_replace_bytes(root, path, bytes, size) == 0);
}

/* The hook's: the table that is installed now. */
static int make_initrd(const char *line)
{
        static struct image image;
        _cleanup_(freep) char *bytes = NULL;
        size_t size;

        made++;
        (void)snprintf(command, sizeof(command), "%s", line);
        image.size = 0;
        if (!leaves_out && sysroot_read_bytes(root, HMAT_FILE, &bytes, &size) == 0)
                image_add_file(&image, EARLY_ACPI_DIR "numatier.aml", 0100644, bytes, size);
        image_end(&image);
        if (result == 0)
                put(INITRD, image.bytes, image.size);
        return result;
}

static void assert_file_at(int line, uint32_t revision)
{
        struct table_file t;
        bool good;

        assert(table_file_read(root, HMAT_FILE, &t) == 0);
        good = revision == 0 ? t.state == TABLE_ABSENT
                             : t.state == TABLE_VALID && t.header.oem_revision == revision;
        if (!good)
                fprintf(stderr, "line %d: not %u: state %u, revision %u\n", line, revision, t.state,
                        t.header.oem_revision);
        assert(good);
        table_file_done(&t);
}

#define assert_file(revision) assert_file_at(__LINE__, revision)

static int install(uint32_t revision)
{
        char bytes[TABLE_SIZE];

        made = 0;
        placing.done = false;
        table_make(bytes, "BOCHS", revision, "NTIR");
        return hmat_place(&placing, bytes, sizeof(bytes));
}

static int uninstall(void)
{
        made = 0;
        placing.done = false;
        return hmat_place(&placing, NULL, 0);
}

static struct boot_room room = { 100, 50 };

static int measure(struct boot_room *ret)
{
        *ret = room;
        return 0;
}

static bool was_changed(void)
{
        char text[8];

        return sysroot_read(root, HMAT_CHANGED, text, sizeof(text)) == 0 &&
               sysroot_remove(root, HMAT_CHANGED) == 0;
}

static void test_install(void)
{
        assert(uninstall() == 0 && made == 0 && !was_changed() && !placing.done);
        assert(install(2) == 0 && made == 1 && was_changed() && placing.done);
        assert_streq(command, "update-initramfs -u -k all");
        assert_file(2);
        assert(install(2) == 0 && made == 0 && !was_changed()); /* nothing to do */
        put(INITRD, "", 0);                                     /* of a kernel that is new */
        assert(install(2) == 0 && made == 1);
        assert(install(3) == 0 && made == 1);
        assert_file(3);
        assert(uninstall() == 0 && made == 1 && was_changed());
        assert_file(0);
        assert(uninstall() == 0 && made == 0);
}

/* The file is as before, so that no later initrd gets it. */
static void test_failure(void)
{
        result = 256; /* exit status 1 */
        assert(install(2) == EXIT_FAILURE && made == 1 && !placing.done);
        assert_file(0);
        result = 0;
        assert(install(2) == 0);
        result = 9; /* ended by a signal */
        assert(install(3) == EXIT_FAILURE);
        assert_file(2);
        result = -1;
        assert(uninstall() == EXIT_FAILURE && made == 1);
        assert_file(2);
        result = 0;
        assert(uninstall() == 0);
        assert_file(0);
}

/* A command that succeeds and does nothing (/boot read-only). */
static void test_left_out(void)
{
        leaves_out = true;
        assert(install(2) == EXIT_FAILURE && made == 1);
        assert_file(2);
        leaves_out = false;
        assert(install(2) == 0 && made == 1);
        assert(uninstall() == 0);
}

/* A maker that failed halfway has given the table to the initrd of another kernel. */
static void test_halfway(void)
{
        const char *other = "boot/initrd.img-6.1.0-50-amd64";
        char *bytes;
        size_t size;

        assert(install(2) == 0 && sysroot_read_bytes(root, INITRD, &bytes, &size) == 0);
        assert(uninstall() == 0 && made == 1);
        put(other, bytes, size);
        free(bytes);
        assert(uninstall() == 0 && made == 1);
        assert(sysroot_remove(root, other) == 0);
        assert(uninstall() == 0 && made == 0);
}

static void assert_srat(const char *text)
{
        char line[16];
        int r = sysroot_read_line(root, HMAT_SRAT_FILE, line, sizeof(line));

        assert(text ? r >= 0 && streq(line, text) : sysroot_is_absent(r));
}

/* The firmware's SRAT is stored with the table, and goes with it. */
static void test_srat(void)
{
        assert(install(2) == 0);
        assert_srat("SRAT");
        put(SRAT_PATH, "TARS", 4); /* a setting of the firmware was changed */
        result = 256;
        assert(install(2) == EXIT_FAILURE && made == 1);
        assert_srat("SRAT");
        result = 0;
        assert(install(2) == 0 && made == 1);
        assert_srat("TARS");
        assert(install(2) == 0 && made == 0);
        assert(sysroot_remove(root, SRAT_PATH) == 0);
        assert(install(3) == EXIT_FAILURE && made == 0);
        assert_file(2);
        put(SRAT_PATH, "SRAT", 4);
        assert(uninstall() == 0);
        assert_srat(NULL);
}

static void test_room(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", line[64];
        struct boot_room r;

        assert(mkdtemp(path) && boot_room_measure(path, &r) == 0 && r.largest == 0 && r.free > 0);
        snprintf(line, sizeof(line),
                 "cd %s; printf 12345 >initrd.img-6; echo >vmlinuz; mkdir initrd", path);
        assert(system(line) == 0 && boot_room_measure(path, &r) == 0 && r.largest == 5);
        snprintf(line, sizeof(line), "rm -r %s", path);
        assert(system(line) == 0 && boot_room_measure(path, &r) == -ENOENT);
}

/* A damaged file is replaced, and removed, too. */
static void test_damaged(void)
{
        put(HMAT_FILE, "HMAT", 4);
        assert(install(2) == 0);
        assert_file(2);
        put(HMAT_FILE, "HMAT", 4);
        assert(uninstall() == 0 && made == 1);
        assert_file(0);
}

static void test_makers(void)
{
        assert(sysroot_remove(root, "usr/share/initramfs-tools/hooks/numatier") == 0);
        assert(install(2) == EXIT_FAILURE && made == 0); /* nothing would put it in */
        assert_file(0);
        assert(sysroot_remove(root, "usr/sbin/update-initramfs") == 0);
        assert(!initrd_maker_find(root));
        assert(install(2) == EXIT_FAILURE && made == 0); /* says how to do it by hand */
        assert_file(2);
        put("usr/bin/dracut", "", 0);
        put("usr/lib/dracut/dracut.conf.d/zz-numatier.conf", "", 0);
        room.free = 49; /* dracut would remove the initrd that it cannot write */
        assert(install(3) == EXIT_FAILURE && made == 0);
        assert_file(2);
        room.free = 50;
        assert(install(2) == 0 && made == 1);
        assert_streq(command, "dracut --regenerate-all --force");
        assert(uninstall() == 0);
}

int main(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", line[64];

        assert(mkdtemp(path) && sysroot_open(path, &root) == 0);
        placing = (struct placing){ .root = root, .run = make_initrd, .measure = measure };
        put("proc/sys/kernel/osrelease", "6.12.95\n", 8);
        put("usr/sbin/update-initramfs", "", 0);
        put("usr/share/initramfs-tools/hooks/numatier", "", 0);
        put(INITRD, "", 0);
        put(SRAT_PATH, "SRAT", 4);
        test_install();
        test_failure();
        test_left_out();
        test_halfway();
        test_srat();
        test_room();
        test_damaged();
        test_makers();
        sysroot_free(root);
        snprintf(line, sizeof(line), "rm -r %s", path);
        assert(system(line) == 0);
}
