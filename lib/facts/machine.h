/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The facts: an immutable snapshot of a machine's NUMA nodes, their performance, their present tier
 * and what this kernel can do about it. Nothing is decided here. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/nodeset.h"
#include "base/util.h"
#include "facts/access.h"
#include "facts/device.h"

/* memory_side_cache/indexL (Documentation/ABI/stable/sysfs-devices-node). Values as in the kernel.
 */
struct side_cache {
        unsigned level;
        uint64_t size; /* bytes */
        unsigned line_size, indexing, write_policy;
};

#define SIDE_CACHES_MAX 4
/* Abstract distances are ints, and a tier is 128 of them (include/linux/memory-tiers.h). */
#define MEMORY_TIER_MAX 16777215U

#define TIER_UNKNOWN UINT32_MAX

/* What can be known of a node. A fact is known, absent, or unreadable now. */
enum fact {
        FACT_SIZE,      /* size_kib */
        FACT_DISTANCE,  /* distance */
        FACT_ACCESS,    /* access, access_present */
        FACT_MEASURED,  /* measured */
        FACT_DEVICES,   /* devices, and the kind that follows from them */
        FACT_INTERFACE, /* has_override, has_offset, adistance_offset */
        FACT_TIER,      /* present_tier */
        FACT_RELEASE,   /* machine.kernel, which says what values mean; in no node.unreadable */
        FACTS,
};

static_assert(FACTS <= 32, "a bit for each fact in node.unreadable");

struct node {
        unsigned id;
        unsigned unreadable; /* a bit for each fact: it could not be read in this pass */
        unsigned kept;   /* a bit for each of those: the value is that of an earlier pass; for the
                            others nothing is known */
        char *key;       /* what identifies its memory (facts/key.h), or NULL: it has none, or it is
                            not known now */
        bool half_there; /* it is online, and yet its directory cannot be read: it is left as it is
                          */
        bool has_memory, has_cpu, has_generic_initiator;
        uint64_t size_kib; /* MemTotal */
        uint64_t free_kib; /* MemFree, if has_free */
        bool has_free;
        bool unsettled;       /* the kernel is still bringing it up: what is missing may yet come */
        bool coming;          /* none of its memory blocks is online yet: it is in no tier so far */
        bool has_offline_cpu; /* it has CPUs, and none of them is online: not has_cpu */

        bool access_present[ACCESS_CLASSES]; /* the files were there, whatever they said */
        struct perf access[ACCESS_CLASSES];  /* the local class only if the other lacks a value */
        struct perf measured;                /* of `numatier measure` (measured.h) */
        bool remembered; /* access[] is from earlier in this boot: the kernel no longer shows it */

        uint8_t *distance; /* SLIT to each of machine.nodes, 10 is local, 0 unknown; NULL unless
                              the node has CPUs, online or not, or survey_fill_distances() read it
                              */
        bool has_package;
        int package; /* of its CPUs (packages.h), if has_package */

        enum node_kind kind;
        struct node_device *devices; /* what it is made of, as far as that is known */
        size_t n_devices;
        bool may_be_gpu; /* a GPU's driver cannot report its node now, and it may be this one: the
                            kind is then unknown */

        struct side_cache caches[SIDE_CACHES_MAX];
        unsigned n_caches;

        uint32_t present_tier; /* the N of memory_tierN it is in now, or TIER_UNKNOWN */
        uint32_t known_tier;   /* the same as a running daemon knows it, or TIER_UNKNOWN */
        bool has_override;     /* nodeN/memtier_override exists */
        bool has_offset;       /* nodeN/adistance_offset exists, and its value: */
        int adistance_offset;
};

/* Whether nothing is known of a fact because it could not be read: then nothing is to be decided.
 */
static inline bool node_is_unreadable(const struct node *n, enum fact f)
{
        return (n->unreadable & ~n->kept & (1U << f)) != 0;
}

static inline void node_mark_unreadable(struct node *n, enum fact f)
{
        n->unreadable |= 1U << f;
}

static inline bool node_is_kept(const struct node *n, enum fact f)
{
        return (n->kept & (1U << f)) != 0;
}

