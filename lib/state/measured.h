/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What `numatier measure` found: var/lib/numatier/measured, a line for each memory, by what
 * identifies it and not by its node's number.
 *
 *     # numatier measured 1
 *     cxl:0x1234 read_latency=250 write_latency=250 read_bandwidth=30000 write_bandwidth=25000 */

#include <stddef.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/access.h"
#include "sysroot/sysroot.h"

#define MEASURED_PATH "var/lib/numatier/measured"

struct measured_memory {
        char *key; /* of key_read() */
        struct perf perf;
};

struct measured {
        struct measured_memory *memories;
        size_t n, allocated;
};

struct measured *measured_free(struct measured *m);
DEFINE_CLEANUP(struct measured *, measured_free)

/* 0, -EBADMSG (each fault told in errors as "name:line: ..."; ret untouched), -ENOMEM. */
int measured_parse(const char *text, size_t size, const char *name, struct messages *errors,
                   struct measured **ret);
int measured_format(const struct measured *m, char **ret);

/* Reads MEASURED_PATH. No file is nothing measured; so is one that cannot be read or parsed, which
 * is told in problems. 0 or -ENOMEM. */
int measured_load(struct sysroot *root, struct messages *problems, struct measured **ret);

/* Replaces the file atomically: 0, or why it could not be written. */
int measured_save(struct sysroot *root, const struct measured *m);

/* NULL: that memory was not measured. */
const struct perf *measured_get(const struct measured *m, const char *key);

/* Notes the figures of a memory, in place of earlier ones. 0 or -ENOMEM. */
int measured_set(struct measured *m, const char *key, const struct perf *perf);
