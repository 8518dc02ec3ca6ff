/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table that "numatier hmat install" has put where the next boot finds it: whether it is whole,
 * whether the initrd has it, whether the running kernel has taken it, and if not, why
 * (drivers/acpi/tables.c: acpi_table_upgrade, acpi_table_initrd_override, acpi_table_initrd_scan).
 */

#include <stdbool.h>
#include <stddef.h>

#include "acpi/hmat.h"
#include "base/messages.h"
#include "facts/health.h"
#include "hmat/boot-log.h"
#include "hmat/initrd.h"
#include "sysroot/sysroot.h"

/* The table, and the switch: as long as it is there, each initrd that is made gets it. */
#define HMAT_FILE "etc/numatier/hmat.aml"
/* The firmware's SRAT when the table was installed: the table speaks of its proximity domains. */
#define HMAT_SRAT_FILE "etc/numatier/hmat.srat"
/* Made when the table changes, gone after the next boot. */
#define HMAT_CHANGED "run/numatier/hmat-changed"

enum table_state {
        TABLE_ABSENT,
        TABLE_UNREADABLE,
        TABLE_DAMAGED, /* it is no HMAT, or its length or checksum is wrong */
        TABLE_VALID,
};

struct table_file {
        const char *path; /* as below a sysroot */
        enum table_state state;
        char *bytes; /* NULL: absent or unreadable */
        size_t size;
        struct acpi_header header; /* TABLE_VALID */
        char *fault;               /* TABLE_UNREADABLE, TABLE_DAMAGED: why */
};

/* Reads a table, and checks it. 0 or -ENOMEM; table_file_done() in any case. */
int table_file_read(struct sysroot *root, const char *path, struct table_file *ret);
void table_file_done(struct table_file *t);
bool table_file_equals(const struct table_file *t, const void *bytes, size_t size);

/* Whether the table says what one of these bytes says, with an OEM revision that is as high or
 * higher: a boot without the table makes "build" count from the firmware's again. */
bool table_file_serves(const struct table_file *t, const void *bytes, size_t size);

enum srat_state {
        SRAT_UNKNOWN, /* no SRAT was stored, or one of the two cannot be read */
        SRAT_SAME,
        SRAT_OTHER, /* the table may speak of other memory */
};

#define HMAT_SRAT_CHANGED                                                                          \
        "The firmware's SRAT has changed since the table was installed: the table may speak of "   \
        "other memory."

/* Compares the firmware's SRAT with the one that was stored. What cannot be read is reported in
 * problems. 0 or -ENOMEM. */
int installed_compare_srat(struct sysroot *root, struct messages *problems, enum srat_state *ret);

struct installed {
        struct table_file file;   /* HMAT_FILE */
        struct table_file used;   /* the kernel's: that of the firmware, or ours */
        enum srat_state srat;     /* if there is a file */
        bool several;             /* the kernel has a second HMAT, and does not read it */
        bool changed;             /* the file was changed since the machine booted */
        char *kernel;             /* osrelease; NULL: unknown */
        struct initrd initrd;     /* the running kernel's */
        bool unified;             /* the machine was started from a unified kernel image */
        char *lockdown;           /* "integrity", "confidentiality"; NULL: none, or unknown */
        const char *switched_off; /* the option of the command line, or NULL */
        struct hmat_log log;
};

/* Reads all of it but the log. What cannot be read is reported in problems. 0 or -ENOMEM. */
int installed_read(struct sysroot *root, struct messages *problems, struct installed **ret);

/* Whether there is a table, whole or not. */
bool installed_is_any(struct sysroot *root);

struct installed *installed_free(struct installed *i);
DEFINE_CLEANUP(struct installed *, installed_free)

/* Whether the running kernel has the installed table. False also if that is not known
 * (used.state). */
bool installed_is_taken(const struct installed *i);

/* From 6.7 on Linux makes tiers by HMAT; until then HMAT gives nodes their values only. */
bool installed_makes_tiers(const struct installed *i);
