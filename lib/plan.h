/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The difference: the fewest writes that turn the machine into the assignment. Empty when nothing
 * differs. A pure function; nothing is written here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assignment.h"
#include "machine.h"
#include "state.h"
#include "util.h"

enum write_kind {
        WRITE_NODE_TIER,
        WRITE_DEMOTION,
        WRITE_MIN_TTL,
        WRITE_NUMA_BALANCING,
        WRITE_PROMOTE_RATE_LIMIT,
        WRITE_WEIGHT_AUTO, /* restore only: writing a weight switches it off by itself */
        WRITE_WEIGHT,
};

/* What is used to move nodes. */
enum interface {
        INTERFACE_NONE,
        INTERFACE_MEMTIER_OVERRIDE,
        INTERFACE_ADISTANCE_OFFSET,
};

const char *interface_name(enum interface i); /* "none", "memtier_override", "adistance_offset" */

/* What a write has to do with the guard against a frozen machine (plan-freeze.c). */
enum guard_role {
        GUARD_NONE,
        GUARD_RAISE,      /* it is the guard, and stands before what it guards against */
        GUARD_NEED,       /* not to be written unless the guard has been */
        GUARD_NEED_OFF,   /* not to be written unless demotion has been switched off */
        GUARD_NEED_MOVES, /* restore: not to be written unless all nodes have been given back */
        GUARD_LOWER,      /* it ends the guard: only after all before it took effect; what was there
                             before numatier is there again */
};

struct plan_write {
        enum write_kind kind;
        enum guard_role guard;
        enum interface interface; /* WRITE_NODE_TIER: which file of the node */
        char *path;               /* below the root */
        char *value;              /* what will be written */
        char *before;             /* what the file holds now, as it reads */
        char *expect;         /* what it must read afterwards; for a node's tier see memory_tier */
        char *reason;         /* one sentence */
        bool after_moves;     /* not made if a node was too busy to be moved before it */
        unsigned node;        /* WRITE_NODE_TIER, WRITE_WEIGHT */
        uint32_t old_tier;    /* WRITE_NODE_TIER: TIER_UNKNOWN if unknown */
        uint32_t memory_tier; /* WRITE_NODE_TIER: read back must give this; TIER_UNKNOWN: whatever
                                 the kernel chooses (a reset) */
};

/* A node that is not where it should be, and is not moved. */
struct plan_unmet {
        unsigned node;
        uint32_t old_tier, memory_tier; /* TIER_UNKNOWN if unknown */
        char *hazard; /* why it is not safe to move it; NULL: no interface can do it */
};

struct plan {
        enum interface interface; /* what this kernel offers and the policy allows */
        struct plan_write *writes;
        size_t n_writes, writes_allocated;
        struct plan_unmet *unmet; /* differences that no write of the plan removes */
        size_t n_unmet, unmet_allocated;
        struct plan_write *held; /* what the policy wants and is not safe; reason says why */
        size_t n_held, held_allocated;
};

/* 0 or -ENOMEM. warnings: what the policy asks and this kernel does not have. */
int plan_new(const struct assignment *a, const struct state *state, struct messages *warnings,
             struct plan **ret);

/* The plan that undoes everything the state remembers, latest first; nodes that it would not be
 * safe to move now are in unmet, and settings that it would not be safe to undo then in held. 0 or
 * -ENOMEM. */
int plan_new_restore(struct sysroot *root, const struct machine *machine, const struct state *state,
                     struct plan **ret);

struct plan *plan_free(struct plan *p);
DEFINE_CLEANUP(struct plan *, plan_free)

/* Whether there is anything to do or to wish for: exit status 3. */
bool plan_is_empty(const struct plan *p);

/* How many of the unmet differences have a hazard. */
size_t plan_count_hazards(const struct plan *p);

/* Small weights in 1..255, in the ratio of the bandwidths to within 5% where that is possible.
 * bandwidths are > 0. Returns whether the ratio was kept. */
bool weights_from_bandwidths(const double *bandwidths, unsigned *weights, size_t n);
