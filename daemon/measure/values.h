/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The arithmetic of measuring. */

#include <stddef.h>
#include <stdint.h>

/* Several repetitions of one measurement. */
struct sample {
        double median;
        double spread; /* (max - min) / median */
};

/* Sorts the values. n is at least 1. */
struct sample sample_of(double *values, size_t n);

/* A value as it is stored: a whole number, never 0, which would mean unknown. */
uint32_t round_value(double value);
