/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine with a table, an initrd and what the kernel shows of them, as a directory. */
#include "hmat/installed.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "hmat/early-cpio.h"
#include "hmat/obstacles.h"
#include "initrds.h"

#define USED   "sys/firmware/acpi/tables/HMAT"
#define INITRD "boot/initrd.img-6.12.95"

static struct sysroot *root;
static struct messages problems;
static struct installed *installed;

static void put(const char *path, const void *bytes, size_t size)
{
        assert(sysroot_replace_bytes(root, path, bytes, size) == 0);
}

static void put_text(const char *path, const char *text)
{
        put(path, text, strlen(text));
}

static void remove_file(const char *path)
{
        assert(sysroot_remove(root, path) == 0);
}

static void put_table(const char *path, const char *oem_id, uint32_t revision, const char *creator)
{
        char bytes[TABLE_SIZE];

        table_make(bytes, oem_id, revision, creator);
        put(path, bytes, sizeof(bytes));
}

/* With a table of that revision after the microcode. */
static void put_initrd(const char *path, uint32_t revision)
{
        static struct image image;
        char bytes[TABLE_SIZE], other[TABLE_SIZE];

        table_make(bytes, "BOCHS", revision, "NTIR");
        image.size = 0;
        image_add_file(&image, "kernel/x86/microcode/AuthenticAMD.bin", 0100644, "1234567", 7);
        image_end(&image);
        table_make(other, "BOCHS", 1, "INTL");
        memcpy(other, "DSDT", 4);
        image_add_file(&image, EARLY_ACPI_DIR "dsdt.aml", 0100644, other, sizeof(other));
        if (revision > 0)
                image_add_file(&image, EARLY_ACPI_DIR "numatier.aml", 0100644, bytes,
                               sizeof(bytes));
        image_end(&image);
        image_add(&image, GZIP_EMPTY, sizeof(GZIP_EMPTY) - 1);
        put(path, image.bytes, image.size);
}

static void read_again(void)
{
        installed = installed_free(installed);
        assert(installed_read(root, &problems, &installed) == 0);
}

/* Reads the machine: what is in the way? */
static void assert_obstacles_at(int line, unsigned want)
{
        unsigned found;

        read_again();
        found = hmat_find_obstacles(installed);
        for (enum hmat_obstacle o = 0; o < OBSTACLES; o++) {
                _cleanup_(freep) char *text =
                        found & 1U << o ? hmat_obstacle_print(installed, o) : strdup("");

                assert(text && hmat_obstacle_name(o));
                if ((found ^ want) & 1U << o)
                        fprintf(stderr, "line %d: %s: %s\n", line, hmat_obstacle_name(o), text);
        }
        assert(found == want && problems.n == 0);
}

#define assert_obstacles(want) assert_obstacles_at(__LINE__, want)
#define BIT(o)                 (1U << OBSTACLE_##o)

