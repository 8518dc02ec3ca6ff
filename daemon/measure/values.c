/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/values.h"

#include <assert.h>

#include "base/util.h"

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

struct sample sample_of(double *values, size_t n)
{
        struct sample s = { 0 };

        assert(n > 0);
        qsort(values, n, sizeof(*values), compare);
        s.median = (values[(n - 1) / 2] + values[n / 2]) / 2;
        if (s.median > 0)
                s.spread = (values[n - 1] - values[0]) / s.median;
        return s;
}

uint32_t round_value(double value)
{
        if (value < 1)
                return 1;
        return value < UINT32_MAX - 1 ? (uint32_t)(value + 0.5) : UINT32_MAX;
}
