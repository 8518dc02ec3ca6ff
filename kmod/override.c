// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves NUMA nodes between memory tiers on a stock kernel.
 *
 *	/sys/devices/system/node/nodeN/memtier_override
 *
 * Reading gives the tier the node is in now, as "memory_tier4". Writing a number
 * moves the node into that tier, writing "default" gives it back to the kernel.
 *
 *
 * What the kernel has
 *
 * mm/memory-tiers.c keeps three things apart:
 *
 *	node_memory_types[nid]	which memory type the node is of, and how many devices
 *				said so (map_count). Drivers (dax/kmem) come and go here.
 *	memory type		an abstract distance, the set of nodes that are in a tier
 *				through this type, and a link into that tier's list of types.
 *	memory tier		a range of abstract distances, a list of types, a device.
 *				pgdat->memtier points to it; reclaim reads that under RCU.
 *
 * A node's place in the tiers is the second and the third: its bit in a type's set,
 * and pgdat->memtier. The first only says where the kernel will put the node when
 * its memory comes online. set_node_memory_tier(nid) turns the one into the other.
 *
 *
 * The trick
 *
 * Each override is a memory type of our own, with one node in it. To move a node we
 * hold memory_tier_lock, point node_memory_types[nid] at our type, have the kernel
 * run set_node_memory_tier(), and put the entry back exactly as it was: see
 * move_node(). The kernel has created the tier if need be and switched
 * pgdat->memtier; establish_demotion_targets() then does for our change what it
 * does for any hotplug. The node is never without a tier.
 *
 * So the kernel's accounting is as if we did not exist: no map_count is touched, no
 * reference is taken or dropped, and whatever kmem binds or unbinds before, during
 * or after an override is counted right. The price is that the kernel, each time the
 * node's first memory comes online, puts it where node_memory_types says. We run
 * right after it, within the same hotplug notification, and move the node again.
 *
 *
 * The tier that is left empty
 *
 * The kernel destroys an emptied tier with device_unregister() while it holds
 * memory_tier_lock. That waits for readers of the tier's "nodelist", who wait for
 * memory_tier_lock: nobody ever gets on, and memory hotplug is dead until reboot.
 * We never do that. Under the lock the tier is only taken off the list of tiers, so
 * that the demotion targets are computed without it; its device is unregistered when
 * the lock has been dropped. And since the notifiers are there anyway, the same is
 * done for the kernel: while the last memory of any node goes, an empty memory type
 * ("keeper") holds the node's tier, and we take the tier down afterwards. As long as
 * this module is loaded, reading nodelist is safe.
 *
 *
 * A node that becomes top-tier
 *
 * Its pages may hold access times where the kernel then expects CPU numbers, and panics.
 * stamps.c has the reason and the cure. A move can make its own node top-tier, and a node
 * with CPUs that moves to a slower tier takes the limit of the top tier with it: other
 * nodes become top-tier without a move. See raises().
 *
 *
 * Locking
 *
 *	moves			one move, or one hotplug notification that changes a
 *				node's tier, at a time. Taken by the first of our two
 *				notifiers, which runs before the kernel's, and released
 *				by the second, which runs after it. Also makes sure that no
 *				tier is created between taking one of the same number off the
 *				list and unregistering its device. A semaphore: it has
 *				a timeout.
 *	memory_tier_lock	the kernel's. Its data and the overrides are read and
 *				written under it.
 *
 * moves is outside memory_tier_lock and inside the hotplug locks. Readers and writers
 * of the file wait about a second for either, then return -EAGAIN. The kernel's
 * hotplug waits for a move of ours, which takes two RCU grace periods, or more if it reads
 * all pages. That takes mem_hotplug_lock inside moves, the other way round, but only tries for it, for
 * half a second at a time, and then gives up: hotplug goes first. Should a move never end,
 * hotplug goes on without moves after HOTPLUG_PATIENCE.
 *
 *
 * Limits
 *
 * The functions and variables used are not exported; they are found by name (symbols.c). A
 * kernel that lacks one of them is refused, and so is one whose data does not look as
 * expected: see tiers_look_right() and layout_is_proven(). The functions are called through
 * static calls, that is, directly, because an indirect call would fault under IBT: a static
 * function whose address the kernel never takes has had its ENDBR sealed.
 *
 * From when the node's first memory is online until the kernel has put it into its tier,
 * users of the node see what they would see without us: no tier, then the kernel's, then
 * ours. All of that happens before the hotplug operation returns.
 *
 * The kernel can lose a node's entry in node_memory_types while the node is in a tier: when a
 * node has two dax devices with different abstract distances, and one of them is unbound. Its own
 * hotplug would then dereference NULL. Such a node is not moved (-EIO).
 *
 * An override belongs to the node's number. It outlives the node and waits for the next
 * one of that number, which may be other memory; "default", or unloading, ends it.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/memory-tiers.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/node.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "stamps.h"
