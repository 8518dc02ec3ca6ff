/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why this kernel has no interface to move nodes, and what gets it one. It is asked only if nodes
 * are not moved for that reason. */

#include "base/util.h"
#include "common/input.h"
#include "facts/machine.h"

enum missing_cause {
        MISSING_UNKNOWN, /* what decides cannot be read, or this is a recording */
        MISSING_KERNEL,  /* it is older than the module needs */
        MISSING_CONFIG,  /* it is built without what the module needs */
        MISSING_NOT_INSTALLED,
        MISSING_HEADERS,   /* those of this kernel are not installed */
        MISSING_NOT_BUILT, /* for this kernel */
        MISSING_BUILD_FAILED,
        MISSING_NOT_LISTED, /* its file is there, and depmod was not run */
        MISSING_LOADING,    /* the kernel loads nothing until the next boot */
        MISSING_NOT_LOADED,
        MISSING_NOT_SIGNED, /* and DKMS can sign it */
        MISSING_NOT_SIGNED_BY_HAND,
        MISSING_NOT_SIGNED_NO_SECURE_BOOT, /* so that no key can be enrolled */
        MISSING_KEY_NOT_ENROLLED,          /* the key of DKMS */
        MISSING_KEY_UNSEEN,  /* it is perhaps not enrolled: this user may not see the kernel's keys,
                                or there is one with its name */
        MISSING_KEY_UNKNOWN, /* it is signed, not by DKMS or not with Secure Boot */
        MISSING_NOT_TRUSTED, /* its signature cannot be read */
        MISSING_FILES,       /* it is loaded, and has not made its files. They may be about to come:
                                the plan has nothing about nodes then */
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

/* The stable name, for JSON: "headers_missing". NULL: it has none. */
const char *missing_name(enum missing_cause c);

/* A clause that follows "and", with the command that helps. NULL: no memory. Not for
 * MISSING_UNKNOWN. */
char *missing_print(const struct missing *m);
