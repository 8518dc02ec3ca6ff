/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One look at the machine, as the worker's thread makes it. While it runs, everything here belongs
 * to that thread but what job_get_place() tells. */

#include <pthread.h>

#include "reconcile.h"

#define JOB_PLACE_MAX 192

struct job {
        /* in */
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct tier_reading tiers;
        struct snapshot *previous; /* of the last pass without an error, or NULL */
        /* out */
        int error;
        struct snapshot *result;

        pthread_mutex_t place_mutex;
        char place[JOB_PLACE_MAX]; /* the file last read */
};

void job_init(struct job *j, struct sysroot *root, struct state *state);
void job_done(struct job *j);

/* reconcile(). The last result must have been released. */
void job_run(struct job *j);

/* The file that the running job read last: every write is preceded by a read of the same file. */
void job_get_place(struct job *j, char ret[static JOB_PLACE_MAX]);
