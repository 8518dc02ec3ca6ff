/* SPDX-License-Identifier: GPL-2.0-only */
/* Clears the access times that NUMA balancing keeps in pages. */
#ifndef MEMTIER_OVERRIDE_STAMPS_H
#define MEMTIER_OVERRIDE_STAMPS_H

#include <linux/types.h>

/* Before the others, after find_lookup_name(). 0 or -ENOENT. */
int find_stamp_symbols(void);

struct pause {
	int mode;		/* what kernel.numa_balancing was */
	bool in_hotplug;
};

/*
 * Switches NUMA balancing off and waits until nobody makes a stamp any more. @in_hotplug: a memory
 * hotplug operation, which holds the kernel's hotplug locks, has called us; then it always succeeds.
 * 0 or -EAGAIN: hotplug of CPUs or memory goes first.
 */
int pause_balancing(struct pause *p, bool in_hotplug);

/*
 * While NUMA balancing is paused: clears the stamps in all pages of the machine, and waits until
 * nobody uses one any more. Takes seconds for each TiB. One caller at a time.
 * 0; -EAGAIN: memory hotplug goes first, or pages moved too often; -EINTR: the task is to die.
 */
int clear_stamps(const struct pause *p);

/* Has nobody switched NUMA balancing on since pause_balancing()? */
bool balancing_is_paused(void);

/* Undoes pause_balancing(), unless somebody else has set the mode meanwhile. 0 or -EAGAIN. */
int resume_balancing(const struct pause *p);

/* Leaves NUMA balancing off. The next pause takes over what it was. */
void owe_balancing(const struct pause *p);

#endif
