/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The administrator's policy, parsed (numatierd.conf(5)). Parsing takes text, never files: files.h
 * finds those. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/device.h"
#include "facts/machine.h"

enum policy_section {
        SECTION_NONE, /* before the first header, or below one that is wrong */
        SECTION_POLICY,
        SECTION_TIER,
        SECTION_NODE,
        SECTION_APPLY,
        SECTION_ONLINE,
        SECTION_DAEMON,
        SECTIONS,
};

#define POLICY_DAMAGED_WHOLLY ((1U << SECTIONS) - 1) /* of policy.damaged */

enum policy_method {
        METHOD_THRESHOLDS, /* the conditions of the [tier] sections */
        METHOD_ADISTANCE,  /* mm/memory-tiers.c:mt_perf_to_adistance, on any kernel */
};

/* Where a value can come from. */
enum source {
        SOURCE_USER,     /* a [node] section */
        SOURCE_MEASURED, /* numatier measure */
        SOURCE_HMAT,     /* nodeN/accessC */
        SOURCE_CDAT,     /* a CXL region's accessC */
        SOURCE_SLIT,     /* nodeN/distance */
        SOURCES,
        SOURCE_NONE = SOURCES,
};

const char *source_name(enum source s); /* "user" ... "slit", "none" */

enum condition_kind {
        MAX_LATENCY, /* of the worse of read and write */
        MAX_READ_LATENCY,
        MAX_WRITE_LATENCY,
        MIN_BANDWIDTH, /* of the worse of read and write */
        MIN_READ_BANDWIDTH,
        MIN_WRITE_BANDWIDTH,
        CONDITION_KINDS,
};

const char *condition_name(enum condition_kind k); /* the key: "max-latency" */
bool condition_is_maximum(enum condition_kind k);  /* of a latency; else a minimum of a bandwidth */

struct condition {
        bool set;
        bool relative; /* a multiple of the baseline's value; else ns or MiB/s */
        double value;
};

struct tier_policy {
        char *name;
        bool has_memory_tier;
        uint32_t memory_tier; /* fixed by the policy; else numbered automatically */
        struct condition conditions[CONDITION_KINDS];
        const char *file; /* where it was (last) defined; owned by the policy */
        unsigned line;
};

/* What is to be done with memory that was hot-added. */
enum policy_online {
        ONLINE_UNSET,   /* only in a rule: as [online] says */
        ONLINE_LEAVE,   /* nothing: it stays as the kernel or others bring it online */
        ONLINE_MOVABLE, /* online, in the zone that is only for pages that can be moved away */
        ONLINE_KERNEL,  /* online, also for the kernel's own data */
        ONLINE_NO,      /* offline */
        ONLINE_WORDS,
};

const char *policy_online_word(enum policy_online o); /* "movable"; ONLINE_UNSET has none */

/* A [node NAME] section. Fields that are not set do not constrain; all that are set must hold. */
struct node_rule {
        char *name;
        bool has_node;
        unsigned node;
        bool has_kind;
        enum node_kind kind;
        bool has_cxl_serial;
        uint64_t cxl_serial;                       /* never 0: that is no serial number */
        char *pci_address, *pci_id, *region, *dax; /* as the kernel writes them; or NULL */
        char *firmware_node; /* the same: only memory blocks have it, so it decides only online */
        /* consequences */
        bool has_ignore; /* with ignore = no: it is classified as usual */
        bool ignore;
        char *tier;       /* the name of a tier, or NULL */
        struct perf perf; /* values that the policy gives; 0 is not given */
        enum policy_online online;
        bool damaged;     /* its section has an error */
        const char *file; /* NULL: built in (rules.h) */
        unsigned line;
};

enum policy_interface {
        POLICY_INTERFACE_AUTO,
        POLICY_INTERFACE_MEMTIER_OVERRIDE,
        POLICY_INTERFACE_ADISTANCE_OFFSET,
        POLICY_INTERFACE_NONE,
};

enum policy_switch {
        SWITCH_LEAVE,
        SWITCH_YES,
        SWITCH_NO,
        SWITCH_FORCE, /* demotion: yes, even where memory exhaustion can freeze the machine */
};

