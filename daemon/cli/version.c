/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/cli.h"
#include "facts/knobs.h"
#include "facts/module.h"

static void print_unknown(const char *what, int error)
{
        printf("%s: unknown (%s)\n", what, strerror(-error));
}

static void print_module(struct sysroot *root, bool has_interface)
{
        char version[64];
        int r = module_is_loaded(root, version, sizeof(version));

        if (r < 0)
                print_unknown("module", r);
        else if (r > 0)
                printf("module: " MODULE_NAME " %s\n", *version ? version : "(version unknown)");
        else
                printf("module: not loaded%s\n",
                       has_interface ? " (the kernel has the interface itself)" : "");
}

static void print_interface(struct sysroot *root, const char *file, int error)
{
        char release[128];
        int r = sysroot_read_line(root, RELEASE_PATH, release, sizeof(release));

        if (error < 0) {
                print_unknown("kernel interface", error);
                return;
        }
        printf("kernel interface: %s (Linux %s)\n", file ?: "none", r < 0 ? "unknown" : release);
}

int print_version(const struct arguments *a)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        const char *file = NULL;
        int r;

        puts("numatier " NUMATIER_VERSION);
        if (input_open_root(&a->input, &root) < 0)
                return EXIT_FAILURE;
        r = module_find_interface(root, &file);
        print_module(root, file != NULL);
        print_interface(root, file, r);
        return EXIT_SUCCESS;
}
