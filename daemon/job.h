/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the worker's commands do. The job owns the root and the state: while a command runs, all of
 * it belongs to the thread, except for what job_get_place() returns. */

#include <pthread.h>

#include "base/messages.h"
#include "common/onlining.h"
#include "reconcile.h"

#define JOB_PLACE_MAX 192

struct job {
        struct sysroot *root;
        const char *path; /* of the root, or NULL for / */
        struct state *state;

        /* For the state, of all commands that save it: as state.activity has it */
        uint64_t policy_loaded;
        bool policy_refused;

        /* The arguments of a pass */
        struct policy *policy;
        struct snapshot *previous; /* what the last pass produced, or NULL */
        struct tier_reading tiers;
        /* Its result */
        int error;
        struct snapshot *result; /* NULL if there was no memory for it; error says so */

        /* Found by a pass: nodes are drained or zoned, whose memory may have gone */
        bool any_drained;
        /* Or some block is between two zones: it is brought back, whatever the policy says */
        bool any_pending;

        /* Of slices, which take policy and previous, too */
        struct onlining online;
        bool find_rivals; /* look for who else brings memory online */
        /* The result */
        int online_error;
        struct online_result *online_result; /* NULL: no memory for it */
        struct messages rivals;              /* if they were looked for */

        /* The argument of a withdrawal */
        bool memory_went; /* it may be memory that went, and not only a device or a module */

        pthread_mutex_t place_mutex;
        char place[JOB_PLACE_MAX]; /* the file last read */
};

/* Takes over the root (path: the directory of --root, or NULL for /), loads the state, and notes in
 * it who keeps it. 0 or a negative errno; says in problems what is wrong. job_done() only after
 * success. */
int job_init(struct job *j, struct sysroot *root, const char *path, struct messages *problems);
void job_done(struct job *j);

/* Notes in the state that nobody keeps it any more. Not while a command runs. */
void job_leave(struct job *j);

/* Gives a pass its arguments, and takes references to them. previous may be NULL. */
void job_prepare_pass(struct job *j, struct policy *policy, struct snapshot *previous,
                      struct tier_reading tiers);

/* Lets go of them. */
void job_drop_arguments(struct job *j);

/* reconcile(). The last result must have been taken. */
void job_run_pass(struct job *j);

/* Brings memory online for about a second, as the policy says; previous must have a machine. The
 * last result must have been taken. */
void job_prepare_online(struct job *j, struct policy *policy, struct snapshot *previous);
void job_run_online(struct job *j);

/* After a removal, what is known of tiers may be wrong, and the command line, which asks the state
 * for it, must not go by it. If memory went, where it was put is in doubt: when it comes back
 * elsewhere, that is no manual move. */
void job_run_withdraw(struct job *j);

/* Saves the state: what all commands are given. */
void job_run_publish(struct job *j);

/* The file that the running command read last: every write is preceded by a read of the same file.
 */
void job_get_place(struct job *j, char ret[static JOB_PLACE_MAX]);
