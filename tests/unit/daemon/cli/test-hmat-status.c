/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What numatier hmat status prints of a machine that is a directory, and its exit status. The table
 * that the policy wants is played. */
#include "cli/hmat-wanted.h"
#include "cli/hmat.h"

#include <fcntl.h>

#include "../../hmat/initrds.h"
#include "hmat/early-cpio.h"
#include "hmat/installed.h"

#define USED   "sys/firmware/acpi/tables/HMAT"
#define INITRD "boot/initrd.img-6.12.95"

static struct sysroot *root;
static struct arguments arguments;
static uint32_t wanted; /* its revision; 0: it is refused */
static char output[8192];

int __wrap_hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret);
void __wrap_hmat_wanted_done(struct hmat_wanted *w);

int __wrap_hmat_wanted_find(const struct arguments *a, struct hmat_wanted *ret)
{
        *ret = (struct hmat_wanted){ 0 };
        if (wanted == 0) {
                messages_add(&ret->refusals, "node 1 has no values");
                return 0;
        }
        ret->bytes = malloc(TABLE_SIZE);
        ret->size = TABLE_SIZE;
        assert(ret->bytes);
        table_make(ret->bytes, "BOCHS", wanted, "NTIR");
        return 0;
}

void __wrap_hmat_wanted_done(struct hmat_wanted *w)
{
        free(w->bytes);
        messages_done(&w->refusals);
}

static void put(const char *path, const char *text)
{
        assert(sysroot_replace(root, path, text) == 0);
}

static void put_table(const char *path, uint32_t revision, const char *creator)
{
        char bytes[TABLE_SIZE];

        table_make(bytes, "BOCHS", revision, creator);
        assert(sysroot_replace_bytes(root, path, bytes, sizeof(bytes)) == 0);
}

static void put_initrd(uint32_t revision)
{
        static struct image image;
        char bytes[TABLE_SIZE];

        image.size = 0;
        table_make(bytes, "BOCHS", revision, "NTIR");
        image_add_file(&image, EARLY_ACPI_DIR "numatier.aml", 0100644, bytes, sizeof(bytes));
        image_end(&image);
        assert(sysroot_replace_bytes(root, INITRD, image.bytes, image.size) == 0);
}

/* Runs it: output has what it printed. */
static int show(void)
{
        static char *none[] = { NULL };
        FILE *f = tmpfile();
        int saved, status;
        size_t n;

        assert(f);
        (void)fflush(stdout);
        saved = dup(STDOUT_FILENO);
        assert(saved >= 0 && dup2(fileno(f), STDOUT_FILENO) >= 0);
        status = hmat_status(&arguments, none);
        (void)fflush(stdout);
        assert(dup2(saved, STDOUT_FILENO) >= 0);
        close(saved);
        rewind(f);
        n = fread(output, 1, sizeof(output) - 1, f);
        output[n] = '\0';
        (void)fclose(f);
        return status;
}

static void assert_shown_at(int line, int want, const char *text)
{
        int status = show();

        if (status == want && strstr(output, text))
                return;
        fprintf(stderr, "line %d: exit status %d, expected %d and \"%s\":\n%s", line, status, want,
                text, output);
        abort();
}

#define assert_shown(status, text) assert_shown_at(__LINE__, status, text)

static void test_text(void)
{
        wanted = 2;
        assert_shown(EXIT_DIFFERS, "No table is installed");
        put_table(HMAT_FILE, 2, "NTIR");
        assert_shown(EXIT_DIFFERS, "The running kernel has no HMAT.");
        assert_shown(EXIT_DIFFERS, "The initrd of the running kernel was not found.");
        put_table(USED, 1, "BXPC");
        put_initrd(2);
        assert_shown(EXIT_DIFFERS, "has the firmware's HMAT: OEM revision 1.");
        assert_shown(EXIT_DIFFERS, "probably not been rebooted");
        put_table(USED, 2, "NTIR");
        assert_shown(EXIT_SUCCESS, "It is what the policy wants.\nThe initrd has it: /" INITRD
                                   "\nThe running kernel uses it.\n");
        put(SRAT_PATH, "SRAT");
        put(HMAT_SRAT_FILE, "SRAT");
        assert_shown(EXIT_SUCCESS, "It is what the policy wants.\n");
        put(HMAT_SRAT_FILE, "TARS");
        assert_shown(EXIT_DIFFERS, HMAT_SRAT_CHANGED);
        assert(sysroot_remove(root, HMAT_SRAT_FILE) == 0);
        wanted = 3;
        assert_shown(EXIT_DIFFERS, "It is not what the policy wants now");
        wanted = 0; /* it cannot be built */
        assert_shown(EXIT_FAILURE, "is not known");
        wanted = 2;
        put("proc/cmdline", "numa=nohmat\n");
        assert_shown(EXIT_DIFFERS, "has taken it, and does not use it");
        put("proc/cmdline", "\n");
        put(HMAT_FILE, "HMAT");
        assert_shown(EXIT_DIFFERS, "The table is damaged");
        assert(sysroot_remove(root, HMAT_FILE) == 0);
        assert_shown(EXIT_DIFFERS, "still has a table: run \"numatier hmat uninstall\"");
        assert_shown(EXIT_DIFFERS, "Until the next boot, the kernel keeps");
}

/* Where HMAT makes no tiers, that is said, and is no failure. */
static void test_old_kernel(void)
{
        put_table(HMAT_FILE, 2, "NTIR");
        put("proc/sys/kernel/osrelease", "6.1.0-50-amd64\n");
        assert_shown(EXIT_SUCCESS, "Linux 6.1.0-50-amd64 makes no memory tiers by HMAT");
        put("proc/sys/kernel/osrelease", "6.12.95\n");
        assert_shown(EXIT_SUCCESS, "uses it");
        assert(!strstr(output, "makes no memory tiers"));
}

static void test_json(void)
{
        arguments.json = true;
        assert_shown(EXIT_SUCCESS, "\"used\": true");
        assert_shown(EXIT_SUCCESS, "\"initrd\": \"/" INITRD "\"");
        assert_shown(EXIT_SUCCESS, "\"obstacles\": []");
        put_table(USED, 7, "BXPC");
        assert_shown(EXIT_DIFFERS, "\"name\": \"revision\"");
        assert_shown(EXIT_DIFFERS, "\"kernel_oem_revision\": 7");
}

int main(void)
{
        char path[] = "/tmp/numatier-test-XXXXXX", line[64];

        assert(mkdtemp(path) && sysroot_open(path, &root) == 0);
        arguments.input.root = path;
        put("proc/sys/kernel/osrelease", "6.12.95\n");
        test_text();
        test_old_kernel();
        test_json();
        sysroot_free(root);
        snprintf(line, sizeof(line), "rm -r %s", path);
        assert(system(line) == 0);
}