/* Installed and taken, on firmware without an HMAT or with an older one. */
static void make_machine(void)
{
        put_text("proc/sys/kernel/osrelease", "6.12.95\n");
        put_text("proc/cmdline", "quiet numa_balancing=1 numa=fake=2\n");
        put_text("sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
        put_table(HMAT_FILE, "BOCHS", 2, "NTIR");
        put_table(USED, "BOCHS", 2, "NTIR");
        put_initrd(INITRD, 2);
}

static void test_taken(void)
{
        make_machine();
        assert_obstacles(0);
        assert(installed_is_taken(installed) && installed_makes_tiers(installed));
        assert(installed->initrd.state == INITRD_HAS && installed->initrd.has_ours);
        assert_streq(installed->initrd.path, INITRD);
        assert(installed->file.header.oem_revision == 2 && !installed->several);
}

static void test_not_installed(void)
{
        make_machine();
        remove_file(HMAT_FILE);
        assert_obstacles(0);
        assert(!installed_is_taken(installed) && installed->file.state == TABLE_ABSENT);
        assert(installed->initrd.state == INITRD_OTHER && installed->initrd.has_ours);
        put_initrd(INITRD, 0);
        assert_obstacles(0);
        assert(installed->initrd.state == INITRD_WITHOUT && !installed->initrd.has_ours);
}

static void test_not_rebooted(void)
{
        make_machine();
        put_table(USED, "BOCHS", 1, "BXPC");
        assert_obstacles(BIT(BOOT));
        put_text(HMAT_CHANGED, "");
        assert_obstacles(BIT(BOOT));
        assert(installed->changed);
        remove_file(HMAT_CHANGED);
        remove_file(USED);
        assert_obstacles(BIT(BOOT));
}

static void test_initrd(void)
{
        make_machine();
        put_table(USED, "BOCHS", 1, "BXPC");
        put_initrd(INITRD, 0);
        assert_obstacles(BIT(INITRD));
        put_initrd(INITRD, 7);
        assert_obstacles(BIT(EARLIER));
        remove_file(INITRD);
        assert_obstacles(BIT(BOOT)); /* it is not known where the initrd is */
        assert(installed->initrd.state == INITRD_UNKNOWN && !installed->initrd.path);
        put_initrd("boot/initramfs-6.12.95.img", 2);
        assert_obstacles(BIT(BOOT));
        assert(installed->initrd.state == INITRD_HAS);
        remove_file("boot/initramfs-6.12.95.img");
        put_text("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        put_initrd("boot/efi/0123456789abcdef0123456789abcdef/6.12.95/initrd", 2);
        assert_obstacles(BIT(BOOT));
        assert(installed->initrd.state == INITRD_HAS);
        remove_file("boot/efi/0123456789abcdef0123456789abcdef/6.12.95/initrd");
}

/* The kernel compares both IDs, and then the revision. */
static void test_revision(void)
{
        char bytes[TABLE_SIZE];

        make_machine();
        put_table(USED, "BOCHS", 2, "BXPC");
        assert_obstacles(BIT(REVISION));
        put_table(USED, "BOCHS", 3, "BXPC");
        assert_obstacles(BIT(REVISION));
        put_table(USED, "OTHER", 1, "BXPC");
        assert_obstacles(BIT(IDS));
        table_make(bytes, "BOCH", 1, "BXPC");
        put(USED, bytes, sizeof(bytes));
        bytes[10 + 5] = 'S'; /* after a NUL */
        bytes[9] -= 'S';
        bytes[24]++; /* OEM revision */
        bytes[9]--;
        put(HMAT_FILE, bytes, sizeof(bytes));
        put(INITRD, "", 0);
        assert_obstacles(BIT(IDS) | BIT(INITRD));
        put_table(HMAT_FILE, "BOCHS", 2, "NTIR");
        put_initrd(INITRD, 2);
        /* an older one of ours says nothing of the firmware's */
        put_table(USED, "BOCHS", 3, "NTIR");
        assert_obstacles(BIT(BOOT));
}

/* Two tables: sysfs numbers them. */
static void test_several(void)
{
        make_machine();
        remove_file(USED);
        put_table(USED "1", "OTHER", 1, "BXPC");
        put_table(USED "2", "BOCHS", 2, "NTIR");
        assert_obstacles(BIT(IDS));
        assert(installed->several && !installed_is_taken(installed));
        remove_file(USED "1");
        remove_file(USED "2");
}

static void test_damaged(void)
{
        char bytes[TABLE_SIZE];

        make_machine();
        table_make(bytes, "BOCHS", 2, "NTIR");
        bytes[39] = 1;
        put(HMAT_FILE, bytes, sizeof(bytes));
        assert_obstacles(BIT(DAMAGED));
        put(HMAT_FILE, "", 0);
        assert_obstacles(BIT(DAMAGED));
        put(HMAT_FILE, bytes, 12);
        assert_obstacles(BIT(DAMAGED));
}

static void test_kernel(void)
{
        make_machine();
        put_table(USED, "BOCHS", 1, "BXPC");
        put_text("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
        assert_obstacles(BIT(LOCKDOWN));
        put_text("sys/kernel/security/lockdown", "garbage\n");
        assert_obstacles(BIT(BOOT));
        put_text("proc/cmdline", "numa=fake=2 numa=nohmat\n");
        assert_obstacles(BIT(SWITCHED_OFF));
        put_table(USED, "BOCHS", 2, "NTIR"); /* the kernel has it, and does not read it */
        assert_obstacles(BIT(SWITCHED_OFF));
        assert(installed_is_taken(installed));
        put_text("proc/sys/kernel/osrelease", "6.1.0-50-amd64\n");
        read_again();
        assert(!installed_makes_tiers(installed));
        put_text("proc/sys/kernel/osrelease", "6.12.95\n");
}

static void test_unified(void)
{
        const char *stub = "sys/firmware/efi/efivars/"
                           "StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

        make_machine();
        put_table(USED, "BOCHS", 1, "BXPC");
        put(stub, "\6\0\0\0s\0y\0", 8);
        assert_obstacles(BIT(UNIFIED));
        put_table(USED, "BOCHS", 2, "NTIR");
        assert_obstacles(0);
        remove_file(stub);
}

#define LOG_BEGIN "<5>[    0.000000] Linux version 6.12.95 (root@builder)\n"

static void test_log(void)
{
        struct hmat_log log;

        hmat_log_parse("", &log);
        assert(!log.whole && !log.found);
        hmat_log_parse(LOG_BEGIN
                       "<6>[    0.003] ACPI: HMAT ACPI table found in initrd "
                       "[kernel/firmware/acpi/numatier.aml][0x28]\n"
                       "<6>[    0.004] ACPI: Table Upgrade: override [HMAT-BOCHS -BXPC    ]",
                       &log);
        assert(log.whole && log.found && log.used && !log.locked_down && log.refusal[0] == '\0');
        hmat_log_parse("<5>[    0.003] ACPI: kernel is locked down, ignoring table override\n"
                       "<3>[    0.003] ACPI: ACPI OVERRIDE: Bad table checksum "
                       "[kernel/firmware/acpi/other.aml]\n",
                       &log);
        assert(!log.whole && log.locked_down && log.refusal[0] == '\0');
        hmat_log_parse("<3>[    0.003] ACPI: ACPI OVERRIDE: Bad table checksum "
                       "[kernel/firmware/acpi/hmat.aml]\n",
                       &log);
        assert_streq(log.refusal,
                     "ACPI OVERRIDE: Bad table checksum [kernel/firmware/acpi/hmat.aml]");
}

/* What the log says counts as well. */
static void test_log_counts(void)
{
        _cleanup_(freep) char *text = NULL;

        make_machine();
        put_table(USED, "BOCHS", 1, "BXPC");
        read_again();
        hmat_log_parse("<5>[ 0.0] ACPI: kernel is locked down, ignoring table override\n",
                       &installed->log);
        assert(hmat_find_obstacles(installed) == BIT(LOCKDOWN));
        hmat_log_parse(LOG_BEGIN, &installed->log);
        assert(hmat_find_obstacles(installed) == BIT(BOOT));
        text = hmat_obstacle_print(installed, OBSTACLE_BOOT);
        assert(text && strstr(text, "the boot loader uses another initrd"));
}

/* A recording has no initrd. */
static void test_recorded(void)
{
        struct sysroot *directory = root;

        root = root_from("proc/sys/kernel/osrelease: 6.12.95\n");
        assert_obstacles(0);
        assert(installed->initrd.state == INITRD_UNKNOWN && installed->initrd.error == 0);
        sysroot_free(root);
        root = directory;
}

/* A boot without the table makes the one that is wanted count from the firmware's revision. */
static void test_serves(void)
{
        char bytes[TABLE_SIZE], wanted[TABLE_SIZE];
        struct table_file t = { .state = TABLE_VALID, .bytes = bytes, .size = TABLE_SIZE };

        table_make(bytes, "BOCHS ", 3, HMAT_CREATOR);
        table_make(wanted, "BOCHS ", 2, HMAT_CREATOR);
        assert(!table_file_equals(&t, wanted, TABLE_SIZE));
        assert(table_file_serves(&t, wanted, TABLE_SIZE));
        table_make(wanted, "BOCHS ", 4, HMAT_CREATOR); /* the kernel would not take 3 */
        assert(!table_file_serves(&t, wanted, TABLE_SIZE));
        table_make(wanted, "OTHER ", 2, HMAT_CREATOR);
        assert(!table_file_serves(&t, wanted, TABLE_SIZE));
}

static void test_srat(void)
{
        enum srat_state state;

        put_text(SRAT_PATH, "SRAT");
        assert(installed_compare_srat(root, &problems, &state) == 0 && state == SRAT_UNKNOWN);
        put_text(HMAT_SRAT_FILE, "SRAT");
        assert(installed_compare_srat(root, &problems, &state) == 0 && state == SRAT_SAME);
        put_text(SRAT_PATH, "TARS");
        assert(installed_compare_srat(root, &problems, &state) == 0 && state == SRAT_OTHER);
        remove_file(SRAT_PATH);
        assert(installed_compare_srat(root, &problems, &state) == 0 && state == SRAT_OTHER);
        remove_file(HMAT_SRAT_FILE);
        assert(problems.n == 0);
}

int main(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", command[64];

        assert(mkdtemp(path) && sysroot_open(path, &root) == 0);
        test_taken();
        test_not_installed();
        test_not_rebooted();
        test_initrd();
        test_revision();
        test_several();
        test_damaged();
        test_kernel();
        test_unified();
        test_log();
        test_log_counts();
        test_recorded();
        test_serves();
        test_srat();
        installed_free(installed);
        sysroot_free(root);
        snprintf(command, sizeof(command), "rm -r %s", path);
        assert(system(command) == 0);
}
