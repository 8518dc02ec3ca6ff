/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The four values by which Linux describes memory. */

#include <stdbool.h>
#include <stdint.h>

#include "base/messages.h"
#include "sysroot/sysroot.h"

/* The values of a memory target as its initiator sees it. Latencies in nanoseconds, bandwidths in
 * MiB/s (Documentation/admin-guide/mm/numaperf.rst); 0 is unknown
 * (drivers/acpi/numa/hmat.c:hmat_normalize). */
enum perf_value {
        READ_LATENCY,
        WRITE_LATENCY,
        READ_BANDWIDTH,
        WRITE_BANDWIDTH,
        PERF_VALUES,
};

struct perf {
        uint32_t v[PERF_VALUES];
};

/* Access classes (drivers/base/node.c): the best initiator of any kind, the best one with CPUs. */
enum access_class {
        ACCESS_LOCAL = 0,
        ACCESS_CPU = 1,
        ACCESS_CLASSES,
};

const char *perf_value_name(enum perf_value v); /* the sysfs file's name: "read_latency" */
bool perf_value_is_latency(enum perf_value v);
bool perf_is_known(const struct perf *p);    /* at least one value is */
bool perf_is_complete(const struct perf *p); /* all of them are */

/* Reads the four files in a directory. A value whose file is absent, or cannot be read or
 * understood (reported in problems), stays unknown. *ret_present: whether any of the files is
 * there. Returns 0, or -EBADMSG or another error of a file that cannot be understood or read now.
 */
int perf_read(struct sysroot *root, const char *directory, struct perf *ret, bool *ret_present,
              struct messages *problems);
