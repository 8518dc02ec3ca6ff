/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The dax devices that the kmem driver made into memory of a node (drivers/dax). */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

#define DAX_NO_TARGET UINT32_MAX

struct dax_device {
        struct node_device device;
        bool is_kmem;    /* bound to that driver: its memory is, or is to be, that of a node */
        uint32_t target; /* that node, or DAX_NO_TARGET: none, or not known */
};

/* Gets each dax device, bound to kmem or not, and takes what device holds over. A non-zero return
 * ends the listing and is passed on. */
typedef int (*dax_fn)(struct dax_device *d, void *userdata);

/* Lists all of them. unlisted is set if there may be others, or some that are more than they seem.
 * 0, -ENOMEM, or what fn returned. */
int dax_list(struct sysroot *root, struct messages *problems, bool *unlisted, dax_fn fn,
             void *userdata);

/* A stretch of a device's memory, in bytes; the end is not part of it. */
struct dax_range {
        uint64_t start, end;
};

/* Reads where its memory is; for root alone. *ret is to be freed. 0, -ENOMEM, or why that is not
 * known. */
int dax_read_ranges(struct sysroot *root, const struct node_device *d, struct dax_range **ret,
                    size_t *ret_n);

/* Adds those that are bound to kmem to their nodes. 0 or -ENOMEM. */
int dax_read_devices(struct sysroot *root, struct machine *m, struct messages *problems);
