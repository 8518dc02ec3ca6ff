/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <time.h>

static void set_place(struct job *j, const char *path)
{
        pthread_mutex_lock(&j->place_mutex);
        snprintf(j->place, sizeof(j->place), "%s", path);
        pthread_mutex_unlock(&j->place_mutex);
}

static void note_place(const char *path, const char *text, ssize_t length, bool link,
                       void *userdata)
{
        set_place(userdata, path);
}

void job_init(struct job *j, struct sysroot *root, struct state *state)
{
        *j = (struct job){ .root = root, .state = state };
        pthread_mutex_init(&j->place_mutex, NULL);
        sysroot_record(root, note_place, j);
}

void job_done(struct job *j)
{
        snapshot_unref(j->result);
        snapshot_unref(j->previous);
        sysroot_record(j->root, NULL, NULL);
        pthread_mutex_destroy(&j->place_mutex);
}

void job_run(struct job *j)
{
        struct timespec now;

        set_place(j, "");
        clock_gettime(CLOCK_MONOTONIC, &now);
        j->state->now = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        j->error = reconcile(j->root, j->policy, j->tiers, RECONCILE_APPLY, j->state, j->previous,
                             &j->result);
}

void job_get_place(struct job *j, char ret[static JOB_PLACE_MAX])
{
        pthread_mutex_lock(&j->place_mutex);
        memcpy(ret, j->place, JOB_PLACE_MAX);
        pthread_mutex_unlock(&j->place_mutex);
}
