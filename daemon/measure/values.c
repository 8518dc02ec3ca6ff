/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/values.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

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

int parse_size(const char *s, uint64_t *ret)
{
        static const char units[] = "KMGT";
        const char *unit;
        uint64_t value = 0;
        unsigned shift;

        if (!isdigit((unsigned char)*s))
                return -EINVAL;
        for (; isdigit((unsigned char)*s); s++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                    __builtin_add_overflow(value, *s - '0', &value))
                        return -ERANGE;
        unit = *s ? strchr(units, *s) : NULL;
        if (!unit || (s[1] && !streq(s + 1, "iB")))
                return -EINVAL;
        shift = 10 * (unsigned)(unit - units + 1);
        if (value > UINT64_MAX >> shift)
                return -ERANGE;
        *ret = value << shift;
        return 0;
}

uint32_t round_value(double value)
{
        if (value < 1)
                return 1;
        return value < UINT32_MAX - 1 ? (uint32_t)(value + 0.5) : UINT32_MAX;
}
