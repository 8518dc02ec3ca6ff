/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory policies of a task (set_mempolicy(2)), by numactl's names for them. */

#include "base/nodeset.h"

struct mode {
        const char *name;
        int number; /* MPOL_* */
        int since;  /* the version of Linux that has it, as 1000 * major + minor; 0: all */
        const char *otherwise; /* the mode that comes next to it, where the kernel lacks it */
};

/* NULL: there is none of that name. */
const struct mode *mode_find(const char *name);

/* "bind, preferred, ..." for a message. */
#define MODE_NAMES   "bind, preferred, preferred-many, interleave or weighted-interleave"
#define MODE_DEFAULT "preferred-many"

/* set_mempolicy(2); tests have their own. */
typedef long (*set_mempolicy_fn)(int mode, const unsigned long *nodes, unsigned long max);

/* Sets a policy for this process and what it executes. Where the kernel does not know the mode, the
 * next one is set. 0 and the mode that was set, or a negative errno. */
int mode_set(const struct mode *m, const struct nodeset *nodes, set_mempolicy_fn set,
             const struct mode **ret);
