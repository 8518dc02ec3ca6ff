/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/obstacles.h"

#define BIT(o) (1U << (o))

const char *hmat_obstacle_name(enum hmat_obstacle o)
{
        static const char *const names[] = {
                [OBSTACLE_DAMAGED] = "damaged",
                [OBSTACLE_IDS] = "oem_ids",
                [OBSTACLE_REVISION] = "revision",
                [OBSTACLE_LOCKDOWN] = "lockdown",
                [OBSTACLE_REFUSED] = "refused",
                [OBSTACLE_UNIFIED] = "unified_kernel_image",
                [OBSTACLE_INITRD] = "initrd",
                [OBSTACLE_EARLIER] = "initrd_outdated",
                [OBSTACLE_SWITCHED_OFF] = "switched_off",
                [OBSTACLE_BOOT] = "reboot",
        };

        return names[o];
}

/* Whether the kernel has the table that the firmware made: with it the kernel compares the one in
 * the initrd, at each boot. */
static bool has_firmwares(const struct installed *i)
{
        return i->used.state == TABLE_VALID && !hmat_is_ours(&i->used.header);
}

static bool has_other_ids(const struct installed *i)
{
        const struct acpi_header *firmware = &i->used.header, *file = &i->file.header;

        /* all bytes count, also those after a NUL (acpi_table_initrd_override) */
        return has_firmwares(i) &&
               (memcmp(firmware->oem_id, file->oem_id, sizeof(file->oem_id)) != 0 ||
                memcmp(firmware->oem_table_id, file->oem_table_id, sizeof(file->oem_table_id)) !=
                        0);
}

static bool has_low_revision(const struct installed *i)
{
        return has_firmwares(i) && !has_other_ids(i) &&
               i->used.header.oem_revision >= i->file.header.oem_revision;
}

/* What the table itself and the kernel have against it. */
static unsigned find_in_table(const struct installed *i)
{
        unsigned found = 0;

        found |= has_other_ids(i) ? BIT(OBSTACLE_IDS) : 0;
        found |= has_low_revision(i) ? BIT(OBSTACLE_REVISION) : 0;
        found |= i->lockdown || i->log.locked_down ? BIT(OBSTACLE_LOCKDOWN) : 0;
        found |= i->log.refusal[0] != '\0' ? BIT(OBSTACLE_REFUSED) : 0;
        return found;
}

static unsigned find_in_initrd(const struct installed *i)
{
        if (i->unified)
                return BIT(OBSTACLE_UNIFIED);
        if (i->initrd.state == INITRD_WITHOUT)
                return BIT(OBSTACLE_INITRD);
        return i->initrd.state == INITRD_OTHER ? BIT(OBSTACLE_EARLIER) : 0;
}

unsigned hmat_find_obstacles(const struct installed *i)
{
        unsigned off = i->switched_off ? BIT(OBSTACLE_SWITCHED_OFF) : 0, found;

        if (i->file.state == TABLE_DAMAGED)
                return BIT(OBSTACLE_DAMAGED);
        if (i->file.state != TABLE_VALID || i->used.state == TABLE_UNREADABLE)
                return 0;
        if (installed_is_taken(i))
                return off; /* the kernel has it, and does not read it */
        found = off | find_in_table(i) | find_in_initrd(i);
        return found == 0 || i->changed ? found | BIT(OBSTACLE_BOOT) : found;
}

static char *print_lockdown(const struct installed *i)
{
        if (i->log.locked_down)
                return text_new(
                        "The kernel is locked down, and has refused the table "
                        "(\"kernel is locked down, ignoring table override\" in its log). It "
                        "takes no table as long as lockdown is on, which Secure Boot switches "
                        "on.");
        return text_new(
                "The kernel is locked down (%s): Linux 6.1 refuses the table then, and later "
                "kernels may.",
                i->lockdown);
}

static char *print_boot(const struct installed *i)
{
        if (i->changed)
                return text_new("The machine has not been rebooted since the table was installed.");
        if (i->log.whole && !i->log.found)
                return text_new(
                        "The kernel found no HMAT in the initrd that it was booted with: the "
                        "machine has not been rebooted since the table was installed, or the "
                        "boot loader uses another initrd.");
        return text_new(
                "The machine has probably not been rebooted since the table was installed.");
}

static char *print_revision(const struct installed *i)
{
        return text_new(
                "The firmware's HMAT has OEM revision %u, and the installed table has %u: the "
                "kernel takes only a higher one. Was the firmware updated? Install the table "
                "again.",
                i->used.header.oem_revision, i->file.header.oem_revision);
}

static char *print_ids(const struct installed *i)
{
        struct acpi_header firmware = i->used.header, file = i->file.header;

        acpi_make_printable(firmware.oem_id);
        acpi_make_printable(firmware.oem_table_id);
        acpi_make_printable(file.oem_id);
        acpi_make_printable(file.oem_table_id);
        return text_new(
                "The firmware's HMAT has the OEM IDs \"%s\", \"%s\", and the installed table "
                "has \"%s\", \"%s\": the kernel would keep both, and read only the "
                "firmware's. Is the table of another machine? Install it again.",
                firmware.oem_id, firmware.oem_table_id, file.oem_id, file.oem_table_id);
}

char *hmat_obstacle_print(const struct installed *i, enum hmat_obstacle o)
{
        const char *initrd = i->initrd.path ?: "boot";

        switch (o) {
        case OBSTACLE_DAMAGED:
                return text_new("The table is damaged (%s): no initrd gets it. Install it again.",
                                i->file.fault);
        case OBSTACLE_IDS:
                return print_ids(i);
        case OBSTACLE_REVISION:
                return print_revision(i);
        case OBSTACLE_LOCKDOWN:
                return print_lockdown(i);
        case OBSTACLE_REFUSED:
                return text_new("The kernel refused the file in the initrd: %s.", i->log.refusal);
        case OBSTACLE_UNIFIED:
                return text_new("The machine was started from a unified kernel image, which has an "
                                "initrd of its own: the table is used after that image was built "
                                "again.");
        case OBSTACLE_INITRD:
                return text_new("The initrd /%s does not have the table.", initrd);
        case OBSTACLE_EARLIER:
                return text_new("The initrd /%s has another HMAT than the installed one.", initrd);
        case OBSTACLE_SWITCHED_OFF:
                return text_new("The kernel was booted with \"%s\": it reads no HMAT.",
                                i->switched_off);
        case OBSTACLE_BOOT:
                return print_boot(i);
        case OBSTACLES:
                break;
        }
        return NULL;
}
