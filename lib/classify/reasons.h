/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a node is assigned to its tier, in one sentence. */

#include "classify/assignment.h"

/* The caller frees it; NULL: no memory. */
char *reason_format(const struct assignment *a, const struct node_assignment *n);
