/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hmat/boot-log.h"

#include <stdio.h>
#include <string.h>

#include "hmat/early-cpio.h"

#define LINE_MAX_PRINTK                                                                            \
        1024 /* include/linux/printk.h:PRINTK_MESSAGE_MAX and its like: more is cut */

/* The hooks of initramfs-tools and dracut name the file so. */
static bool is_our_file(const char *line)
{
        return strstr(line, "[" EARLY_ACPI_DIR "numatier.aml]") ||
               strstr(line, "[" EARLY_ACPI_DIR "hmat.aml]");
}

static void parse_line(const char *line, struct hmat_log *log)
{
        const char *refusal = strstr(line, "ACPI OVERRIDE: ");

        log->whole = log->whole || strstr(line, "] Linux version ");
        log->found = log->found || strstr(line, "HMAT ACPI table found in initrd");
        log->used = log->used || strstr(line, "Table Upgrade: override [HMAT-") ||
                    strstr(line, "Table Upgrade: install [HMAT-");
        log->locked_down =
                log->locked_down || strstr(line, "kernel is locked down, ignoring table override");
        if (refusal && is_our_file(refusal))
                (void)snprintf(log->refusal, sizeof(log->refusal), "%s", refusal);
}

void hmat_log_parse(const char *text, struct hmat_log *ret)
{
        char line[LINE_MAX_PRINTK];

        *ret = (struct hmat_log){ 0 };
        while (*text != '\0') {
                size_t length = strcspn(text, "\n"),
                       n = length < sizeof(line) - 1 ? length : sizeof(line) - 1;

                memcpy(line, text, n);
                line[n] = '\0';
                parse_line(line, ret);
                text += length + (text[length] == '\n');
        }
}
