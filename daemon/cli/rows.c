/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/rows.h"

#include <inttypes.h>

void table_set_number(struct libscols_line *line, size_t column, struct view_number number)
{
        if (number.known)
                table_set(line, column, "%" PRId64, number.value);
}

const char *format_value_of(double value, bool relative, bool is_latency,
                            char buf[static UNIT_STRING_MAX])
{
        if (relative)
                return format_multiple(value, buf);
        return is_latency ? format_latency(value, buf) : format_bandwidth(value, buf);
}
