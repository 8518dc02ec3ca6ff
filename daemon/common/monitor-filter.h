/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Avoids wake-ups for what cannot concern memory: network interfaces and loop devices that come and
 * go with containers, the slab's caches, modules. */

/* Attaches the filter to a uevent socket of the kernel's group. 0 or -errno. */
int monitor_filter_attach(int fd);
