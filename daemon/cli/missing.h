/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why this kernel has no interface to move nodes, and what gets it one. It is asked only if nodes
 * are not moved for that reason. */

#include "base/util.h"
#include "common/input.h"
#include "facts/machine.h"

enum missing_cause {
        MISSING_UNKNOWN,   /* something that decides cannot be read, or this is a recording */
        MISSING_KERNEL,    /* it is older than the module needs */
        MISSING_CONFIG,    /* it is built without what the module needs */
        MISSING_PACKAGE,   /* the module's source is not installed */
        MISSING_HEADERS,   /* the kernel's headers are not installed */
        MISSING_BUILD,     /* DKMS did not build the module for this kernel */
        MISSING_WORKING,   /* DKMS tried to build it, and failed */
        MISSING_LOADED,    /* it is there, and nobody has loaded it */
        MISSING_SIGNATURE, /* it has none, and DKMS can sign it */
        MISSING_SIGNATURE_BY_HAND, /* it has none, and was not built by DKMS */
        MISSING_KEY,               /* it has one, and the kernel does not know the key */
        MISSING_KEY_PERHAPS, /* it has one, and this user may not see which keys the kernel knows */
        MISSING_TRUST,       /* whether it has one cannot be read */
        MISSING_FILE,        /* it is loaded, and has not made its files */
        MISSING_CAUSES,
};

struct missing {
        enum missing_cause cause;
        char *detail; /* what the text of the cause names; NULL: nothing */
};

void missing_done(struct missing *m);

/* A root that is not a directory is a recording. 0 or -ENOMEM; missing_done() in any case. */
int missing_find(const struct input *in, struct sysroot *root, const struct machine *m,
                 struct missing *ret);

/* The stable name, for JSON: "headers". NULL for MISSING_UNKNOWN. */
const char *missing_name(enum missing_cause c);

/* A clause that follows "and", with the command that helps. NULL: no memory. Not for
 * MISSING_UNKNOWN. */
char *missing_print(const struct missing *m);