#include "symbols.h"

#define ATTR_NAME	"memtier_override"
#define TIER_MAX	(INT_MAX >> MEMTIER_CHUNK_BITS)
#define PATIENCE	(HZ / 2)	/* for each of two locks */
#define HOTPLUG_PATIENCE (30 * HZ)	/* of memory hotplug, for a move */
#define NO_TIER		-1

/* ---- Differences between kernels (Kbuild has more) ---- */

#ifndef MEMTIER_HOTPLUG_PRI
#define MEMTIER_HOTPLUG_PRI	MEMTIER_HOTPLUG_PRIO
#endif

#ifdef NODE_ADDED_FIRST_MEMORY
#define NODE_ONLINE		NODE_ADDED_FIRST_MEMORY
#define NODE_OFFLINE		NODE_REMOVED_LAST_MEMORY
#define register_notifier	register_node_notifier
#define unregister_notifier	unregister_node_notifier

static int hotplug_nid(void *arg)
{
	return ((struct node_notify *)arg)->nid;
}
#else
#define NODE_ONLINE		MEM_ONLINE
#define NODE_OFFLINE		MEM_OFFLINE
#define register_notifier	register_memory_notifier
#define unregister_notifier	unregister_memory_notifier

static int hotplug_nid(void *arg)
{
	return ((struct memory_notify *)arg)->status_change_nid;
}
#endif

/* Variables are found by name, too. */
#ifndef CONFIG_KALLSYMS_ALL
#error "memtier_override needs a kernel with CONFIG_KALLSYMS_ALL"
#endif

/* Even a static call may go through a register: an arm64 trampoline may end in BR X16. */
#ifdef CONFIG_ARM64_BTI_KERNEL
#error "memtier_override cannot call functions without a landing pad (CONFIG_ARM64_BTI_KERNEL)"
#endif

/* Without static calls a call is an indirect one, whose type is checked. */
#if (defined(CONFIG_CFI) || defined(CONFIG_CFI_CLANG)) && !defined(CONFIG_HAVE_STATIC_CALL)
#error "memtier_override needs CONFIG_HAVE_STATIC_CALL in a kernel with CONFIG_CFI"
#endif

/* ---- What is not exported ---- */

/* From mm/memory-tiers.c */
struct node_memory_type_map {
	struct memory_dev_type *memtype;
	int map_count;
};

static struct mutex *memory_tier_lock;
static struct list_head *memory_tiers;
static struct node_memory_type_map *node_memory_types;
static struct bus_type *memory_tier_subsys;
static struct bus_type *node_subsys;

typedef struct memory_tier *set_tier_fn(int nid);
typedef void establish_targets_fn(void);
typedef bool is_toptier_fn(int nid);

DEFINE_STATIC_CALL_RET0(set_node_memory_tier, set_tier_fn);
DEFINE_STATIC_CALL_NULL(establish_demotion_targets, establish_targets_fn);
DEFINE_STATIC_CALL_RET0(node_is_toptier, is_toptier_fn);

static int find_symbols(void)
{
	set_tier_fn *set_tier;
	establish_targets_fn *establish_targets;
	is_toptier_fn *is_toptier;

	memory_tier_lock = find_variable("memory_tier_lock", sizeof(*memory_tier_lock));
	memory_tiers = find_variable("memory_tiers", sizeof(*memory_tiers));
	memory_tier_subsys = find_variable("memory_tier_subsys", sizeof(*memory_tier_subsys));
	node_subsys = find_variable("node_subsys", sizeof(*node_subsys));
	node_memory_types = find_variable("node_memory_types",
					  sizeof(*node_memory_types) * MAX_NUMNODES);
	set_tier = find_function("set_node_memory_tier");
	establish_targets = find_function("establish_demotion_targets");
	is_toptier = find_function("node_is_toptier");

	if (!memory_tier_lock || !memory_tiers || !memory_tier_subsys || !node_subsys ||
	    !node_memory_types || !set_tier || !establish_targets || !is_toptier)
		return -ENOENT;

	static_call_update(set_node_memory_tier, set_tier);
	static_call_update(establish_demotion_targets, establish_targets);
	static_call_update(node_is_toptier, is_toptier);
	return 0;
}

