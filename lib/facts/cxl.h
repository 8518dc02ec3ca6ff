/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A CXL region and the devices behind it (drivers/cxl/core/region.c). */

#include "base/messages.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

#define CXL_DIR "sys/bus/cxl/devices"

/* Fills in what the region d->region is: extent, interleaving, values, devices. A region that is
 * not in force (yet, or no longer) has size 0. 0 or -ENOMEM. */
int cxl_read_region(struct sysroot *root, struct node_device *d, struct messages *problems);

/* Gets each region, and takes what it holds over. A non-zero return ends the listing and is passed
 * on. */
typedef int (*cxl_region_fn)(struct node_device *d, void *userdata);

/* Lists the regions that are in force. unlisted is set if there may be others. 0, -ENOMEM, or what
 * fn returned. */
int cxl_list_regions(struct sysroot *root, struct messages *problems, bool *unlisted,
                     cxl_region_fn fn, void *userdata);

/* Adds the regions that firmware made and whose memory Linux had from the start to the nodes that
 * hold it; the dax devices must be there already. 0 or -ENOMEM. */
int cxl_read_regions(struct sysroot *root, struct machine *m, struct messages *problems);

/* Adds one memory device by its PCI address. decoder: the endpoint decoder, for its lock; NULL if
 * it has none. 0 or -ENOMEM. */
int cxl_add_memdev(struct sysroot *root, struct node_device *d, const char *name,
                   const char *pci_address, const char *decoder);
