/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/access.h"

#include <errno.h>

static const char *const names[] = {
        [READ_LATENCY] = "read_latency",
        [WRITE_LATENCY] = "write_latency",
        [READ_BANDWIDTH] = "read_bandwidth",
        [WRITE_BANDWIDTH] = "write_bandwidth",
};

const char *perf_value_name(enum perf_value v)
{
        return names[v];
}

bool perf_value_is_latency(enum perf_value v)
{
        return v == READ_LATENCY || v == WRITE_LATENCY;
}

bool perf_is_known(const struct perf *p)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (p->v[v] != 0)
                        return true;
        return false;
}

bool perf_is_complete(const struct perf *p)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (p->v[v] == 0)
                        return false;
        return true;
}

bool perf_read(struct sysroot *root, const char *directory, struct perf *ret,
               struct messages *problems)
{
        bool present = false;

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                char path[256];
                int r;

                snprintf(path, sizeof(path), "%s/%s", directory, names[v]);
                r = sysroot_read_unsigned(root, path, UINT32_MAX, &ret->v[v], problems);
                present = present || (r != -ENOENT && r != -ENODEV);
        }
        return present;
}
