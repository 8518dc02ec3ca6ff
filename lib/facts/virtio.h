/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The memory of virtio-mem devices (drivers/virtio/virtio_mem.c). */

#include <stdbool.h>
#include <stdint.h>

#include "facts/machine.h"
#include "sysroot/sysroot.h"

/* Whether a virtio-mem device is there and works: 1 or 0, or what listing says. */
int virtio_has_device(struct sysroot *root);

/* The memory that the firmware's table or ACPI knows. The memory that drivers add is not in it. */
struct firmware_map {
        struct firmware_range *ranges;
        size_t n, allocated;
        bool unreadable; /* it may hold any address */
};

/* 0 or -ENOMEM. firmware_map_done() in any case. */
int firmware_map_read(struct sysroot *root, struct firmware_map *map);
void firmware_map_done(struct firmware_map *map);
/* Any part of the memory from this address on. */
bool firmware_map_may_hold(const struct firmware_map *map, uint64_t address, uint64_t size);

/* Marks the nodes whose memory is a virtio-mem device's. The devices of all nodes must be known. */
void virtio_find_nodes(struct sysroot *root, struct machine *m);
