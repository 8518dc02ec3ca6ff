/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The control group to which a page is charged: names the service that uses it. */

#include <stdbool.h>
#include <stdint.h>

#include "sysroot/sysroot.h"

#define CGROUP_PATH_MAX 256

/* Finds the path below /sys/fs/cgroup ("/system.slice/foo.service"). False: the page is charged to
 * none or to the root, that group is gone, or this is not known; for root alone. */
bool cgroup_of_page(struct sysroot *root, uint64_t pfn, char ret[static CGROUP_PATH_MAX]);
