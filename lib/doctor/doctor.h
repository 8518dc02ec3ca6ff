/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds what is wrong with a machine's memory. Everything was read before: nothing is read or
 * written here, so that a recorded machine gives the same findings as the machine itself. */

#include "doctor/finding.h"
#include "doctor/subject.h"

/* Makes all checks. 0 or -ENOMEM; diagnosis_done() in any case. */
int doctor_examine(const struct subject *s, struct diagnosis *ret);

/* The checks, each with the id of its findings, for the man page's test. NULL at the end. */
const char *doctor_get_check(size_t i);
