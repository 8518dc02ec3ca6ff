/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* The kernel's files that numatier may write to, below the root. */

#define NODE_DIR          "sys/devices/system/node"
#define RELEASE_PATH      "proc/sys/kernel/osrelease" /* only read */
#define OVERRIDE_FILE     "memtier_override"
#define OFFSET_FILE       "adistance_offset"
#define DEMOTION_PATH     "sys/kernel/mm/numa/demotion_enabled"
#define BALANCING_PATH    "proc/sys/kernel/numa_balancing"
#define PROMOTE_RATE_PATH "proc/sys/kernel/numa_balancing_promote_rate_limit_MBps"
#define LRU_GEN_PATH      "sys/kernel/mm/lru_gen/enabled"
#define MIN_TTL_PATH      "sys/kernel/mm/lru_gen/min_ttl_ms"
/* What [apply] min-ttl = auto writes there, in ms: the guard works with less, and with much more it
 * kills processes that demotion would let live (plan-freeze.c). */
#define MIN_TTL_AUTO_MS  100
#define SWAPS_PATH       "proc/swaps" /* only read */
#define WEIGHT_DIR       "sys/kernel/mm/mempolicy/weighted_interleave"
#define WEIGHT_AUTO_PATH WEIGHT_DIR "/auto"

/* Whether the file shows what was written. The kernel counts in jiffies, of at most 10 ms, and
 * rounds up (mm/vmscan.c:min_ttl_ms_store). */
static inline bool min_ttl_is(unsigned shown, unsigned ms)
{
        return shown >= ms && shown - ms < (ms ? 10 : 1);
}
