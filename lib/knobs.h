/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's files that numatier may write to, below the root. */

#define NODE_DIR          "sys/devices/system/node"
#define OVERRIDE_FILE     "memtier_override"
#define OFFSET_FILE       "adistance_offset"
#define DEMOTION_PATH     "sys/kernel/mm/numa/demotion_enabled"
#define BALANCING_PATH    "proc/sys/kernel/numa_balancing"
#define PROMOTE_RATE_PATH "proc/sys/kernel/numa_balancing_promote_rate_limit_MBps"
#define WEIGHT_DIR        "sys/kernel/mm/mempolicy/weighted_interleave"
#define WEIGHT_AUTO_PATH  WEIGHT_DIR "/auto"
