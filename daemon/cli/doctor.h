/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is wrong with a machine, for doctor and metrics. */

#include "cli/cli.h"
#include "doctor/doctor.h"

/* Reads all that the checks need, and makes them; with what could not be read. 0, or a negative
 * errno: reported. diagnosis_done() in any case. */
int doctor_diagnose(const struct arguments *a, struct diagnosis *ret);
