/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What `numatier measure` found: var/lib/numatier/measured, a line for each memory, by what
 * identifies it and not by its node's number.
 *
 *     # numatier measured 1
 *     cxl:0x1234 read_latency=250 write_latency=250 read_bandwidth=30000 write_bandwidth=25000
 *
 * A line that is not understood does not harm the others, and is kept as it is. */

#include <stdbool.h>
#include <stddef.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/access.h"
#include "sysroot/sysroot.h"

#define MEASURED_PATH "var/lib/numatier/measured"

struct measured_memory {
        char *key; /* of node.key */
        struct perf perf;
};

struct measured {
        struct measured_memory *memories;
        size_t n, allocated;
        char **bad; /* lines that could not be understood */
        size_t n_bad, bad_allocated;
        int error; /* the file is there and could not be read: a negative errno, or 0 */
};

struct measured *measured_free(struct measured *m);
DEFINE_CLEANUP(struct measured *, measured_free)

/* Each line that is not understood is reported in errors as "name:line: ..."; the others count. 0
 * or -ENOMEM. */
int measured_parse(const char *text, size_t size, const char *name, struct messages *errors,
                   struct measured **ret);
int measured_format(const struct measured *m, char **ret);

/* Reads MEASURED_PATH. No file is nothing measured. A file or a line that cannot be read is
 * reported in problems: see measured_is_unreadable(). 0 or -ENOMEM. */
int measured_load(struct sysroot *root, struct messages *problems, struct measured **ret);

/* Replaces the file atomically: 0, or why it could not be written. A file that could not be read is
 * not replaced: the error of reading it is returned. */
int measured_save(struct sysroot *root, const struct measured *m);

/* NULL: that memory was not measured, as far as is known. */
const struct perf *measured_get(const struct measured *m, const char *key);

/* Whether the file, or a line that may be that memory's, could not be read. */
bool measured_is_unreadable(const struct measured *m, const char *key);

/* Notes the values of a memory, in place of earlier ones. 0 or -ENOMEM. */
int measured_set(struct measured *m, const char *key, const struct perf *perf);
