/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes and removes the drop-ins of a unit, and has systemd read them. If that fails, the files
 * become what they were. */

#include "service/files.h"
#include "sysroot/sysroot.h"

struct service_placing {
        struct sysroot *root;
        const char *path;    /* of the root, without a slash at its end: "" for / */
        int (*reload)(void); /* systemctl_reload() */
        bool stale;          /* systemd has not read the unit's files as they are */
        bool done;           /* returned: something was changed */
};

/* Each says what it does, and returns an exit status. A file that is not ours is never touched. */

/* Writes the one in /etc, or (runtime) in /run. Refuses one in /run that /etc's would hide. */
int service_place(struct service_placing *p, const char *unit, bool runtime, const char *text);

/* Removes both, or (runtime) only the one in /run. */
int service_remove(struct service_placing *p, const char *unit, bool runtime);