/* ---- Moving nodes ---- */

struct override {
	struct memory_dev_type *type;	/* what was asked for, or NULL */
	bool tierless;			/* the kernel had no memory for its tier */
	bool has_file;
};

static struct override overrides[MAX_NUMNODES];
static struct semaphore moves;

static int lock_moves(void)
{
	return down_timeout(&moves, PATIENCE) ? -EAGAIN : 0;
}

static int lock_tiers(void)
{
	unsigned long end = jiffies + PATIENCE;

	while (!mutex_trylock(memory_tier_lock)) {
		if (time_after(jiffies, end))
			return -EAGAIN;
		usleep_range(500, 1000);
	}
	return 0;
}

static struct memory_tier *tier_of(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);

	if (!pgdat)
		return NULL;
	return rcu_dereference_protected(pgdat->memtier, lockdep_is_held(memory_tier_lock));
}

/* struct memory_tier starts with its link in memory_tiers. Trust, but verify. */
static struct list_head *tier_link(struct memory_tier *tier)
{
	struct list_head *pos;

	list_for_each(pos, memory_tiers)
		if (pos == (struct list_head *)tier)
			return pos;
	return NULL;
}

static bool is_overridden(int nid)
{
	return overrides[nid].type && node_isset(nid, overrides[nid].type->nodes);
}

/* The type through which the node is in its tier */
static struct memory_dev_type *type_of(int nid)
{
	return is_overridden(nid) ? overrides[nid].type : node_memory_types[nid].memtype;
}

static int tier_number(const struct memory_dev_type *type)
{
	return type->adistance >> MEMTIER_CHUNK_BITS;
}

/*
 * If @type has no node left, unlink it from @tier; if it was the last there, unlink
 * the tier, and return its number: the caller is to drop_tier() it.
 */
static int leave_tier(struct memory_dev_type *type, struct memory_tier *tier)
{
	/* A ring of two: this type, and the head in the tier */
	bool last = list_is_singular(&type->tier_sibling);
	struct list_head *link;

	lockdep_assert_held(memory_tier_lock);

	if (!nodes_empty(type->nodes))
		return NO_TIER;
	list_del_init(&type->tier_sibling);
	if (!last)
		return NO_TIER;

	link = tier_link(tier);
	if (WARN_ON_ONCE(!link))
		return NO_TIER;
	list_del(link);
	return tier_number(type);
}

/* Unregister a tier that leave_tier() has unlinked. Not under memory_tier_lock! */
static void drop_tier(int number)
{
	char name[sizeof("memory_tier") + 10];
	struct device *dev;

	if (number == NO_TIER)
		return;

	/* The device's release frees the tier: let the readers of pgdat->memtier go on */
	synchronize_rcu();

	snprintf(name, sizeof(name), "memory_tier%d", number);
	dev = bus_find_device_by_name(memory_tier_subsys, NULL, name);
	if (WARN_ON_ONCE(!dev))
		return;
	device_unregister(dev);
	put_device(dev);
}

/*
 * kswapd gives a node up that it failed to reclaim from again and again. With another demotion
 * target it may succeed. The kernel does this when demotion is switched on; the counter is an
 * int in some kernels, an atomic_t in others.
 */
static void encourage_kswapd(void)
{
	int nid;

	BUILD_BUG_ON(sizeof(NODE_DATA(0)->kswapd_failures) != sizeof(int));
	for_each_online_node(nid)
		WRITE_ONCE(*(int *)&NODE_DATA(nid)->kswapd_failures, 0);
}

/*
 * Move a node into the tier of @to. On error, it stays where it is. The caller is to
 * drop_tier(*@emptied).
 */
