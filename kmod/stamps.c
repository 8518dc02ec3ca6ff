// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clears the access times that NUMA balancing keeps in pages.
 *
 *
 * The problem
 *
 * A page has one field, last_cpupid, for two things. On a node in the top tier it holds the CPU and
 * the process that used the page last. On a slower node, in the tiering mode of NUMA balancing, it
 * holds the time of the last scan: a "stamp". Which of the two it is follows from the node's tier
 * when the field is read. When a node becomes top-tier, the next NUMA hint fault takes a stamp for
 * a CPU number, and uses it as an index: task_numa_fault() and should_numa_migrate_memory() in
 * kernel/sched/fair.c check cpupid_valid() only for nodes below the top tier. The kernel panics.
 *
 * Stamps stay in the pages after the tiering mode is switched off. They go when a page is freed
 * (up to 6.1 or so not those in the tails of a large page).
 *
 *
 * The way out
 *
 * Before a node becomes top-tier:
 *
 *	1. Switch NUMA balancing off, as "kernel.numa_balancing = 0" does. No new stamp is made, and
 *	   task_numa_fault() returns at once.
 *	2. Wait for an RCU grace period. Stamps are made under a page table lock, which is an RCU
 *	   read-side critical section. Whoever still saw the old mode is then through.
 *	3. Clear last_cpupid of each page whose value is not a CPU that this machine can have.
 *	4. Wait for an RCU-tasks grace period. A fault reads last_cpupid under the page table lock and
 *	   uses it after that lock is dropped. It may be preempted in between. It does not sleep: with
 *	   a stamp, should_numa_migrate_memory() lets no page migrate while the tiering mode is off.
 *	5. Repeat 3 and 4 until a walk finds no stamp, and at least once. Stamps can be copied from page
 *	   to page, by migration and by the split of a huge page, and a copy may have passed the walk.
 *	6. The caller moves the node.
 *	7. Switch NUMA balancing on again, to what it was. If 3 to 5 have failed, it stays off until they
 *	   succeed: pages may have migrated into the top tier with their stamps.
 *
 * All nodes are walked, those of the top tier too: while the tiering mode is off, pages that migrate
 * into the top tier keep their stamps (folio_migrate_flags()). The price is that NUMA balancing takes
 * the pages of slower nodes for newly scanned once.
 *
 * A value that happens to be a possible CPU's is left alone. It does no harm: at worst one page is
 * promoted or grouped wrongly once.
 *
 *
 * Why a page can be written to
 *
 * last_cpupid of a page can be written at any time, as the kernel itself does it: by compare and
 * exchange, if it is a part of page->flags. But the struct page must be there, and must be writable.
 *
 *	It is there: the walk holds mem_hotplug_lock for each memory section, or the hotplug operation
 *	that called us holds it.
 *	It is writable: the struct pages of a hugetlb page's tails may be mapped read-only
 *	(CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP). NUMA balancing never stamps hugetlb pages. We
 *	hold a reference on the folio while we write, so that it cannot become one.
 *
 * A folio without references that has a stamp is being migrated or split. It is counted, and found
 * again by the next walk. In 6.1 it may also be free: that kernel stamps tails, and resets only the
 * head when it frees a page. There, pages without references and those of hugetlb are written to as well,
 * unless tails may be mapped read-only (hugetlb_free_vmemmap=on). Where they may, such a stamp makes us give up.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/hugetlb.h>
#include <linux/jiffies.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/percpu-rwsem.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/static_call.h>

#include "stamps.h"
#include "symbols.h"

#ifdef CONFIG_NUMA_BALANCING

#define PATIENCE	(HZ / 2)
#define WALKS_MAX	20

/* From kernel/sched/core.c and mm/memory_hotplug.c */
static int *balancing_mode;
static struct static_key_false *balancing_key;
static struct percpu_rw_semaphore *mem_hotplug_lock;

/* ---- Differences between kernels (a third is in Kbuild) ---- */

#ifdef LAST_CPUPID_NOT_IN_PAGE_FLAGS
static int find_xchg_last_cpupid(void)
{
	return 0;
}

