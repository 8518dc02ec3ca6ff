/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The values of the policy language: units, switches, names (numatierd.conf(5)). */

#include <stdbool.h>
#include <stdint.h>

/* Each takes a value without surrounding white space. 0, or -EINVAL: not of that form, or out of
 * its range; then *ret is untouched. */
int parse_latency(const char *s, double *ret_ns);      /* "120ns", "0.5us": more than 0 */
int parse_bandwidth(const char *s, double *ret_mib);   /* "40GiB/s", "800MB/s": more than 0 */
int parse_multiple(const char *s, double *ret);        /* "1.5x": more than 0 */
int parse_percentage(const char *s, double *ret);      /* "5%": 0 to 50, as a fraction */
int parse_duration(const char *s, uint64_t *ret_usec); /* "500ms", "60s", "2min", "0" */
int parse_yes_no(const char *s, bool *ret);            /* yes, no, true, false, on, off, 1, 0 */
