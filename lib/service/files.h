/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where the drop-ins of "numatier service" are, and which ones there are. */

#include <stdbool.h>
#include <stddef.h>

#include "base/messages.h"
#include "service/drop-in.h"
#include "sysroot/sysroot.h"

#define SERVICE_FILE_NAME "50-numatier.conf"

/* "etc/systemd/system/x.service.d/50-numatier.conf", as below a sysroot; runtime: in run. NULL: out
 * of memory. */
char *service_path_new(const char *unit, bool runtime);
/* Its directory. */
char *service_dir_new(const char *unit, bool runtime);

enum service_file_state {
        SERVICE_FILE_OURS,
        SERVICE_FILE_DAMAGED,    /* ours, but not understood: said in problems */
        SERVICE_FILE_FOREIGN,    /* somebody else's of that name */
        SERVICE_FILE_UNREADABLE, /* said in problems */
};

/* A file of that name in a directory for the drop-ins of a unit. */
struct service_file {
        char *unit;
        enum unit_kind kind;
        char *path; /* without a leading slash */
        bool runtime;
        bool hidden; /* by one in /etc: systemd does not read it */
        enum service_file_state state;
        struct service_drop_in *drop_in; /* of SERVICE_FILE_OURS; else NULL */
};

struct service_files {
        struct service_file *items; /* by unit; that in /etc first */
        size_t n, allocated;
        bool incomplete; /* there may be more: a directory could not be read, or has too much */
};

/* Reads all of them, or (unit is not NULL) those of one unit. What cannot be read or understood is
 * reported in problems. 0 or -ENOMEM. */
int service_files_read(struct sysroot *root, const char *unit, struct messages *problems,
                       struct service_files *ret);

void service_files_done(struct service_files *f);

/* Whether a capture keeps only parts of this file (path without a leading slash): see
 * service_drop_in_filter(). */
bool service_must_filter(const char *path);