enum policy_balancing {
        BALANCING_LEAVE,
        BALANCING_TIERING, /* kernel.numa_balancing: bit 2 set, the rest as found */
        BALANCING_OFF,
};

enum policy_min_ttl {
        MIN_TTL_AUTO, /* a small value while there is demotion between tiers */
        MIN_TTL_SET,
        MIN_TTL_LEAVE,
};

enum policy_weights {
        WEIGHTS_LEAVE,
        WEIGHTS_BY_BANDWIDTH,
};

/* One key as a file has it. Nothing decides by this: it is for people. */
struct policy_setting {
        enum policy_section section;
        const char *key;       /* "max-latency" */
        char *value;           /* as it stands there; "": it takes back what an earlier file set */
        size_t tier;           /* of SECTION_TIER: its index */
        unsigned section_line; /* of SECTION_NODE: rule.line of the rule in the same file */
        const char *file;      /* owned by the policy */
        unsigned line;
};

struct policy {
        unsigned references;

        /* [policy] */
        enum policy_method method;
        enum source sources[SOURCES]; /* in order of preference */
        size_t n_sources;
        bool baseline_auto;
        unsigned baseline; /* the node, unless auto */
        double hysteresis; /* a fraction: 0.05 is 5% */

        struct tier_policy *tiers; /* fastest first */
        size_t n_tiers, tiers_allocated;
        struct node_rule *rules; /* first match wins */
        size_t n_rules, rules_allocated;

        /* [apply] */
        enum policy_interface interface;
        bool keep_manual; /* leave a node where somebody else moved it; else move it back */
        enum policy_switch demotion;
        enum policy_min_ttl min_ttl;
        unsigned min_ttl_ms; /* of MIN_TTL_SET */
        enum policy_balancing numa_balancing;
        bool has_promote_rate_limit;
        unsigned promote_rate_limit; /* MiB/s */
        enum policy_weights weighted_interleave;

        enum policy_online online; /* [online]; never ONLINE_UNSET */

        /* [daemon] in microseconds */
        uint64_t settle_usec, settle_max_usec, rescan_usec; /* rescan 0: never */
        const char *settle_file; /* where either settle was last set; owned by the policy */
        unsigned settle_line;

        struct policy_setting *settings; /* in the order in which they were parsed: the last of a
                                            key counts */
        size_t n_settings, settings_allocated;

        unsigned damaged; /* a bit for each kind of section that has an error */
        uint64_t hash;    /* of everything parsed: tells one policy from another */
        char **files;     /* the names of what was parsed, in order */
        size_t n_files, files_allocated;
};

/* An empty policy: no tier, and every other key at its documented default. */
int policy_new(struct policy **ret);
struct policy *policy_ref(struct policy *p);
struct policy *policy_unref(struct policy *p);
DEFINE_CLEANUP(struct policy *, policy_unref)

/* Gives back the memory of policy.settings, for a program that keeps a policy and does not show it.
 */
void policy_forget_settings(struct policy *p);

/* Adds one file's text to the policy. Within a file a section may stand once; a later file's [tier]
 * section of the same name changes that tier key by key (an empty value unsets), a new one is added
 * at the end; its [node] sections stand before those of earlier files. All errors are reported in
 * errors as "file:line: section.key: what was expected"; the policy is then of no use but for
 * policy_finish(). 0, -EBADMSG (reported in errors), -ENOMEM. */
int policy_parse(struct policy *p, const char *text, size_t size, const char *file,
                 struct messages *errors);

/* Checks the whole once all files are in: at least one tier, no tier that can never match, tier
 * numbers that ascend and leave room, rules that say which node they mean, name existing tiers and
 * do not contradict themselves, settle <= settle-max. After errors of policy_parse(), only the
 * checks that these do not affect are made. 0 or -EBADMSG (reported in errors). */
int policy_finish(const struct policy *p, struct messages *errors);

/* The tier of that name, or NULL. */
const struct tier_policy *policy_get_tier(const struct policy *p, const char *name);
