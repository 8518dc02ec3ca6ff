/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat install, uninstall: the table for the next boot. */

#include <errno.h>

#include "cli/hmat-place.h"
#include "cli/hmat-wanted.h"
#include "cli/hmat.h"
#include "facts/module.h"
#include "hmat/obstacles.h"

#define LOCK "run/numatier/hmat-lock"

static int measure_boot(struct boot_room *ret)
{
        return boot_room_measure("/boot", ret);
}

/* Without that option no kernel takes a table from its initrd. Where it cannot be read, nothing is
 * said. */
static bool is_possible(struct sysroot *root, const char *kernel)
{
        int r = kernel ? kernel_has_option(root, kernel, "CONFIG_ACPI_TABLE_UPGRADE") : -ENOENT;

        if (r == 0)
                fprintf(stderr,
                        "numatier: Linux %s is built without CONFIG_ACPI_TABLE_UPGRADE: it takes "
                        "no "
                        "table from its initrd\n",
                        kernel);
        return r != 0;
}

/* What will keep the next boot from using the table, as far as it can be seen now. */
static void print_outlook(struct sysroot *root)
{
        const unsigned lasting = 1U << OBSTACLE_IDS | 1U << OBSTACLE_REVISION |
                                 1U << OBSTACLE_LOCKDOWN | 1U << OBSTACLE_UNIFIED |
                                 1U << OBSTACLE_SWITCHED_OFF;
        struct messages problems = MESSAGES_INIT;
        _cleanup_(installed_freep) struct installed *i = NULL;
        unsigned found;

        if (installed_read(root, &problems, &i) < 0) {
                messages_done(&problems);
                return;
        }
        messages_done(&problems);
        found = hmat_find_obstacles(i) & lasting;
        for (enum hmat_obstacle o = 0; o < OBSTACLES; o++) {
                _cleanup_(freep) char *text = found & 1U << o ? hmat_obstacle_print(i, o) : NULL;

                if (text)
                        printf("%s\n", text);
        }
        if (!installed_makes_tiers(i))
                printf("Linux %s makes no memory tiers by HMAT: it only shows the values "
                       "(access0, access1). Linux 6.7 and later make the tiers.\n",
                       i->kernel);
        if (found != 0)
                puts("After the next boot, \"numatier hmat status\" says whether the kernel uses "
                     "the table. numatier(1) says how to boot without it.");
        else if (!installed_is_taken(i))
                puts("The kernel uses the table from the next boot on; \"numatier hmat status\" "
                     "says whether it does. numatier(1) says how to boot without it.");
}

int hmat_install(const struct arguments *a, char **operands)
{
        struct hmat_wanted w = { 0 };
        int status = cli_refuse_copy(a, "hmat install");

        if (status != 0)
                return status;
        if (cli_take_lock(LOCK, "installs or uninstalls a table") < 0)
                return EXIT_FAILURE;
        status = EXIT_FAILURE;
        if (hmat_wanted_find(a, &w) == 0) {
                struct placing p = { .root = w.pass.root, .run = system, .measure = measure_boot };

                cli_print_messages("", &w.remarks);
                cli_print_messages("", &w.refusals);
                if (w.bytes && is_possible(w.pass.root, w.pass.result->machine->kernel))
                        status = hmat_place(&p, w.bytes, w.size);
                if (status == EXIT_SUCCESS)
                        print_outlook(w.pass.root);
        }
        hmat_wanted_done(&w);
        return status;
}

int hmat_uninstall(const struct arguments *a, char **operands)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct placing p = { .run = system, .measure = measure_boot };
        int status = cli_refuse_copy(a, "hmat uninstall");

        if (status != 0)
                return status;
        if (cli_take_lock(LOCK, "installs or uninstalls a table") < 0 ||
            input_open_root(&a->input, &root) < 0)
                return EXIT_FAILURE;
        p.root = root;
        status = hmat_place(&p, NULL, 0);
        if (p.done)
                puts("From the next boot on, the kernel uses the firmware's HMAT, if there is "
                     "one.");
        return status;
}
