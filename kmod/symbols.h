/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds what the kernel does not export. */
#ifndef MEMTIER_OVERRIDE_SYMBOLS_H
#define MEMTIER_OVERRIDE_SYMBOLS_H

#include <linux/types.h>

/* To be called once, before the two below. 0, or a negative errno; the reason is in the log. */
int find_lookup_name(void);

/*
 * The address of a variable of @size bytes, or of a function. NULL if there is none, or if a
 * variable's size does not match; the reason is in the log.
 */
void *find_variable(const char *name, size_t size);
void *find_function(const char *name);

#endif
