/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/access.h"

#include <assert.h>
#include <errno.h>

static const char *const names[] = {
        [READ_LATENCY] = "read_latency",
        [WRITE_LATENCY] = "write_latency",
        [READ_BANDWIDTH] = "read_bandwidth",
        [WRITE_BANDWIDTH] = "write_bandwidth",
};

static_assert(ELEMENTSOF(names) == PERF_VALUES, "a name for each value");

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

int perf_read(struct sysroot *root, const char *directory, struct perf *ret, bool *ret_present,
              struct messages *problems)
{
        bool present = false;
        int error = 0;

        for (unsigned v = 0; v < PERF_VALUES; v++) {
                int r = sysroot_read_unsignedf(root, UINT32_MAX, &ret->v[v], problems, "%s/%s",
                                               directory, names[v]);

                /* -ENODEV: it was there when it was opened, and the others may be there */
                if (sysroot_is_absent(r) && r != -ENODEV)
                        continue;
                present = true;
                if (r == -ENODEV)
                        messages_add(problems, "/%s/%s: cannot be read: %s", directory, names[v],
                                     strerror(ENODEV));
                else if (r < 0 && r != -EBADMSG) /* which is already reported */
                        sysroot_reportf(problems, r, "%s/%s", directory, names[v]);
                error = r < 0 ? r : error;
        }
        *ret_present = present;
        return error;
}
