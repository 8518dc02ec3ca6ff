/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel logs from now on about pages that it cannot move. */

#include "online/kernel-log.h"

/* A descriptor of /dev/kmsg that has read all records so far, or -1: it cannot be read, and then
 * less is explained. */
int kmsg_open(void);

/* Reads the records that came since. Does not wait. */
void kmsg_read(int fd, struct page_dumps *d);