static int move_node(int nid, struct memory_dev_type *to, int *emptied)
{
	struct node_memory_type_map saved = node_memory_types[nid];
	struct memory_dev_type *from = type_of(nid);
	struct memory_tier *old = tier_of(nid);
	struct memory_tier *new;

	lockdep_assert_held(memory_tier_lock);
	*emptied = NO_TIER;

	node_clear(nid, from->nodes);
	node_memory_types[nid].memtype = to;
	new = static_call(set_node_memory_tier)(nid);
	node_memory_types[nid] = saved;	/* map_count too: it counts the default DRAM type */

	if (IS_ERR(new)) {
		node_clear(nid, to->nodes);
		node_set(nid, from->nodes);
		/* -EINVAL: the node has just lost its memory, its tier will be next */
		return PTR_ERR(new) == -EINVAL ? -EAGAIN : PTR_ERR(new);
	}

	*emptied = leave_tier(from, old);
	overrides[nid].tierless = false;
	static_call(establish_demotion_targets)();
	encourage_kswapd();
	return 0;
}

/*
 * Tell userspace that we have changed the node's tier. It has: the tier that is left empty
 * need not be gone for that, and takes a grace period to go.
 */
static void announce(int nid)
{
	char name[sizeof("node") + 10];
	struct device *dev;

	snprintf(name, sizeof(name), "node%d", nid);
	dev = bus_find_device_by_name(node_subsys, NULL, name);
	if (!dev)
		return;
	kobject_uevent(&dev->kobj, KOBJ_CHANGE);
	put_device(dev);
}

/* ---- Nodes that become top-tier ---- */

static int tier_now(int nid)
{
	return tier_of(nid) && type_of(nid) ? tier_number(type_of(nid)) : NO_TIER;
}

/* The tier of a node when @nid is in tier @number, or in none */
static int tier_after(int node, int nid, int number)
{
	return node == nid ? number : tier_now(node);
}

/* As in establish_demotion_targets(): the slowest tier with CPUs is the last of the top tier. */
static int top_tier_after(int nid, int number)
{
	int node, top = NO_TIER;

	for_each_node_state(node, N_MEMORY)
		if (node_state(node, N_CPU))
			top = max(top, tier_after(node, nid, number));
	return top;
}

static int top_tier_now(void)
{
	int node, top = NO_TIER;

	for_each_node_state(node, N_MEMORY)
		if (static_call(node_is_toptier)(node))
			top = max(top, tier_now(node));
	return top;
}

/*
 * Does a node become top-tier that is not, when @nid gets into tier @number and the kernel computes
 * the top tier anew? Without any CPUs in a tier it keeps the limit it has, of which we know too
 * little: then @nid counts as one that does.
 */
static bool raises(int nid, int number)
{
	int top = top_tier_after(nid, number);
	int node;

	for_each_node_state(node, N_MEMORY) {
		int tier = tier_after(node, nid, number);

		if (static_call(node_is_toptier)(node) || tier == NO_TIER)
			continue;
		if (top == NO_TIER ? node == nid : tier <= top)
			return true;
	}
	return false;
}

/*
 * Must NUMA balancing pause, and all stamps go, while @nid gets into tier @number? Also if a node
 * with CPUs gets into a tier that is not yet top-tier: it takes the limit with it, but only after
 * an RCU grace period in which the node itself counts as slow.
 */
static bool must_pause(int nid, int number)
{
	return raises(nid, number) || (node_state(nid, N_CPU) && number > top_tier_now());
}

/* ---- Overrides ---- */

/* Is the node where @type (NULL: the kernel's) puts it, so that there is nothing to move? */
static bool is_in_place(int nid, struct memory_dev_type *type)
{
	struct override *o = &overrides[nid];

	if (!type)
		return !is_overridden(nid) && !o->tierless;
	return is_overridden(nid) && tier_number(o->type) == tier_number(type);
}

/* The tier that __set_override() will move the node into, or NO_TIER: it will move nothing */
static int target_of(int nid, struct memory_dev_type *type)
{
	struct memory_dev_type *to = type ?: node_memory_types[nid].memtype;

	return node_state(nid, N_MEMORY) && to && !is_in_place(nid, type) ? tier_number(to) : NO_TIER;
}

/*
 * Under both locks: make @type (NULL: the kernel's) the node's type. On success,
 * *@type is the one to put.
 */
