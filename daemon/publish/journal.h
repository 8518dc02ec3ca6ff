/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Says what a look at the machine found and did. What lasts is said once (conditions.h). */

#include "base/messages.h"
#include "policy/policy.h"
#include "publish/conditions.h"
#include "reconcile.h"

struct memory_size {
        unsigned node;
        uint64_t kib;
};

struct announcer {
        struct conditions conditions;
        struct memory_size *memory; /* as of the last look, ascending */
        size_t n_memory;
        bool looked;
};

void announcer_done(struct announcer *a);

/* What a look came to, for those who debug. */
void announce_looked(const struct snapshot *r, const char *summary);

/* error: what reconcile() returned; r holds what was learnt up to there. */
void announce_look(struct announcer *a, const struct snapshot *r, int error);

void announce_policy(const struct policy *p);
void announce_policy_refused(const struct messages *errors, bool keeps_old);

/* The first look is over; summary is the status line's. */
void announce_started(const char *summary);

void announce_stopped(void);

void announce_waiting(const char *place, unsigned seconds);
void announce_events_lost(void);
