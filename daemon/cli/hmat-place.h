/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Puts a table into the initrds, or takes it out: writes or removes /etc/numatier/hmat.aml, and has
 * the initrds made again. If that fails, the file becomes what it was. */

#include "cli/hmat-room.h"
#include "sysroot/sysroot.h"

/* What makes the initrds of a machine. */
struct initrd_maker {
        const char *path, *other_path; /* the program; as below a sysroot */
        const char *hook;              /* what numatier adds to it; the same */
        const char *command;           /* for all kernels */
        bool needs_room;               /* on a full disk it leaves a kernel without an initrd */
};

/* NULL: none that numatier knows. */
const struct initrd_maker *initrd_maker_find(struct sysroot *root);

struct placing {
        struct sysroot *root;
        int (*run)(const char *command);       /* system(3) */
        int (*measure)(struct boot_room *ret); /* where the initrds are; negative: not known */
        bool done;                             /* returned: something was changed, and all of it */
};

/* bytes: the table, or NULL: there is to be none. Says what it does. Returns the exit status. */
int hmat_place(struct placing *p, const void *bytes, size_t size);