static int __set_override(int nid, struct memory_dev_type **type, int *emptied)
{
	struct override *o = &overrides[nid];
	struct memory_dev_type *to = *type ?: node_memory_types[nid].memtype;
	int err;

	*emptied = NO_TIER;

	if (!*type && is_in_place(nid, NULL)) {
		/* In the kernel's tier, or in none: there is no more to it. */
		swap(o->type, *type);
		return 0;
	}
	/* In the middle of hotplug? */
	if (!node_state(nid, N_MEMORY))
		return is_overridden(nid) ? -EAGAIN : -ENODEV;
	if (!tier_of(nid) && !o->tierless)
		return -EAGAIN;
	/* The kernel's accounting is damaged: see "Limits". */
	if (!node_memory_types[nid].memtype || (tier_of(nid) && !node_isset(nid, type_of(nid)->nodes)))
		return -EIO;
	if (is_in_place(nid, *type))
		return 0;

	err = move_node(nid, to, emptied);
	if (!err)
		swap(o->type, *type);
	return err;
}

static void try_to_resume(struct work_struct *work);
static DECLARE_DELAYED_WORK(resuming, try_to_resume);

/*
 * NUMA balancing goes on if all pages were cleared in this pause. If not (@err), pages of the top tier
 * may have access times. Then it stays off, and that is tried again.
 */
static void end_pause(const struct pause *pause, int err)
{
	/* Nobody uses the old limit of the top tier any more. */
	synchronize_rcu();
	err = err ?: resume_balancing(pause);
	if (!err)
		return;
	pr_warn("NUMA balancing stays off for now (%d): do not switch it on\n", err);
	owe_balancing(pause);
	schedule_delayed_work(&resuming, 5 * HZ);
}

static void try_to_resume(struct work_struct *work)
{
	struct pause pause;
	int err = down_trylock(&moves);

	if (!err) {
		err = pause_balancing(&pause, false);
		if (!err)
			end_pause(&pause, clear_stamps(&pause));
		up(&moves);
	}
	if (err)
		schedule_delayed_work(&resuming, HZ);
}

/* Before unloading */
static void finish_resuming(void)
{
	unsigned long end = jiffies + 600 * HZ;

	while (flush_delayed_work(&resuming) && time_before(jiffies, end))
		msleep(100);
	if (cancel_delayed_work_sync(&resuming))
		pr_err("NUMA balancing is off: do not switch it on before a reboot\n");
}

/* The tiers have changed. If somebody switched NUMA balancing on meanwhile, there are new stamps. */
static int clear_new_stamps(struct pause *pause)
{
	int err, tries = 10;

	if (balancing_is_paused())
		return 0;
	do
		err = pause_balancing(pause, pause->in_hotplug);
	while (err && --tries);
	return err ?: clear_stamps(pause);
}

static int set_override(int nid, struct memory_dev_type *type)
{
	int before, after, target, emptied;
	struct pause pause;
	bool paused = false;
	int err;

	err = lock_moves();
	if (err)
		goto put;
	err = lock_tiers();
	if (err)
		goto unlock;

	target = target_of(nid, type);
	if (target != NO_TIER && must_pause(nid, target)) {
		mutex_unlock(memory_tier_lock);
		err = pause_balancing(&pause, false);
		if (err)
			goto unlock;
		err = clear_stamps(&pause);
		if (err) {
			end_pause(&pause, err);
			goto unlock;
		}
		err = lock_tiers();
		if (err) {
			end_pause(&pause, 0);
			goto unlock;
		}
		paused = true;
	}

	before = tier_now(nid);
	emptied = NO_TIER;
	/* kmem may have changed the target, and somebody may have switched NUMA balancing on. */
	if (paused && (target != target_of(nid, type) || !balancing_is_paused()))
		err = -EAGAIN;
	else
		err = __set_override(nid, &type, &emptied);
	after = tier_now(nid);
	mutex_unlock(memory_tier_lock);
	if (paused)
		end_pause(&pause, clear_new_stamps(&pause));
	if (before != after)
		announce(nid);
	drop_tier(emptied);
unlock:
	up(&moves);
put:
	if (type)
		put_memory_type(type);
	return err;
}

/* ---- The file ---- */

static ssize_t memtier_override_show(struct device *dev, struct device_attribute *attr,
				     char *buf)
{
	int nid = dev->id;
	int err, number = NO_TIER;

	err = lock_tiers();
	if (err)
		return err;
	if (node_state(nid, N_MEMORY) && tier_of(nid) && type_of(nid))
		number = tier_number(type_of(nid));
	mutex_unlock(memory_tier_lock);

	if (number == NO_TIER)
		return -ENODEV;
	return sysfs_emit(buf, "memory_tier%d\n", number);
}

