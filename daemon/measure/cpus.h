/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A set of CPUs, of a fixed size that is enough for every Linux. */

#include <sched.h>
#include <stdbool.h>

/* The largest number of CPUs Linux can have (x86: NR_CPUS of MAXSMP). */
#define CPU_MAX 8192U

struct cpus {
        cpu_set_t words[CPU_MAX / CPU_SETSIZE];
};

#define cpus_add(cpu, set) CPU_SET_S((cpu), sizeof((set)->words), (set)->words)
#define cpus_has(cpu, set) CPU_ISSET_S((cpu), sizeof((set)->words), (set)->words)
#define cpus_count(set)    ((unsigned)CPU_COUNT_S(sizeof((set)->words), (set)->words))

/* Those of a that are also in b, and those of a that are not in b. */
struct cpus cpus_and(const struct cpus *a, const struct cpus *b);
struct cpus cpus_andnot(const struct cpus *a, const struct cpus *b);

/* Parses the kernel's list format ("0-3,8", "\n" for the empty set). 0, -EINVAL (not a list) or
 * -ERANGE (a number of CPU_MAX or more). ret is untouched on error. */
int cpus_parse(const char *text, struct cpus *ret);

/* Formats a set as the kernel does. The buffer is large enough for every set. */
#define CPUS_STRING_MAX (CPU_MAX * 5)
const char *cpus_format(const struct cpus *set, char buf[static CPUS_STRING_MAX]);
