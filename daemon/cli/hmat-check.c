/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier hmat check FILE: whether a file is a whole HMAT. For what makes initrds (conf/initrd):
 * the kernel would leave a table out whose length or checksum is wrong, but say so only at boot. */

#include <errno.h>

#include "acpi/hmat.h"
#include "cli/hmat.h"

static int read_file(const char *path, char **ret, size_t *ret_size)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        int r = sysroot_open(*path == '/' ? "/" : ".", &root);

        return r < 0 ? r : sysroot_read_bytes(root, path + strspn(path, "/"), ret, ret_size);
}

int hmat_check(const struct arguments *a, char **operands)
{
        struct messages errors = MESSAGES_INIT, warnings = MESSAGES_INIT;
        _cleanup_(hmat_freep) struct hmat *h = NULL;
        _cleanup_(freep) char *bytes = NULL;
        const char *file = operands[0];
        size_t size;
        int r;

        if (!file) {
                fputs("numatier: expected a file, such as \"numatier hmat check FILE\"\n", stderr);
                return EXIT_USAGE;
        }
        r = read_file(file, &bytes, &size);
        if (r < 0)
                return cli_error(r, file);
        r = hmat_parse(bytes, size, file, &errors, &warnings, &h);
        cli_print_messages("", &errors);
        messages_done(&errors);
        messages_done(&warnings);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
