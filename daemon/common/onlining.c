/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/onlining.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "common/exit.h"
#include "common/lock.h"
#include "online/record.h"
#include "state/drained.h"

#define LIMIT_MSEC  30000
#define REMIND_NSEC 200000000 /* one signal may come before the write begins */
#define SIGNAL      SIGUSR2

static void on_signal(int number)
{
}

/* A signal interrupts a thread only if it has a handler. */
static int open_timer(timer_t *ret)
{
        struct sigaction action = { .sa_handler = on_signal };
        struct sigevent event = {
                .sigev_notify = SIGEV_THREAD_ID,
                .sigev_signo = SIGNAL,
                ._sigev_un._tid = gettid(),
        };
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGNAL);
        if (sigaction(SIGNAL, &action, NULL) < 0 || timer_create(CLOCK_MONOTONIC, &event, ret) < 0)
                return -errno;
        return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int take_offline(struct sysroot *root, struct block *b, unsigned msec)
{
        const struct itimerspec times = {
                .it_value.tv_sec = msec / 1000,
                .it_value.tv_nsec = (long)(msec % 1000) * 1000000,
                .it_interval.tv_nsec = REMIND_NSEC,
        };
        struct itimerspec rest;
        timer_t timer;
        int r;

        r = open_timer(&timer);
        if (r < 0)
                return r;
        r = timer_settime(timer, 0, &times, NULL) < 0 ? -errno : 0;
        if (r == 0)
                r = block_make(root, b, REQUEST_OFFLINE);
        if (timer_gettime(timer, &rest) == 0 && r == -EINTR && rest.it_value.tv_sec == 0 &&
            rest.it_value.tv_nsec <= REMIND_NSEC)
                r = -ETIMEDOUT;
        timer_delete(timer);
        return r;
}

static int make(struct sysroot *root, struct block *b, enum block_request q, void *userdata)
{
        const struct onlining *o = userdata;

        return q == REQUEST_OFFLINE ? take_offline(root, b, o->limit_msec ?: LIMIT_MSEC)
                                    : block_make(root, b, q);
}

static int lock(void *userdata)
{
        struct onlining *o = userdata;

        return lock_share_file(o->path, DRAINED_LOCK_PATH, &o->lock_fd);
}

static void unlock(void *userdata)
{
        struct onlining *o = userdata;

        closep(&o->lock_fd);
}

static uint64_t get_now(void *userdata)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool is_stopped(void *userdata)
{
        const struct onlining *o = userdata;

        return __atomic_load_n(&o->stop, __ATOMIC_ACQUIRE);
}

void onlining_stop(struct onlining *o)
{
        __atomic_store_n(&o->stop, true, __ATOMIC_RELEASE);
}

void onlining_done(struct onlining *o)
{
        online_memory_done(&o->memory);
}

int onlining_run(struct sysroot *root, const struct policy *p, const struct machine *m,
                 struct onlining *o, uint64_t budget_usec, struct online_result **ret)
{
        const struct online_hooks hooks = {
                .now = get_now,
                .stop = is_stopped,
                .make = make,
                .lock = lock,
                .unlock = unlock,
                .userdata = o,
        };

        return online_slice(root, p, m, &o->memory, &hooks, budget_usec, ret);
}

static struct onlining *in_foreground;

static void on_end(int number)
{
        onlining_stop(in_foreground);
}

/* The kernel notices a signal only while it moves pages, and takes the block offline if it comes
 * later: a program that dies of it would leave the block so. */
int onlining_run_in_foreground(struct sysroot *root, const struct policy *p,
                               const struct machine *m, struct onlining *o,
                               struct online_result **ret)
{
        static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
        const struct sigaction action = { .sa_handler = on_end };
        struct sigaction former[ELEMENTSOF(numbers)];
        int r;

        in_foreground = o;
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (sigaction(numbers[i], NULL, &former[i]) == 0 && former[i].sa_handler != SIG_IGN)
                        sigaction(numbers[i], &action, NULL);
        r = onlining_run(root, p, m, o, 0, ret);
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                sigaction(numbers[i], &former[i], NULL);
        return r;
}

int onlining_plan(struct sysroot *root, const struct policy *p, const struct machine *m,
                  struct online_result **ret)
{
        struct online_memory memory = { 0 };
        int r = online_slice(root, p, m, &memory, NULL, 0, ret);

        online_memory_done(&memory);
        return r;
}

bool onlining_is_any_pending(struct sysroot *root, const struct onlining *o)
{
        _cleanup_(online_record_freep) struct online_record *loaded = NULL;
        const struct online_record *r = o->memory.record;
        struct messages ignored = MESSAGES_INIT;

        if (!r && online_record_load(root, &ignored, &loaded) == 0)
                r = loaded;
        messages_done(&ignored);
        return r && online_record_has_pending(r);
}

/* Whether one of them was in the set. */
static bool remove_nodes(struct nodeset *nodes, const struct nodeset *gone)
{
        unsigned before = nodeset_count(nodes);

        nodeset_foreach (n, gone)
                nodeset_remove(nodes, n);
        return nodeset_count(nodes) < before;
}

void onlining_forget_drained(struct sysroot *root, const char *path, const struct nodeset *vanished)
{
        _cleanup_(block_table_freep) struct block_table *now = NULL;
        _cleanup_(closep) int fd = -1;
        struct messages ignored = MESSAGES_INIT;
        struct nodeset nodes;

        if (nodeset_count(vanished) == 0 || lock_take_file(path, DRAINED_LOCK_PATH, &fd, NULL) < 0)
                return;
        /* they may have memory again since the look, and be drained again */
        if (block_table_read(root, vanished, &ignored, &now) < 0 || now->n > 0) {
                messages_done(&ignored);
                return;
        }
        /* what cannot be saved, the next pass tries again */
        if (drained_load(root, &ignored, &nodes) == 0 && remove_nodes(&nodes, vanished))
                (void)drained_save(root, &nodes);
        if (zoned_load(root, &ignored, &nodes) == 0 && remove_nodes(&nodes, vanished))
                (void)zoned_save(root, &nodes);
        messages_done(&ignored);
}

/* What somebody else wanted, or must not be changed, is nothing that is left to do. */
int onlining_get_exit_status(const struct online_plan *p)
{
        int status = EXIT_SUCCESS;

        for (size_t i = 0; i < p->n_groups; i++) {
                const struct online_group *g = &p->groups[i];

                if (g->failed > 0)
                        return EXIT_FAILURE;
                if (g->count[CASE_ACT] > g->done + g->gone || g->count[CASE_FULL] > 0 ||
                    g->count[CASE_BUSY] > 0)
                        status = EXIT_DIFFERS;
        }
        return status;
}