/* Whether anybody could move this node: if not, nobody did, and it is where the kernel has it. */
static inline bool node_can_be_moved(const struct node *n)
{
        return n->has_override || n->has_offset;
}

/* A boolean or a number that a kernel may not have. */
struct knob {
        bool present;
        bool unreadable; /* the file is there, but what it holds is not known; not present then */
        unsigned value;
};

struct weight {
        unsigned node;
        unsigned value;
};

/* What the driver reports of a GPU (facts/gpu.h). */
enum gpu_report {
        GPU_NO_NODE,
        GPU_NODE,
        GPU_UNREADABLE, /* and it is not known which node it is */
        GPU_REMEMBERED, /* unreadable, and the node is the one reported earlier in this boot */
};

#define GPU_ADDRESS_MAX 32

struct gpu {
        char *address; /* "0009:01:00.0" */
        enum gpu_report report;
        unsigned node; /* GPU_NODE, GPU_REMEMBERED */
        int error;     /* why it is unreadable: a negative errno, -EBADMSG for a text that is not
                          understood */
};

struct machine {
        bool is_live; /* it was read from the running kernel; else from a copy, which may lack
                         files that the kernel had */
        char *kernel; /* osrelease, or NULL: unknown */
        struct nodeset online, possible, memory, cpu, generic_initiator;
        uint64_t block_size; /* of a memory block, in bytes; 0: this kernel has none */
        struct gpu *gpus;    /* whose driver says whether their memory is a node */
        size_t n_gpus;
        bool gpus_unlisted;    /* there may be others */
        bool devices_unlisted; /* there may be devices that are not listed with their node */
        struct node *nodes;    /* the online ones, ascending */
        size_t n_nodes;

        bool has_tiers;      /* this kernel groups nodes into tiers (6.1 and later do) */
        bool tiers_known;    /* every node's memory_tier could be learnt */
        bool tiers_withheld; /* they were not, because it was not safe to read them, or because
                                a node's memory is still coming: soon they may be */
        bool module_loaded;  /* kmod/memtier_override: it can also reset */
        bool module_clears;  /* it also clears access times: plan-top-tier.c */

        /* of machine_read_guard(): what decides whether memory exhaustion can freeze it */
        struct knob demotion; /* mm/numa/demotion_enabled: 0, 1 */
        struct knob lru_gen;  /* mm/lru_gen/enabled: bit 0 is the multi-generational LRU */
        struct knob min_ttl;  /* mm/lru_gen/min_ttl_ms: ms; 0 is no guard */
        struct knob swap;     /* /proc/swaps: whether there is any */

        /* of machine_read_knobs(); already of machine_read() where moving a node depends on it */
        struct knob numa_balancing; /* kernel.numa_balancing: bits 1 normal, 2 tiering */

        /* of machine_read_knobs() */
        struct knob promote_rate_limit; /* MiB/s */
        struct knob weight_auto;        /* weighted_interleave/auto (6.16+): 0, 1 */
        struct weight *weights;         /* weighted_interleave/nodeN, ascending */
        size_t n_weights;
        bool weights_unreadable; /* that of some node is not known now */
};

struct machine *machine_free(struct machine *m);
DEFINE_CLEANUP(struct machine *, machine_free)

/* kernel.numa_balancing (include/linux/sched/sysctl.h:NUMA_BALANCING_MEMORY_TIERING) */
#define BALANCING_TIERING_BIT 2U

/* Whether NUMA balancing's tiering mode is on, as far as that was read. */
static inline bool machine_is_tiering(const struct machine *m)
{
        return m->numa_balancing.present && (m->numa_balancing.value & BALANCING_TIERING_BIT) != 0;
}

/* The same of a value of kernel.numa_balancing in text. */
bool balancing_is_tiering(const char *value);

/* Adds a device to a node, if made is 0, or frees what it holds. Returns made or -ENOMEM. */
int node_add_device(struct node *n, struct node_device *d, int made);

/* The node of that number, or NULL if it is not online. */
const struct node *machine_get_node(const struct machine *m, unsigned id);
