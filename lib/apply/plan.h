/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The difference: the fewest writes that turn the machine into the assignment. Empty when nothing
 * differs. A pure function; nothing is written here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"
#include "classify/assignment.h"
#include "facts/machine.h"

enum write_kind {
        WRITE_NODE_TIER,
        WRITE_DEMOTION,
        WRITE_MIN_TTL,
        WRITE_NUMA_BALANCING,
        WRITE_PROMOTE_RATE_LIMIT,
        WRITE_WEIGHT_AUTO, /* restore only: writing a weight switches it off by itself */
        WRITE_WEIGHT,
        WRITE_KINDS,
};

/* What is used to move nodes. */
enum interface {
        INTERFACE_NONE,
        INTERFACE_MEMTIER_OVERRIDE,
        INTERFACE_ADISTANCE_OFFSET,
        INTERFACES,
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
        char *expect;          /* what it must read afterwards; for a node's tier see wanted_tier */
        char *reason;          /* one sentence */
        bool after_moves;      /* not made if a node was too busy to be moved before it */
        bool unread;           /* restore: the node's memory is out. The file cannot be read then,
                                  but our module takes "default" */
        uint64_t retry_usec;   /* held, since the kernel ignored it before: the time to the next
                                  try; else 0 */
        unsigned node;         /* WRITE_NODE_TIER, WRITE_WEIGHT */
        uint32_t present_tier; /* WRITE_NODE_TIER: TIER_UNKNOWN if unknown */
        uint32_t wanted_tier;  /* WRITE_NODE_TIER: read back must give this; TIER_UNKNOWN: whatever
                                  the kernel chooses (a reset) */
};

/* A node that is not where it should be, and is not moved. */
struct plan_unmet {
        unsigned node;
        uint32_t present_tier, wanted_tier; /* TIER_UNKNOWN if unknown */
        char *hazard; /* why it is not safe to move it; NULL: no interface can do it */
};

struct plan {
        enum interface interface; /* what this kernel offers and the policy allows */
        struct plan_write *writes;
        size_t n_writes, writes_allocated;
        struct plan_unmet *unmet; /* differences that no write of the plan removes */
        size_t n_unmet, unmet_allocated;
        struct plan_write *held; /* what is wanted and not written now: it is not safe, or the
                                    kernel ignored it before; reason says why */
        size_t n_held, held_allocated;
        char **settled; /* restore: paths with nothing of ours in them, to be forgotten */
        size_t n_settled, settled_allocated;
};

struct plan *plan_free(struct plan *p);
DEFINE_CLEANUP(struct plan *, plan_free)

/* The making of a plan. */

/* Adds a write, whose strings it takes over. -ENOMEM also when one of them is NULL. */
int plan_add_write(struct plan *p, struct plan_write w);
void plan_write_done(struct plan_write *w);

/* Adds a difference that stays, whose hazard it takes over. */
int plan_add_unmet(struct plan *p, struct plan_unmet u);

/* Takes a write out of the plan, and says why. 0 or -ENOMEM. */
int plan_hold(struct plan *p, size_t i, const char *reason);

/* Notes a path with nothing of ours in it. 0 or -ENOMEM. */
int plan_add_settled(struct plan *p, const char *path);

/* Whether there is anything to do or to wish for: exit status 3. */
bool plan_is_empty(const struct plan *p);

/* How many writes are held since the kernel ignored them before. */
size_t plan_count_backed_off(const struct plan *p);
