/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What numatierd writes to the journal. A condition that lasts is reported once (conditions.h). */

#include "base/messages.h"
#include "online/slice.h"
#include "policy/policy.h"
#include "publish/conditions.h"
#include "reconcile.h"

struct memory_size {
        unsigned node;
        uint64_t kib;
};

/* How many blocks of a node were last reported to be as the policy wants. */
struct online_told {
        uint32_t node;
        enum policy_online online;
        size_t good;
};

struct journal {
        struct conditions conditions;
        struct memory_size *memory; /* as of the last pass, ascending */
        size_t n_memory;
        bool knows_memory;        /* there was a pass */
        struct conditions online; /* the same for what slices find (online/slice.h) */
        struct nodeset changed;   /* nodes of which blocks were changed since the last report */
        struct online_told *told;
        size_t n_told, told_allocated;
};

void journal_done(struct journal *j);

/* What a pass found and did. error: what reconcile() returned; r holds what was learnt until then,
 * and is NULL if there was no memory for it. */
void journal_pass(struct journal *j, const struct snapshot *r, int error);

/* The outcome in one line, at the level debug. */
void journal_summary(const struct snapshot *r, const char *summary);

/* What a slice found and did. Reports only when no steps remain. rivals: who else brings memory
 * online against the policy. r is NULL if there was no memory for it. */
void journal_online(struct journal *j, const struct online_result *r, int error,
                    const struct messages *rivals);

void journal_policy(const struct policy *p);
void journal_policy_refused(const struct messages *errors, bool keeps_old);

/* The first pass is over; summary is the status line's. */
void journal_started(const char *summary);

void journal_stopped(void);

void journal_waiting(const char *place, unsigned seconds);
void journal_events_lost(void);
void journal_no_events(void);
