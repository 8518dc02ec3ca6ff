/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What kind of memory a node has. */

#include "facts/machine.h"

/* Decides the kind of each node with memory that does not follow from its devices: after everything
 * that is known of devices and performance is in the machine. */
void kinds_decide(struct machine *m);
