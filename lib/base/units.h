/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values as people read them. */

#include <stddef.h>
#include <stdint.h>

#define UNIT_STRING_MAX 48

/* "120 ns", "1.5 ns" */
const char *format_latency(double ns, char buf[static UNIT_STRING_MAX]);

/* "512 MiB/s", "40 GiB/s" */
const char *format_bandwidth(double mib, char buf[static UNIT_STRING_MAX]);

/* "512 MiB", "1.5 TiB" */
const char *format_size(uint64_t kib, char buf[static UNIT_STRING_MAX]);

/* The ending of a noun after that number: "", "s" */
const char *plural(size_t n);

/* "2x", "1.05x" */
const char *format_multiple(double x, char buf[static UNIT_STRING_MAX]);
