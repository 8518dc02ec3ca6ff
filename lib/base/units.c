/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/units.h"

#include <inttypes.h>

#include "base/util.h"

/* Three digits are enough to compare. %.3g would print 1.7e+04 for a large number, and from 999.5
 * on 1e+03. Most values are whole numbers: %u prints the same text faster. */
static const char *format_value(double value, const char *unit, char buf[static UNIT_STRING_MAX])
{
        if (value >= 0 && value <= UINT32_MAX && value == (double)(uint32_t)value)
                snprintf(buf, UNIT_STRING_MAX, "%" PRIu32 "%s", (uint32_t)value, unit);
        else
                snprintf(buf, UNIT_STRING_MAX, value < 999.5 ? "%.3g%s" : "%.0f%s", value, unit);
        return buf;
}

const char *format_latency(double ns, char buf[static UNIT_STRING_MAX])
{
        return format_value(ns, " ns", buf);
}

const char *format_bandwidth(double mib, char buf[static UNIT_STRING_MAX])
{
        return mib < 1024 ? format_value(mib, " MiB/s", buf)
                          : format_value(mib / 1024, " GiB/s", buf);
}

const char *format_size(uint64_t kib, char buf[static UNIT_STRING_MAX])
{
        static const char *const units[] = { " KiB", " MiB", " GiB", " TiB", " PiB" };
        double size = (double)kib;
        size_t i = 0;

        for (; size >= 1024 && i + 1 < ELEMENTSOF(units); i++)
                size /= 1024;
        return format_value(size, units[i], buf);
}

const char *format_multiple(double x, char buf[static UNIT_STRING_MAX])
{
        return format_value(x, "x", buf);
}

const char *plural(size_t n)
{
        return n == 1 ? "" : "s";
}