static ssize_t memtier_override_store(struct device *dev, struct device_attribute *attr,
				      const char *buf, size_t count)
{
	struct memory_dev_type *type = NULL;
	unsigned int number;
	int err;

	if (!sysfs_streq(buf, "default")) {
		if (kstrtouint(buf, 10, &number) || number > TIER_MAX)
			return -EINVAL;
		type = alloc_memory_type(number << MEMTIER_CHUNK_BITS);
		if (IS_ERR(type))
			return PTR_ERR(type);
	}

	err = set_override(dev->id, type);
	return err ?: count;
}

static DEVICE_ATTR_RW(memtier_override);

static bool has_attr(struct device *dev)
{
	struct kernfs_node *kn = kernfs_find_and_get(dev->kobj.sd, ATTR_NAME);

	kernfs_put(kn);
	return kn;
}

static int add_file(struct device *dev, struct subsys_interface *sif)
{
	int err = has_attr(dev) ? -EEXIST : device_create_file(dev, &dev_attr_memtier_override);

	if (err)
		pr_err("%s: cannot create " ATTR_NAME ": %d\n", dev_name(dev), err);
	else
		overrides[dev->id].has_file = true;
	return err;
}

static void remove_file(struct device *dev, struct subsys_interface *sif)
{
	if (overrides[dev->id].has_file)
		device_remove_file(dev, &dev_attr_memtier_override);
	overrides[dev->id].has_file = false;
}

static struct subsys_interface files = {
	.name = KBUILD_MODNAME,
	.add_dev = add_file,
	.remove_dev = remove_file,
};

/* ---- Around the kernel's own work at hotplug ---- */

/* Holds the tier of a node that is losing its last memory */
static struct memory_dev_type keeper = {
	.tier_sibling = LIST_HEAD_INIT(keeper.tier_sibling),
};

static struct memory_tier *kept_tier;
static struct task_struct *notified;	/* who is between the two notifiers */
static bool have_moves;			/* it holds moves */
static bool paused;			/* it has paused NUMA balancing: */
static struct pause pause;
static bool cleared;			/* and no page has a stamp */

static void keep_tier(int nid)
{
	struct memory_dev_type *type;

	mutex_lock(memory_tier_lock);
	type = type_of(nid);
	kept_tier = tier_of(nid);
	if (kept_tier && type) {
		keeper.adistance = type->adistance;
		list_add(&keeper.tier_sibling, &type->tier_sibling);
	}
	mutex_unlock(memory_tier_lock);
}

static void release_tier(int nid)
{
	bool overridden;
	int emptied = NO_TIER;

	mutex_lock(memory_tier_lock);
	overrides[nid].tierless = false;
	overridden = is_overridden(nid);
	if (overridden) {
		/* The kernel has taken the node off the tier, but cannot know this type. */
		node_clear(nid, overrides[nid].type->nodes);
		leave_tier(overrides[nid].type, kept_tier);
	}
	if (!list_empty(&keeper.tier_sibling))
		emptied = leave_tier(&keeper, kept_tier);
	if (overridden || emptied != NO_TIER)
		static_call(establish_demotion_targets)();
	mutex_unlock(memory_tier_lock);
	drop_tier(emptied);
}

/* Under the kernel's hotplug locks. The kernel goes on even if this fails; then NUMA balancing does not. */
static void pause_in_hotplug(void)
{
	paused = true;
	pause_balancing(&pause, true);
	cleared = have_moves && !clear_stamps(&pause);
}

/* The kernel failed to allocate the node's tier. Nobody else tries again. */
static bool is_tierless(int nid)
{
	bool tierless;

	mutex_lock(memory_tier_lock);
	tierless = node_state(nid, N_MEMORY) && !tier_of(nid);
	overrides[nid].tierless = tierless;
	mutex_unlock(memory_tier_lock);
	if (tierless)
		pr_warn("node%d: the kernel has not given it a tier. Write to its " ATTR_NAME
			" to try again\n", nid);
	return tierless;
}

/*
 * The kernel may just have put this node into a slow tier, where its pages get stamps, and we are to
 * move it into the top tier.
 */
