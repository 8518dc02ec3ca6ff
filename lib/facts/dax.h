/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The dax devices that the kmem driver made into memory of a node (drivers/dax). */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Adds them to their nodes. 0 or -ENOMEM. */
int dax_read_devices(struct sysroot *root, struct machine *m, struct messages *problems);
