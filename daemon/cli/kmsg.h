/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel logs: from now on, about pages that it cannot move; or all of it. */

#include "online/kernel-log.h"

/* A descriptor of /dev/kmsg that has read all records so far, or -1: it cannot be read, and then
 * less is explained. */
int kmsg_open(void);

/* Reads the records that came since. Does not wait. */
void kmsg_read(int fd, struct page_dumps *d);

/* All that the kernel has logged and not overwritten since, to be freed: lines, each with
 * "<LEVEL>[TIME] " before it. "": it may not be read. NULL: it cannot be read. */
char *kmsg_read_log(void);
