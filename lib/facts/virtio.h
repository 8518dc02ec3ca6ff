/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of virtio-mem devices (drivers/virtio/virtio_mem.c). */

#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Marks the nodes whose memory is a virtio-mem device's. The devices of all nodes must be known. */
void virtio_find_nodes(struct sysroot *root, struct machine *m);
