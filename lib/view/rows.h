/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a pass found, as flat rows: one struct for each kind of row, with plain numbers and texts.
 * Whoever shows a machine (tables, JSON, later a bus or metrics) prints rows and nothing else. A
 * value that is not known says so itself: a number has "known", a text is NULL. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nodeset.h"

/* A whole number that may be unknown. */
struct view_number {
        bool known;
        int64_t value;
};

/* A number with a fraction that may be unknown. */
struct view_real {
        bool known;
        double value;
};

struct view_flag {
        bool known, value;
};

struct view_nodeset {
        bool known;
        struct nodeset nodes;
};

struct view_tier {
        const char *name;
        struct view_number wanted_tier;        /* the N of memory_tierN it should be */
        struct nodeset nodes;                  /* those that belong in it */
        struct view_number size_kib, free_kib; /* of all of them; unknown if that of any is */
};

/* A latency or a bandwidth: the worse of read and write. At most one of the two numbers is known.
 */
struct view_value {
        struct view_real value;    /* ns or MiB/s */
        struct view_real multiple; /* of the baseline's */
        const char *source;        /* "hmat"; NULL if both are unknown */
        bool remembered;           /* the kernel showed it earlier in this boot, and not now */
        bool kept;                 /* it could not be read in this pass: that of an earlier pass */
};

struct view_node {
        unsigned node;
        const char *tier; /* the policy's name of the tier it belongs in; NULL: left to Linux */
        struct view_number wanted_tier, present_tier, original_tier; /* N of memory_tierN */
        struct view_number adistance;
        struct view_number offline_kib; /* memory that is offline, if that was counted */
        struct view_flag drained;       /* by "numatier drain", if that was read */
        struct view_value latency, bandwidth;
        bool by_slit_alone; /* no other source describes it, and SLIT is a guess */
        struct view_number size_kib, free_kib;
        struct view_nodeset targets;   /* where Linux would demote its pages (classify/targets.h) */
        struct nodeset targets_across; /* those of them in another socket */
        struct view_number weight;     /* of weighted interleaving, if that was read */
        bool has_memory, has_cpu, is_baseline;
        const char *kind;    /* "dram"; NULL without memory */
        const char *devices; /* in one phrase: "cxl mem0, mem1" */
        const char *reason;  /* one sentence */
};

/* A memory device, or memory of which no device is known. Rows of a node are contiguous. */
struct view_device {
        unsigned node;
        unsigned part; /* devices of one part of a node's memory are interleaved */
        const char *kind, *dax, *region;
        struct view_number address, size_kib; /* of the part; address: physical, in bytes */
        struct view_number interleave_ways;
        const char *memdev; /* "mem0" */
        const char *cxl_serial, *pci_address, *pci_id;
        bool locked; /* firmware locked its decoder */
        struct view_number qos_class;
};

/* A cache in front of a node's memory. */
struct view_cache {
        unsigned node, level;
        uint64_t size_kib;
        unsigned line_size;       /* bytes */
        const char *indexing;     /* "direct-mapped", "indexed", "other" */
        const char *write_policy; /* "write-back", "write-through", "other" */
};

/* A write that is planned, held back or was made. */
struct view_write {
        struct view_number node; /* unknown: a setting of the whole machine */
        const char *path;        /* "/sys/..." */
        const char *before, *value;
        const char *after;   /* what it read afterwards, or NULL */
        const char *outcome; /* "done"; NULL: not made */
        const char *error;   /* why it failed, or NULL */
        const char *reason;
};

/* A node that stays where it is, and belongs elsewhere. */
struct view_unmet {
        unsigned node;
        struct view_number present_tier, wanted_tier;
        const char *reason; /* why it belongs there, or NULL */
        const char *hazard; /* why it is not safe to move it; NULL: nothing can move it */
        const char *cause;  /* why it is not moved, as a name: "no_interface" */
};

/* Memory blocks of a node for which the policy wants the same (online/plan.h). */
struct view_memory {
        unsigned node;
        const char *online;           /* "movable", "kernel", "no" */
        const char *device, *section; /* of the first block, or NULL */
        uint64_t blocks;              /* those that are there */
        uint64_t as_wanted;           /* of them, those that are so; with what was done */
        uint64_t planned;             /* those that are yet to be changed */
        uint64_t done, failed;        /* those that were changed, and that could not be */
        const char *reason;           /* why the others are not as the policy wants, or NULL */
};

/* The kernel's settings, as they are now: unknown are those that this kernel does not have, or that
 * were not read. */
struct view_settings {
        struct view_number daemon_pid; /* unknown: numatierd does not run */
        struct view_flag demotion;
        struct view_number numa_balancing;     /* bits: 1 normal, 2 tiering */
        struct view_number promote_rate_limit; /* MiB/s */
        struct view_number min_ttl;            /* ms */
        const char *weighted_interleave;       /* "automatic", "equal", "by_node" or NULL */
};

struct view_warning {
        const char *kind; /* "problem", "warning", "bug" */
        const char *text;
};

/* One value of one source. */
struct view_candidate {
        const char *source;
        const char *quantity; /* "read_latency" */
        unsigned index;       /* the same as enum perf_value */
        double value;         /* ns or MiB/s, or a multiple of the baseline's if relative */
        bool relative;
        bool used;
        bool remembered, kept; /* as in struct view_value */
        bool distrusted;       /* this kernel is known to get it wrong */
};

/* A tier that was tried for a node. */
struct view_trial {
        const char *tier;
        const char *verdict; /* "takes it", "no", "undecided" */
};

/* A condition of such a tier. */
struct view_condition {
        size_t trial; /* index */
        const char *tier;
        const char *condition; /* "max-latency" */
        bool is_latency;
        double asked; /* as the policy has it */
        bool asked_relative;
        const char *verdict; /* "met", "failed", "unknown", "unproven" */
        struct view_real value, limit;
        bool relative; /* both are multiples of the baseline's */
        bool hysteresis;
};
