/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest/entries.h"

/* To the nearest multiple of unit, but not to 0, and not beyond limit. */
static uint32_t round_to(uint32_t value, uint32_t unit, uint32_t limit)
{
        uint64_t units = ((uint64_t)value + unit / 2) / unit;

        if (units == 0)
                units = 1;
        if (units * unit > limit)
                units--;
        return (uint32_t)(units * unit);
}

uint32_t guest_fit_entries(uint32_t *values, size_t n, bool latency)
{
        uint32_t limit = latency ? GUEST_LATENCY_MAX : UINT32_MAX, max = 0, unit = 1;

        for (size_t i = 0; i < n; i++)
                if (values[i] > max)
                        max = values[i];
        while (round_to(max, unit, limit) / unit > GUEST_ENTRY_MAX)
                unit *= latency ? 10 : 2;
        if (unit > 1)
                for (size_t i = 0; i < n; i++)
                        if (values[i] != 0)
                                values[i] = round_to(values[i], unit, limit);
        return unit;
}
