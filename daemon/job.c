/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "common/session.h"
#include "online/rivals.h"
#include "state/drained.h"

#define SLICE_USEC 1000000

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

/* Returns whether any was known. */
static bool forget_known_tiers(struct state *state)
{
        bool known = false;

        for (size_t i = 0; i < state->n_nodes; i++) {
                known = known || state->nodes[i].present_tier != TIER_UNKNOWN;
                state->nodes[i].present_tier = TIER_UNKNOWN;
        }
        return known;
}

/* What an earlier run knew of tiers may have changed while none was running. */
static int enter(struct job *j, struct messages *problems)
{
        forget_known_tiers(j->state);
        j->state->daemon = getpid();
        return state_save(j->root, j->state, problems);
}

int job_init(struct job *j, struct sysroot *root, const char *path, struct messages *problems)
{
        int r;

        *j = (struct job){ .root = root, .path = path, .online.path = path };
        r = session_load_state(root, problems, &j->state);
        if (r == 0)
                r = enter(j, problems);
        if (r < 0) {
                j->state = state_free(j->state);
                j->root = NULL;
                return r;
        }
        pthread_mutex_init(&j->place_mutex, NULL);
        sysroot_record(root, note_place, j);
        return 0;
}

void job_done(struct job *j)
{
        snapshot_unref(j->result);
        online_result_free(j->online_result);
        onlining_done(&j->online);
        messages_done(&j->rivals);
        job_drop_arguments(j);
        state_free(j->state);
        sysroot_record(j->root, NULL, NULL);
        sysroot_free(j->root);
        pthread_mutex_destroy(&j->place_mutex);
        *j = (struct job){ 0 };
}

void job_leave(struct job *j)
{
        j->state->daemon = 0;
        (void)state_save(j->root, j->state,
                         NULL); /* who reads it finds that we are gone in any case */
}

void job_prepare_pass(struct job *j, struct policy *policy, struct snapshot *previous,
                      struct tier_reading tiers)
{
        job_drop_arguments(j);
        j->policy = policy_ref(policy);
        j->previous = previous ? snapshot_ref(previous) : NULL;
        j->tiers = tiers;
}

void job_prepare_online(struct job *j, struct policy *policy, struct snapshot *previous)
{
        job_drop_arguments(j);
        j->policy = policy_ref(policy);
        j->previous = snapshot_ref(previous);
}

void job_drop_arguments(struct job *j)
{
        j->policy = policy_unref(j->policy);
        j->previous = snapshot_unref(j->previous);
}

static bool is_any_drained(struct job *j)
{
        struct messages ignored = MESSAGES_INIT;
        struct nodeset nodes;
        bool any = (drained_load(j->root, &ignored, &nodes) == 0 && nodeset_count(&nodes) > 0) ||
                   (zoned_load(j->root, &ignored, &nodes) == 0 && nodeset_count(&nodes) > 0);

        messages_done(&ignored);
        return any;
}

static void note_loading(struct job *j)
{
        j->state->activity.policy_loaded = j->policy_loaded;
        j->state->activity.policy_refused = j->policy_refused;
}

void job_run_pass(struct job *j)
{
        struct timespec now;

        assert(j->policy && !j->result);
        set_place(j, "");
        note_loading(j);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        j->state->now = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        j->error = reconcile(j->root, j->policy, j->tiers, RECONCILE_APPLY, j->state, j->previous,
                             &j->result);
        assert(j->error < 0 || j->result);
        j->any_drained = is_any_drained(j);
        j->any_pending = onlining_is_any_pending(j->root, &j->online);
}

static void find_rivals(struct job *j)
{
        struct messages ignored = MESSAGES_INIT;
        struct onliners o = { 0 };

        if (onliners_read(j->root, &ignored, &o) == 0)
                rivals_find(j->policy, &o, &j->rivals);
        onliners_done(&o);
        messages_done(&ignored);
}

void job_run_online(struct job *j)
{
        assert(j->policy && j->previous && j->previous->machine && !j->online_result);
        set_place(j, "");
        messages_done(&j->rivals);
        if (j->find_rivals) { /* the policy is new */
                online_forget_failures(&j->online.memory);
                find_rivals(j);
        }
        j->find_rivals = false;
        j->online_error = onlining_run(j->root, j->policy, j->previous->machine, &j->online,
                                       SLICE_USEC, &j->online_result);
        if (j->online_result)
                onlining_forget_drained(j->root, j->path, &j->online_result->vanished);
}

void job_run_withdraw(struct job *j)
{
        if (j->memory_went)
                state_doubt_placements(j->state);
        if (forget_known_tiers(j->state))
                (void)state_save(j->root, j->state,
                                 NULL); /* the next pass tries again, and reports it */
}

void job_run_publish(struct job *j)
{
        note_loading(j);
        (void)state_save(j->root, j->state, NULL); /* as above */
}

void job_get_place(struct job *j, char ret[static JOB_PLACE_MAX])
{
        pthread_mutex_lock(&j->place_mutex);
        memcpy(ret, j->place, JOB_PLACE_MAX);
        pthread_mutex_unlock(&j->place_mutex);
}