static void reapply(int nid)
{
	int err = -EAGAIN, emptied = NO_TIER, before = NO_TIER, number;
	struct memory_dev_type *type = overrides[nid].type;
	bool pause_first;

	if (is_tierless(nid) || !type)
		return;
	number = tier_number(type);

	mutex_lock(memory_tier_lock);
	pause_first = !paused && must_pause(nid, number);
	mutex_unlock(memory_tier_lock);
	if (pause_first)
		pause_in_hotplug();

	mutex_lock(memory_tier_lock);
	/* Between two notifications kmem may have cleared the kernel's entry. */
	if (!tier_of(nid) || !node_memory_types[nid].memtype)
		err = -ENODEV;
	else if (!paused || (cleared && balancing_is_paused())) {
		before = tier_now(nid);
		err = move_node(nid, type, &emptied);
	}
	mutex_unlock(memory_tier_lock);
	if (err)
		pr_warn("node%d is not in memory_tier%d again: %d\n", nid, number, err);
	else if (before != number)
		announce(nid);
	drop_tier(emptied);
}

/* The tier that the kernel will give a node that gets memory */
static int kernels_tier(int nid)
{
	int adistance = MEMTIER_ADISTANCE_DRAM;

	if (node_memory_types[nid].memtype)
		return tier_number(node_memory_types[nid].memtype);
#ifdef HAVE_CALC_ADISTANCE
	mt_calc_adistance(nid, &adistance);
#endif
	return adistance >> MEMTIER_CHUNK_BITS;
}

/* Before the kernel computes the top tier anew because @nid gets memory, or loses its last */
static void prepare_hotplug(int nid, bool online)
{
	bool pause_first;

	mutex_lock(memory_tier_lock);
	pause_first = must_pause(nid, online ? kernels_tier(nid) : NO_TIER);
	if (online && overrides[nid].type)
		pause_first |= must_pause(nid, tier_number(overrides[nid].type));
	mutex_unlock(memory_tier_lock);
	if (pause_first)
		pause_in_hotplug();
}

/* The node that this notification gives a tier or takes it from, or NUMA_NO_NODE */
static int changing_node(unsigned long action, void *arg)
{
	if (action != NODE_ONLINE && action != NODE_OFFLINE)
		return NUMA_NO_NODE;
	return hotplug_nid(arg);
}

static int before_kernel(struct notifier_block *nb, unsigned long action, void *arg)
{
	int nid = changing_node(action, arg);

	if (nid < 0)
		return NOTIFY_DONE;

	have_moves = !down_timeout(&moves, HOTPLUG_PATIENCE);
	if (!have_moves)
		pr_err("node%d: memory hotplug goes on without waiting for a move\n", nid);
	notified = current;
	paused = false;
	prepare_hotplug(nid, action == NODE_ONLINE);
	if (action == NODE_OFFLINE)
		keep_tier(nid);
	return NOTIFY_OK;
}

static int after_kernel(struct notifier_block *nb, unsigned long action, void *arg)
{
	int nid = changing_node(action, arg);

	/* While loading and unloading there may be only this one of the two. */
	if (nid < 0 || notified != current)
		return NOTIFY_DONE;

	if (action == NODE_OFFLINE)
		release_tier(nid);
	else if (have_moves)
		reapply(nid);
	else if (overrides[nid].type)
		pr_err("node%d is left in the kernel's tier\n", nid);
	notified = NULL;
	if (paused)
		end_pause(&pause, cleared ? clear_new_stamps(&pause) : -EAGAIN);
	if (have_moves)
		up(&moves);
	return NOTIFY_OK;
}

static struct notifier_block before_nb = {
	.notifier_call = before_kernel,
	.priority = MEMTIER_HOTPLUG_PRI + 1,
};

static struct notifier_block after_nb = {
	.notifier_call = after_kernel,
	.priority = MEMTIER_HOTPLUG_PRI - 1,
};

/* ---- Loading and unloading ---- */

static int refuse_attr(struct device *dev, void *data)
{
	if (!has_attr(dev))
		return 0;
	pr_err("%s already has " ATTR_NAME ": this kernel needs no help\n", dev_name(dev));
	return -EEXIST;
}

/* Does everything about this node look as this file believes? */
static bool node_looks_right(int nid)
{
	struct node_memory_type_map map;
	struct memory_dev_type type;
	struct memory_tier *tier = tier_of(nid);
	char name[sizeof("memory_tier") + 10];
	struct device *dev;

	if (copy_from_kernel_nofault(&map, &node_memory_types[nid], sizeof(map)) ||
	    copy_from_kernel_nofault(&type, map.memtype, sizeof(type)))
		return false;
	if (map.map_count < 1 || !node_isset(nid, type.nodes) || !tier_link(tier))
		return false;

	snprintf(name, sizeof(name), "memory_tier%d", tier_number(&type));
	dev = bus_find_device_by_name(memory_tier_subsys, NULL, name);
	put_device(dev);
	/* The device is a part of the tier. */
	return (void *)dev > (void *)tier && (void *)dev < (void *)tier + PAGE_SIZE;
}

