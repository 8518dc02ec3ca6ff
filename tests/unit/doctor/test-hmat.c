/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "../hmat/initrds.h"
#include "examine.h"

#define USED "sys/firmware/acpi/tables/HMAT"

static struct installed installed;
static char file[TABLE_SIZE], used[TABLE_SIZE];

static void set(struct table_file *t, const char *path, char *bytes, uint32_t revision,
                const char *creator)
{
        *t = (struct table_file){
                .path = path, .state = TABLE_VALID, .bytes = bytes, .size = TABLE_SIZE
        };
        table_make(bytes, "BOCHS", revision, creator);
        t->header.oem_revision = revision;
        (void)snprintf(t->header.creator_id, sizeof(t->header.creator_id), "%s", creator);
}

/* Installed, and the kernel has the firmware's. */
static void make(void)
{
        installed = (struct installed){ .initrd.state = INITRD_HAS };
        set(&installed.file, HMAT_FILE, file, 2, "NTIR");
        set(&installed.used, USED, used, 1, "BXPC");
        subject.installed = &installed;
        subject.hmat_currency = HMAT_CURRENT;
}

static void test_taken(void)
{
        examine(SOCKETS, VENDOR);
        assert_healthy(); /* nothing is installed */
        make();
        set(&installed.used, USED, used, 2, "NTIR");
        examine_again();
        assert_healthy();
        installed.switched_off = "numa=nohmat";
        examine_again();
        assert_found("hmat-not-taken", WARNING, "numa=nohmat");
}

static void test_not_taken(void)
{
        make();
        examine_again();
        assert_found("hmat-not-taken", NOTE, "Reboot the machine");
        assert(has_evidence("hmat-not-taken", "/" HMAT_FILE, "OEM revision 2, made by numatier"));
        assert(has_evidence("hmat-not-taken", "/" USED, "OEM revision 1, of the firmware"));
        installed.initrd.state = INITRD_WITHOUT;
        examine_again();
        assert_found("hmat-not-taken", WARNING, "does not have the table");
        assert_found("hmat-not-taken", WARNING, "numatier hmat install");
        installed.lockdown = (char *)"integrity";
        installed.initrd.state = INITRD_HAS;
        examine_again();
        assert_found("hmat-not-taken", WARNING, "locked down (integrity)");
        assert(!strstr(get_finding("hmat-not-taken")->remedy, "hmat install"));
        make();
        set(&installed.used, USED, used, 5, "BXPC");
        examine_again();
        assert_found("hmat-not-taken", WARNING, "OEM revision 5, and the installed table has 2");
}

/* A user other than root cannot see which table the kernel has. */
static void test_unreadable(void)
{
        make();
        installed.used = (struct table_file){ .path = USED,
                                              .state = TABLE_UNREADABLE,
                                              .fault = (char *)"Permission denied" };
        examine_again();
        assert_not_found("hmat-not-taken");
        assert(messages_have(&found.unchecked, "/" USED ": Permission denied"));
}

static void test_outdated(void)
{
        make();
        set(&installed.used, USED, used, 2, "NTIR");
        subject.hmat_currency = HMAT_OUTDATED;
        examine_again();
        assert_found("hmat-outdated", WARNING, "numatier hmat install");
        assert_not_found("hmat-not-taken");
        subject.hmat_currency = HMAT_CURRENCY_UNKNOWN;
        examine_again();
        assert_not_found("hmat-outdated");
}

static void test_other_srat(void)
{
        make();
        set(&installed.used, USED, used, 2, "NTIR");
        installed.srat = SRAT_OTHER;
        examine_again();
        assert_found("hmat-outdated", WARNING, "numatier hmat uninstall");
        assert(has_evidence("hmat-outdated", "/" SRAT_PATH, "not as in /" HMAT_SRAT_FILE));
        set(&installed.used, USED, used, 1, "BXPC");
        examine_again();
        assert_found("hmat-outdated", WARNING, "numatier hmat install");
        assert(!strstr(get_finding("hmat-outdated")->remedy, "uninstall"));
}

int main(void)
{
        test_taken();
        test_not_taken();
        test_unreadable();
        test_outdated();
        test_other_srat();
        forget();
        return 0;
}
