/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file of a kernel module, by libkmod. The library is loaded when it is needed, which is
 * rarely: with what it needs itself, loading it takes as long as a short run of numatier. */

#include <stdbool.h>

#include "base/util.h"

struct modfile {
        bool found; /* in the list of the kernel's modules, and there; all else is unset if not */
        bool readable; /* what is in it is known: libkmod could read and decompress it */
        bool is_signed;
        char *signer; /* the name of the key; NULL: not signed, or not known */
};

void modfile_done(struct modfile *m);

/* Looks a module up in directory (/lib/modules/RELEASE). 0, or a negative errno: it is not known
 * whether it is there. modfile_done() in any case. */
int modfile_find(const char *directory, const char *name, struct modfile *ret);
