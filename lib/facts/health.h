/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What "numatier doctor" has to know of a machine beyond what a pass reads: how memory is brought
 * online, what the kernel was booted with, what holds DAMON, and whether memory hotplug is stuck.
 * No pass reads it: some of it is expensive, and nothing is decided by it.
 *
 * Every fact is known, absent (this kernel or this capture has no such file) or unreadable now. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "facts/block-table.h"
#include "facts/machine.h"
#include "sysroot/sysroot.h"

#define ACPI_TABLE_DIR "sys/firmware/acpi/tables"
#define HMAT_PATH      ACPI_TABLE_DIR "/HMAT"
#define HMAT1_PATH     ACPI_TABLE_DIR "/HMAT1" /* the first of several (drivers/acpi/sysfs.c) */
#define SRAT_PATH      ACPI_TABLE_DIR "/SRAT"

/* A text of one line. */
struct text_fact {
        char *value;     /* NULL: absent, or unreadable */
        bool unreadable; /* the file is there, but what it holds is not known */
};

/* A dax device, bound to a driver or not (drivers/dax). */
struct health_dax {
        char *name;       /* "dax0.0" */
        char *driver;     /* "kmem", "device_dax"; NULL: none, or unreadable */
        uint32_t node;    /* the node that its memory has or would have; BLOCK_NO_NODE: unknown */
        uint64_t size;    /* bytes; 0: unknown */
        uint64_t address; /* physical; 0: unknown (only root may read it) */
        struct text_fact state;       /* 7.3, bound to kmem: "unplugged", "offline", "online" ... */
        struct knob memmap_on_memory; /* 6.8 and later */
        bool unreadable;              /* some of this could not be read */
};

/* A kernel thread that monitors memory accesses, started through sysfs. */
struct kdamond {
        unsigned number;
        struct text_fact state; /* "on", "off" */
};

/* In which way a task that sleeps uninterruptibly has to do with memory hotplug. Each of them
 * occurs for a moment on a healthy machine: it is stuck if it is still there seconds later. */
enum hotplug_wait {
        WAIT_NODELIST, /* it reads memory_tierN/nodelist, and waits for memory_tier_lock */
        WAIT_DRAIN,    /* it removes a file of sysfs, and waits for its readers */
        WAIT_LOCK,     /* it waits for a lock of memory hotplug */
        WAIT_HOTPLUG,  /* it holds those locks, and waits for something else */
};

struct waiting_task {
        unsigned pid; /* of the thread */
        char comm[64];
        char function[64]; /* of the kernel, in which it waits */
        enum hotplug_wait wait;
};

/* A control group whose processes may use some nodes only (cgroup v2, cpuset.mems). */
struct cpuset {
        char *path; /* below /sys/fs/cgroup */
        char *mems; /* "0-1" */
};

struct health {
        /* NULL: the blocks cannot be listed now. Without blocks: a kernel without memory hotplug,
         * or a capture that does not have them. */
        struct block_table *blocks;

        struct text_fact auto_online_blocks; /* "offline", "online", "online_kernel",
                                                "online_movable" */
        struct text_fact online_policy;      /* "contig-zones", "auto-movable" */
        struct text_fact memmap_on_memory;   /* "Y", "N", "force" */

        /* The options of the kernel's command line that have to do with memory, as they stand
         * there, separated by spaces: health_find_option(). */
        struct text_fact options;

        struct knob has_hmat, has_srat, has_slit,
                has_cedt; /* whether the firmware has that table */

        struct knob swap_kib, swap_used_kib; /* in all areas; 0: there is none */

        struct knob damon_stat, damon_reclaim, damon_lru_sort; /* enabled: 0, 1 */
        struct knob nr_kdamonds;
        struct kdamond *kdamonds; /* ascending */
        size_t n_kdamonds;

        struct health_dax *dax; /* all of them, by name */
        size_t n_dax;
        bool dax_unlisted; /* they could not be listed, or not all */

        struct waiting_task *tasks; /* those that have to do with memory hotplug, ascending */
        size_t n_tasks;
        unsigned n_hidden_tasks; /* sleep uninterruptibly, and where may not be read: only root may
                                  */

        struct cpuset
                *cpusets; /* the first ones; a group that has its parent's nodes is left out */
        size_t n_cpusets;
        bool cpusets_incomplete; /* there are more groups than are read */
};

/* Reads all of it. What cannot be read or understood is reported in problems. 0 or -ENOMEM. */
int health_read(struct sysroot *root, struct messages *problems, struct health **ret);

/* Reads the tasks: health_read() does. 0 or -ENOMEM. */
int health_read_tasks(struct sysroot *root, struct health *h);

/* Reads them again, and keeps those that still wait: a machine that is busy with hotplug has other
 * ones each time. 0 or -ENOMEM. */
int health_read_tasks_again(struct sysroot *root, struct health *h);

struct health *health_free(struct health *h);
DEFINE_CLEANUP(struct health *, health_free)

/* The value of an option of the kernel's command line, the last one if it is given more than once;
 * "" for one without a value. NULL: it is not there, or the command line is not known. buf receives
 * it. */
const char *health_find_option(const struct health *h, const char *name, char *buf, size_t size);

/* The options of a command line that have to do with memory; the others may hold secrets. 0 or
 * -ENOMEM. */
int health_filter_options(const char *command_line, char **ret);

/* How many blocks of a node (BLOCK_NO_NODE: of no node, or of several) are in which state. */
struct block_counts {
        size_t all, offline, unreadable, changing;  /* changing: on the way in or out */
        size_t kernel, movable, none, unknown_zone; /* of those online */
};

void health_count_blocks(const struct health *h, uint32_t node, struct block_counts *ret);
