// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds what the kernel does not export, by name, in kallsyms.
 *
 * A kernel where the compiler has inlined a function, or which was built without CONFIG_KPROBES or
 * CONFIG_KALLSYMS_ALL, has no such name.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "symbols.h"

typedef unsigned long lookup_name_fn(const char *name);

DEFINE_STATIC_CALL_RET0(lookup_name, lookup_name_fn);

/* Is @addr at or in the symbol @name? Gives its size, and @addr's place in it. */
static bool symbol_at(unsigned long addr, const char *name,
		      unsigned long *offset, unsigned long *size)
{
	char buf[KSYM_SYMBOL_LEN];
	size_t len = strlen(name);

	sprint_symbol(buf, addr);
	return !strncmp(buf, name, len) &&
	       sscanf(buf + len, "+%lx/%lx", offset, size) == 2;
}

/* A probe, never armed, shows where kallsyms_lookup_name() is, give or take an ENDBR. */
int find_lookup_name(void)
{
	struct kprobe kp = {
		.symbol_name = "kallsyms_lookup_name",
		.flags = KPROBE_FLAG_DISABLED,
	};
	unsigned long addr, offset, size;
	int err;

	err = register_kprobe(&kp);
	if (err) {
		pr_err("cannot probe %s: %d\n", kp.symbol_name, err);
		return err;
	}
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);

	if (!symbol_at(addr, "kallsyms_lookup_name", &offset, &size)) {
		pr_err("kallsyms_lookup_name is not at %pS\n", (void *)addr);
		return -ENOENT;
	}
	static_call_update(lookup_name, (lookup_name_fn *)(addr - offset));
	return 0;
}

static void *find_symbol(const char *name, size_t min, size_t max)
{
	unsigned long addr = static_call(lookup_name)(name);
	unsigned long offset, size;

	if (!addr || !symbol_at(addr, name, &offset, &size) || offset) {
		pr_err("this kernel has no usable %s\n", name);
		return NULL;
	}
	if (size < min || size > max) {
		pr_err("%s of this kernel has %lu bytes, expected %zu\n", name, size, min);
		return NULL;
	}
	return (void *)addr;
}

/*
 * kallsyms knows where the next symbol begins, so the size includes the gap before that one. After
 * small variables 1.3 KiB were seen, 5.2 KiB with KASAN. For an array of a page or more the bound
 * proves that its elements have the expected size, and not another word each.
 */
void *find_variable(const char *name, size_t size)
{
	return find_symbol(name, size, size < PAGE_SIZE ? 4 * PAGE_SIZE : size + size / 4 + PAGE_SIZE / 2);
}

void *find_function(const char *name)
{
	return find_symbol(name, 1, SIZE_MAX);
}
