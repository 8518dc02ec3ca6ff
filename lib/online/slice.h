/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Brings memory online and offline as the policy wants it, a slice of time at a time. Each slice
 * reads everything anew: so it goes on after any interruption, and follows what else happens to the
 * machine meanwhile. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"
#include "facts/machine.h"
#include "online/plan.h"
#include "online/record.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

/* A block that is to stay offline, and was offline since. */
struct online_sighting {
        uint64_t number, identity, since;
};

/* What is kept from slice to slice. All zero at first. */
struct online_memory {
        struct online_record *record; /* NULL: not loaded yet */
        struct online_failures failures;
        struct online_sighting *sightings;
        size_t n_sightings;
};

void online_memory_done(struct online_memory *m);

/* The policy was loaded again: what failed is tried again at once. */
void online_forget_failures(struct online_memory *m);

struct online_hooks {
        uint64_t (*now)(void *userdata); /* in microseconds */
        bool (*stop)(void *userdata);    /* whether to end before the next block */
        /* As block_make(); -ETIMEDOUT: it was interrupted, because it took too long. */
        int (*make)(struct sysroot *root, struct block *b, enum block_request q, void *userdata);
        /* Keeps "numatier drain" and "online" from beginning until unlock(), without waiting. Each
         * block is changed in between. -EBUSY: one of them works just now. */
        int (*lock)(void *userdata);
        void (*unlock)(void *userdata);
        void *userdata;
};

struct online_result {
        struct messages problems; /* what could not be read, or saved */
        struct online_plan *plan; /* with what was done; NULL: it could not be made */
        size_t remaining;         /* steps for which there was no time */
        bool settled; /* nothing will be to do until the kernel reports an event of any kind */
        struct nodeset drained;  /* the nodes that are left alone */
        struct nodeset zoned;    /* the nodes whose online memory is left alone */
        struct nodeset vanished; /* those of them that have no memory any more */
};

/* budget_usec: no further block is begun after this time; where reading takes longer, the steps get
 * as much time as that took. 0: no limit. hooks NULL: nothing is written, and the result only says
 * what would be done. 0, -ENOMEM, or why nothing could be done (reported in problems). *ret is set
 * unless there was no memory for it. */
int online_slice(struct sysroot *root, const struct policy *p, const struct machine *m,
                 struct online_memory *memory, const struct online_hooks *hooks,
                 uint64_t budget_usec, struct online_result **ret);

struct online_result *online_result_free(struct online_result *r);
DEFINE_CLEANUP(struct online_result *, online_result_free)