/* Is the node in a tier through a type of which node_memory_types knows nothing? */
static bool was_left_behind(int nid)
{
	struct memory_dev_type *type = node_memory_types[nid].memtype;

	return tier_link(tier_of(nid)) && node_memory_types[nid].map_count > 0 &&
	       type && !node_isset(nid, type->nodes);
}

/*
 * The names are right; is their meaning? Look at every node, then have the kernel put
 * one into the tier in which it is.
 */
static int tiers_look_right(void)
{
	int nid, tried = NUMA_NO_NODE;
	struct node_memory_type_map saved;
	struct memory_tier *tier;

	for_each_node_state(nid, N_MEMORY) {
		if (!tier_of(nid))
			continue;
		if (!node_looks_right(nid))
			return was_left_behind(nid) ? nid : -EOPNOTSUPP;
		tried = nid;
	}
	if (tried == NUMA_NO_NODE)
		return -EOPNOTSUPP;

	saved = node_memory_types[tried];
	tier = static_call(set_node_memory_tier)(tried);
	node_memory_types[tried] = saved;
	return tier == tier_of(tried) && node_looks_right(tried) ? 0 : -EOPNOTSUPP;
}

/*
 * Have the kernel write a type of ours into node_memory_types, far from the first element and for a
 * node that has none, and see whether it appears where we believe that element to be.
 */
static bool layout_is_proven(void)
{
	struct memory_dev_type *type;
	int nid = MAX_NUMNODES - 1;
	bool right;

	while (nid > 0 && (node_memory_types[nid].memtype || node_online(nid)))
		nid--;
	if (!nid)
		return false;
	type = alloc_memory_type(MEMTIER_ADISTANCE_DRAM);
	if (IS_ERR(type))
		return false;
	init_node_memory_type(nid, type);
	right = node_memory_types[nid].memtype == type && node_memory_types[nid].map_count == 1;
	clear_node_memory_type(nid, type);
	right = right && !node_memory_types[nid].memtype && !node_memory_types[nid].map_count;
	put_memory_type(type);
	return right;
}

static int verify(void)
{
	int err = lock_tiers();

	if (err)
		return err;
	err = tiers_look_right();
	mutex_unlock(memory_tier_lock);
	if (err > 0) {
		pr_err("node%d is still in the tier in which an earlier load of this module left it: only a reboot helps\n",
		       err);
		return -EBUSY;
	}
	if (!err && !layout_is_proven())
		err = -EOPNOTSUPP;
	if (err)
		pr_err("the memory tiers of this kernel are not as expected\n");
	return err;
}

/* Memory hotplug may go on for minutes, and goes first. */
static void give_back(int nid)
{
	unsigned long end = jiffies + 600 * HZ;
	int err;

	while ((err = set_override(nid, NULL)) == -EAGAIN && time_before(jiffies, end))
		msleep(100);
	if (err)
		pr_err("node%d stays in memory_tier%d until a reboot: %d\n", nid,
		       tier_number(overrides[nid].type), err);
}

static int __init memtier_override_init(void)
{
	int err;

	err = find_lookup_name() ?: find_symbols() ?: find_stamp_symbols();
	if (err)
		return err;
	err = bus_for_each_dev(node_subsys, NULL, NULL, refuse_attr) ?: verify();
	if (err)
		return err;

	sema_init(&moves, 1);
	err = register_notifier(&after_nb);
	if (err)
		return err;
	err = register_notifier(&before_nb);
	if (err)
		goto after;
	files.subsys = node_subsys;
	err = subsys_interface_register(&files);
	if (err)
		goto before;
	return 0;
before:
	unregister_notifier(&before_nb);
after:
	unregister_notifier(&after_nb);
	return err;
}
module_init(memtier_override_init);

static void __exit memtier_override_exit(void)
{
	int nid;

	subsys_interface_unregister(&files);
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		if (overrides[nid].type)
			give_back(nid);
	unregister_notifier(&before_nb);
	unregister_notifier(&after_nb);
	finish_resuming();
}
module_exit(memtier_override_exit);

MODULE_DESCRIPTION("Move NUMA nodes between memory tiers");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.1");
