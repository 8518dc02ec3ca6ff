/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel has logged at boot of the tables in its initrd (drivers/acpi/tables.c). */

#include <stdbool.h>

#define HMAT_REFUSAL_MAX 160

struct hmat_log {
        bool whole;                     /* the log still reaches back to the boot */
        bool found;                     /* "HMAT ACPI table found in initrd" */
        bool used;                      /* "Table Upgrade: override [HMAT-" or "install [HMAT-" */
        bool locked_down;               /* "kernel is locked down, ignoring table override" */
        char refusal[HMAT_REFUSAL_MAX]; /* "ACPI OVERRIDE: Bad table checksum [PATH]", if PATH is
                                           ours; or "" */
};

/* Reads a kernel log as klogctl(2) returns it: lines, each with "<LEVEL>[TIME] " before it. */
void hmat_log_parse(const char *text, struct hmat_log *ret);