static void reset_last_cpupid(struct page *page)
{
	xchg(&page->_last_cpupid, -1 & LAST_CPUPID_MASK);
}
#else
#ifdef PAGE_LAST_CPUPID
#define XCHG_NAME	"page_cpupid_xchg_last"
typedef int xchg_last_cpupid_fn(struct page *page, int cpupid);
#else
#define XCHG_NAME	"folio_xchg_last_cpupid"
typedef int xchg_last_cpupid_fn(struct folio *folio, int cpupid);
#endif

DEFINE_STATIC_CALL_RET0(xchg_last_cpupid, xchg_last_cpupid_fn);

static int find_xchg_last_cpupid(void)
{
	xchg_last_cpupid_fn *xchg = find_function(XCHG_NAME);

	if (!xchg)
		return -ENOENT;
	static_call_update(xchg_last_cpupid, xchg);
	return 0;
}

/* The field is each page's own, and the function looks at no other. */
static void reset_last_cpupid(struct page *page)
{
	static_call(xchg_last_cpupid)((void *)page, -1);
}
#endif

static int last_cpupid(struct page *page)
{
#ifdef PAGE_LAST_CPUPID
	return page_cpupid_last(page);
#else
	return folio_last_cpupid((struct folio *)page);
#endif
}

/* May a page that is free or of hugetlb have one? Only said where all struct pages are writable. */
static bool tails_may_be_stamped(void)
{
#ifndef PAGE_LAST_CPUPID
	return false;
#elif defined(CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP)
	return !static_branch_unlikely(&hugetlb_optimize_vmemmap_key);
#else
	return true;
#endif
}

/* ---- One page ---- */

static bool is_stamp(int cpupid)
{
	unsigned int cpu = cpupid_to_cpu(cpupid);

	return cpupid != (-1 & LAST_CPUPID_MASK) && (cpu >= nr_cpu_ids || !cpu_possible(cpu));
}

static void clear_stamp(struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_try_get(folio)) {
		if (tails_may_be_stamped())
			reset_last_cpupid(page);
		return;
	}
	if (page_folio(page) == folio && (!folio_test_hugetlb(folio) || tails_may_be_stamped()))
		reset_last_cpupid(page);
	folio_put(folio);
}

/* ---- All pages of a node ---- */

struct walk {
	bool in_hotplug;
	unsigned long pages;	/* read, in all walks */
	unsigned long stamps;	/* found, in the present walk */
};

/* A power of two, no more than a section. No hole in a section, and nothing else in it, is smaller. */
#define BLOCK_PAGES	min(pageblock_nr_pages, PAGES_PER_SUBSECTION)

/* The struct pages of a block are contiguous. */
static void walk_block(struct walk *w, int nid, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	unsigned int i;

	if (!page)
		return;
	/* Spans of nodes may overlap. */
	if (page_to_nid(page) != nid && page_to_nid(page + BLOCK_PAGES - 1) != nid)
		return;
	for (i = 0; i < BLOCK_PAGES; i++, page++) {
		if (likely(!is_stamp(last_cpupid(page))))
			continue;
		/* A poisoned page may be free, and is not used again. */
		if (!PageHWPoison(page))
			w->stamps++;
		clear_stamp(page);
	}
	w->pages += BLOCK_PAGES;
}

/* Memory hotplug goes first. */
static int lock_memory(struct walk *w)
{
	unsigned long end = jiffies + PATIENCE;

	if (w->in_hotplug)
		return 0;
	while (!percpu_down_read_trylock(mem_hotplug_lock)) {
		if (time_after(jiffies, end))
			return -EAGAIN;
		usleep_range(500, 1000);
	}
	return 0;
}

static void unlock_memory(struct walk *w)
{
	if (!w->in_hotplug)
		percpu_up_read(mem_hotplug_lock);
}

static int walk_section(struct walk *w, int nid, unsigned long pfn)
{
	unsigned long end = SECTION_ALIGN_UP(pfn + 1);
	int err;

	if (!w->in_hotplug && THIS_MODULE->state == MODULE_STATE_LIVE &&
	    fatal_signal_pending(current))
		return -EINTR;
	err = lock_memory(w);
	if (err)
		return err;
	for (; pfn < end; pfn += BLOCK_PAGES) {
		walk_block(w, nid, pfn);
		cond_resched();
	}
	unlock_memory(w);
	return 0;
}

