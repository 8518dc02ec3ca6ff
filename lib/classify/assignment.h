/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the policy makes of a machine: for each node a tier, and why. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "classify/figures.h"
#include "facts/machine.h"
#include "policy/policy.h"

enum verdict {
        VERDICT_UNSET,      /* the tier has no such condition */
        VERDICT_UNKNOWN,    /* the value is unknown: the condition is skipped */
        VERDICT_UNPROVEN,   /* unknown too, but the baseline itself would fail: not skipped */
        VERDICT_UNREADABLE, /* a value it compares cannot be read now: nothing is decided */
        VERDICT_MET,
        VERDICT_FAILED,
        VERDICTS,
};

/* One condition as it was tried for one node. figure and limit are in the same terms: ns or MiB/s,
 * or multiples of the baseline if figure.relative. If the verdict is VERDICT_UNREADABLE, the figure
 * says which fact is missing. */
struct trial_condition {
        enum verdict verdict;
        struct figure figure;
        double limit;
        bool hysteresis; /* the limit was moved because of the node's last tier */
};

/* One tier as it was tried for one node. */
struct trial {
        size_t tier;
        bool unconditional; /* it has no condition: it takes the rest */
        bool decided;       /* at least one condition was decided */
        bool matched;
        bool unreadable; /* whether it matches cannot be decided now */
        struct trial_condition conditions[CONDITION_KINDS];
};

/* How a node came to its tier. */
enum cause {
        CAUSE_NO_MEMORY,  /* never written to */
        CAUSE_UNSETTLED,  /* the kernel is still bringing its memory up: not classified yet */
        CAUSE_MANUAL,     /* moved manually, and the policy keeps that */
        CAUSE_IGNORED,    /* a rule says ignore */
        CAUSE_UNREADABLE, /* a fact that decides cannot be read now: left as it is */
        CAUSE_RULE,       /* a rule names the tier */
        CAUSE_CONDITIONS, /* the tier's conditions hold */
        CAUSE_REST,       /* the tier has no condition and none before it matched */
        CAUSE_NO_MATCH,   /* values are known, yet no tier takes them: left to Linux */
        CAUSE_BASELINE,   /* no tier takes it, but it has CPUs: with the baseline */
        CAUSE_UNKNOWN,    /* nothing known: left in the tier Linux gave it */
        CAUSE_ADISTANCE,  /* the abstract distance */
        CAUSES,
};

/* The fact because of which a node's cause is CAUSE_UNREADABLE. */
struct obstacle {
        enum fact fact; /* FACTS: whether its memory is a GPU's. FACT_RELEASE is nobody's */
        const struct node *node; /* whose fact it is: the node itself, or one it depends on */
};

#define TIER_NONE SIZE_MAX

struct node_assignment {
        const struct node *node;
        enum cause cause;
        const struct node_rule
                *rule; /* the [node] section or the built-in rule that matched, or NULL */
        struct figures figures;
        size_t tier;            /* index into assignment.tiers, or TIER_NONE */
        uint32_t wanted_tier;   /* wanted, or TIER_UNKNOWN: leave it where it is */
        uint32_t original_tier; /* the one Linux gave it by itself, or TIER_UNKNOWN */
        bool has_adistance;
        int adistance;
        bool moved_by_hand;       /* it was where we wanted it, and now it is not */
        bool held;                /* hysteresis decided: without it, another tier */
        bool by_slit_alone;       /* only SLIT decided: its tier is a guess */
        struct obstacle obstacle; /* with CAUSE_UNREADABLE */
        struct trial *trials;     /* the tiers that were tried, in order */
        size_t n_trials;
        char *reason; /* one sentence */
};

struct assigned_tier {
        char *name;
        uint32_t wanted_tier; /* TIER_UNKNOWN: the baseline's tier cannot be decided now */
        struct nodeset nodes;
};

struct assignment {
        const struct machine *machine;
        const struct policy *policy;
        const struct node *baseline; /* NULL: there is none, or it is undecided (baseline.h) */
        struct obstacle undecided;   /* why it cannot be decided now; its node is NULL if it can */
        struct figures baseline_figures;
        struct assigned_tier
                *tiers; /* fastest first; all of the policy's, or with adistance those in use */
        size_t n_tiers;
        struct node_assignment *nodes; /* as machine->nodes */
        size_t n_nodes;
};

struct assignment *assignment_free(struct assignment *a);
DEFINE_CLEANUP(struct assignment *, assignment_free)

const struct node_assignment *assignment_get_node(const struct assignment *a, unsigned node);

/* The name of the tier a node was given, or NULL. */
const char *assignment_tier_name(const struct assignment *a, const struct node_assignment *n);
