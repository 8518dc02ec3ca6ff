/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What QEMU can write into the guest's HMAT, and Linux reads out of it. All values of one kind (one
 * matrix: "-numa hmat-lb,data-type=...") share a base unit, and each is a multiple of it that fits
 * in 16 bits (ACPI 6.5, 5.2.28.4). QEMU finds that unit by itself, one option after
 * the other (hw/core/numa.c:parse_numa_hmat_lb, the same from 7.2 to 10.0):
 * - latency, in whole nanoseconds: the largest power of 10 that divides all of them. It checks the
 *   size of an entry by the unit of the options before it: a first value that does not fit is
 *   truncated without a word. So nothing is left to that check;
 * - bandwidth, in whole MiB/s: the largest power of 2. The bits of all values, from the lowest to
 *   the highest, must be 16 at most: 65535 times the unit is refused, too. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Linux computes in picoseconds with 32 bits (drivers/acpi/numa/hmat.c:hmat_normalize): what is
 * greater than this, with 999 added to round up, is no information to it. Nanoseconds. */
#define GUEST_LATENCY_MAX ((UINT32_MAX - 999) / 1000)

/* The greatest multiple of the base unit (65535 is "cannot reach it"). */
#define GUEST_ENTRY_MAX 65534U

/* Rounds the values (0: none; latencies in ns, at most GUEST_LATENCY_MAX, or bandwidths in MiB/s)
 * to multiples of the smallest unit with which they all fit, and returns that unit. 1: none of them
 * was changed. A value never becomes 0, which would be no information. */
uint32_t guest_fit_entries(uint32_t *values, size_t n, bool latency);