static int walk_node(struct walk *w, int nid)
{
	unsigned long pfn = SECTION_ALIGN_DOWN(node_start_pfn(nid));
	int err = 0;

	for (; !err && pfn < node_end_pfn(nid); pfn += PAGES_PER_SECTION)
		err = walk_section(w, nid, pfn);
	return err;
}

static int walk_nodes(struct walk *w)
{
	int nid, err;

	w->stamps = 0;
	for_each_node_state(nid, N_MEMORY) {
		err = walk_node(w, nid);
		if (err)
			return err;
	}
	return 0;
}

int clear_stamps(const struct pause *p)
{
	struct walk w = { .in_hotplug = p->in_hotplug };
	ktime_t start = ktime_get();
	unsigned long stamps = 0;
	int err, walks = 0;

	for (;;) {
		err = walk_nodes(&w);
		stamps += w.stamps;
		if (err || (++walks > 1 && !w.stamps))
			break;
		if (walks == WALKS_MAX) {
			err = -EAGAIN;
			break;
		}
		synchronize_rcu_tasks();
	}
	pr_info("cleared %lu access times, read %lu pages in %lld ms%s\n", stamps, w.pages,
		ktime_ms_delta(ktime_get(), start), err ? ", not all" : "");
	return err;
}

/* ---- NUMA balancing, off and on ---- */

/* What NUMA balancing was when a pause ended without switching it on again */
static int owed_mode;

/*
 * Changing a static key takes cpu_hotplug_lock. Memory hotplug holds that, and may wait for us: for
 * our caller's locks, or for our caller's file to be removed. So we must not wait for it.
 */
static bool lock_cpus(bool in_hotplug)
{
	unsigned long end = jiffies + PATIENCE;

	while (!in_hotplug && !cpus_read_trylock()) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

static void unlock_cpus(bool in_hotplug)
{
	if (!in_hotplug)
		cpus_read_unlock();
}

bool balancing_is_paused(void)
{
	return READ_ONCE(*balancing_mode) == 0;
}

/*
 * Under cpu_hotplug_lock: the key follows the mode. Somebody else may be setting both, and while a
 * key is being enabled, it cannot be disabled.
 */
static void set_key(void)
{
	struct static_key *key = &balancing_key->key;

	while (static_key_enabled(key) == balancing_is_paused()) {
		if (atomic_read(&key->enabled) < 0)
			usleep_range(100, 200);
		else if (balancing_is_paused())
			static_key_disable_cpuslocked(key);
		else
			static_key_enable_cpuslocked(key);
	}
}

int pause_balancing(struct pause *p, bool in_hotplug)
{
	int owed;

	*p = (struct pause){ .in_hotplug = in_hotplug };
	if (!lock_cpus(in_hotplug))
		return -EAGAIN;
	owed = xchg(&owed_mode, 0);
	p->mode = xchg(balancing_mode, 0) ?: owed;
	set_key();
	unlock_cpus(in_hotplug);
	synchronize_rcu();
	return 0;
}

int resume_balancing(const struct pause *p)
{
	if (!lock_cpus(p->in_hotplug))
		return -EAGAIN;
	if (p->mode && cmpxchg(balancing_mode, 0, p->mode) == 0)
		set_key();
	unlock_cpus(p->in_hotplug);
	return 0;
}

void owe_balancing(const struct pause *p)
{
	if (p->mode)
		WRITE_ONCE(owed_mode, p->mode);
}

int find_stamp_symbols(void)
{
	balancing_mode = find_variable("sysctl_numa_balancing_mode", sizeof(*balancing_mode));
	balancing_key = find_variable("sched_numa_balancing", sizeof(*balancing_key));
	mem_hotplug_lock = find_variable("mem_hotplug_lock", sizeof(*mem_hotplug_lock));
	if (!balancing_mode || !balancing_key || !mem_hotplug_lock)
		return -ENOENT;
	return find_xchg_last_cpupid();
}

#else /* no NUMA balancing: pages hold no access times */

int find_stamp_symbols(void)
{
	return 0;
}

int pause_balancing(struct pause *p, bool in_hotplug)
{
	return 0;
}

int clear_stamps(const struct pause *p)
{
	return 0;
}

bool balancing_is_paused(void)
{
	return true;
}

int resume_balancing(const struct pause *p)
{
	return 0;
}

void owe_balancing(const struct pause *p)
{
}

#endif
