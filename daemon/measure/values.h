/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What measuring has of arithmetic. */

#include <stddef.h>
#include <stdint.h>

/* Several repetitions of one thing. */
struct sample {
        double median;
        double spread; /* (largest - smallest) / median: 0 when all were the same */
};

/* Sorts the values, of which there is at least one. */
struct sample sample_of(double *values, size_t n);

/* "256M", "1GiB", in bytes: digits, then K, M, G or T. 0, -EINVAL (not of that form), -ERANGE. */
int parse_size(const char *s, uint64_t *ret);

/* A figure as it is stored: whole, and never 0, which would be unknown. */
uint32_t round_figure(double value);
