/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds the policy's files: numatierd.conf of the first of etc/numatier, run/numatier and
 * usr/lib/numatier that has one, and the drop-ins numatierd.conf.d/NAME.conf of all three, sorted
 * by NAME; of equal names the first directory's counts, and an empty file (or a link to /dev/null)
 * there masks the others. */

#include "base/messages.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

/* Loads and checks the policy. file: one file that replaces all of the above (a path of the calling
 * process, not of root; "-" is standard input), or NULL. root: where the directories above are.
 * 0; or, each reported in errors, -ENOENT (there is no policy), -EACCES (a file of it may not be
 * read, so that nothing is known of the rest), -EBADMSG (it is wrong); -ENOMEM. */
int config_load(struct sysroot *root, const char *file, struct messages *errors,
                struct policy **ret);

/* The same, as it would be with more files installed. files: paths of the calling process, with
 * NULL at the end, or NULL. One that is named numatierd.conf takes the place of the main file; any
 * other is a drop-in, and takes the place of an installed one of the same name. -EINVAL: of files
 * (reported in errors) two have the same name, or one has a name that would be ignored. */
int config_check(struct sysroot *root, const char *config, char *const *files,
                 struct messages *errors, struct policy **ret);

/* A change of one drop-in: what it is to hold. path: where it is to be, as "etc/numatier/" ...;
 * text NULL: it is to be removed. */
#define CONFIG_DIR         "etc/numatier/numatierd.conf.d"
#define CONFIG_RUNTIME_DIR "run/numatier/numatierd.conf.d"
struct config_change {
        const char *path, *text;
};

/* The same, as it would be with this change. */
int config_check_change(struct sysroot *root, const struct config_change *change,
                        struct messages *errors, struct policy **ret);

/* The vendor's policy, as it is without the files of the administrator and of this boot. The same
 * errors. */
int config_load_vendor(struct sysroot *root, struct messages *errors, struct policy **ret);
