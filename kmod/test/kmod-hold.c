// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds one of the kernel's mutexes for a while, so that a test can see what waits for it:
 *
 *	insmod kmod-hold.ko mutex=0xADDRESS ms=MILLISECONDS
 *
 * It does so while it loads, and then refuses to stay.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>

static unsigned long mutex;
module_param(mutex, ulong, 0);
static unsigned int ms;
module_param(ms, uint, 0);

static int __init hold_init(void)
{
	if (!mutex)
		return -EINVAL;
	mutex_lock((struct mutex *)mutex);
	msleep(ms);
	mutex_unlock((struct mutex *)mutex);
	return -ECANCELED;
}
module_init(hold_init);

MODULE_DESCRIPTION("Hold a mutex, for tests");
MODULE_LICENSE("GPL");
