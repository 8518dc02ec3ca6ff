/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The HMAT tables in the initrd of a kernel. */

#include <stdbool.h>
#include <stddef.h>

#include "sysroot/sysroot.h"

enum initrd_state {
        INITRD_UNKNOWN, /* there is none where distributions have it, or it cannot be read */
        INITRD_WITHOUT, /* no HMAT is where the kernel looks for it */
        INITRD_OTHER,   /* another HMAT is there */
        INITRD_HAS,     /* the one that was asked for */
};

struct initrd {
        char *path; /* as below a sysroot; NULL: it was not found */
        enum initrd_state state;
        bool has_ours; /* a table that numatier made, the one that was asked for or another */
        int error;     /* why it is unknown, if there is a path: a negative errno */
};

/* Finds the initrd of a kernel ("6.12.95+deb12-amd64"), and in it a table of these bytes (NULL: of
 * none). What is not found or cannot be read is no error: INITRD_UNKNOWN. 0 or -ENOMEM;
 * initrd_done() in any case. */
int initrd_examine(struct sysroot *root, const char *kernel, const void *table, size_t size,
                   struct initrd *ret);
void initrd_done(struct initrd *i);

/* The first file in /boot that by its name is an initrd, of whatever kernel, and has a table that
 * numatier made; NULL: none that can be read. 0 or -ENOMEM. */
int initrd_find_ours(struct sysroot *root, char **ret);
