/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "worker.h"

static sd_event *event;
static struct worker *worker;
static sem_t go_on;

/* What happened, a letter each: P, W prepared; p, w run; 1, 2 done. */
static char history[64];
static unsigned n_history, failures;
static bool push_in_prepare, push_in_done, no_threads;

/* The linker puts the first in the place of the second (meson.build). */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *userdata);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *userdata);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *userdata)
{
        return no_threads ? EAGAIN : __real_pthread_create(thread, attr, fn, userdata);
}

static void note(char c)
{
        assert(n_history < sizeof(history) - 1);
        history[n_history++] = c;
        history[n_history] = '\0';
}

static bool happened(const char *expected)
{
        bool same = streq(history, expected);

        if (!same)
                printf("happened: %s, expected: %s\n", history, expected);
        n_history = 0;
        history[0] = '\0';
        return same;
}

static void prepare(enum command c, void *userdata)
{
        note(c == COMMAND_PASS ? 'P' : 'W');
        if (c == COMMAND_PASS && push_in_prepare) {
                push_in_prepare = false;
                assert(worker_push(worker, COMMAND_WITHDRAW) == 0);
        }
}

static void run(enum command c, void *userdata)
{
        sem_wait(&go_on);
        note(c == COMMAND_PASS ? 'p' : 'w');
}

static int done(enum command c, void *userdata)
{
        assert(!worker_is_busy(worker));
        note(c == COMMAND_PASS ? '1' : '2');
        if (push_in_done) {
                push_in_done = false;
                return worker_push(worker, COMMAND_PASS);
        }
        return 0;
}

static int failed(int error, void *userdata)
{
        assert(error < 0);
        failures++;
        return 0;
}

static void run_one(void)
{
        assert(sd_event_run(event, 0) == 0); /* the loop goes on */
        sem_post(&go_on);
        assert(sd_event_run(event, UINT64_MAX) > 0);
}

static void test_one_at_a_time(void)
{
        assert(worker_push(worker, COMMAND_PASS) == 0);
        assert(worker_is_busy(worker));
        run_one();
        assert(!worker_is_busy(worker));
        assert(happened("Pp1"));
        assert(sd_event_run(event, 0) == 0);
}

/* However often a command is pushed while another runs, it runs once; the urgent one first. */
static void test_coalescing(void)
{
        assert(worker_push(worker, COMMAND_PASS) == 0);
        for (unsigned i = 0; i < 100; i++) {
                assert(worker_push(worker, COMMAND_PASS) == 0);
                assert(worker_push(worker, COMMAND_WITHDRAW) == 0);
        }
        run_one();
        run_one();
        run_one();
        assert(!worker_is_busy(worker));
        assert(happened("Pp1Ww2Pp1"));
}

/* What is learnt while a pass is prepared may have to be withdrawn before it. */
static void test_push_in_prepare(void)
{
        push_in_prepare = true;
        assert(worker_push(worker, COMMAND_PASS) == 0);
        run_one();
        run_one();
        assert(!worker_is_busy(worker));
        assert(happened("PWw2Pp1"));
}

static void test_push_in_done(void)
{
        push_in_done = true;
        assert(worker_push(worker, COMMAND_PASS) == 0);
        run_one();
        assert(worker_is_busy(worker));
        run_one();
        assert(!worker_is_busy(worker));
        assert(happened("Pp1Pp1"));
}

/* No thread: nothing is lost, and nothing waits for a thread that is not there. */
static void test_no_thread(void)
{
        no_threads = true;
        assert(worker_push(worker, COMMAND_WITHDRAW) == 0);
        assert(failures == 1 && !worker_is_busy(worker) && happened("W"));
        no_threads = false;
        assert(worker_push(worker, COMMAND_PASS) == 0);
        run_one();
        run_one();
        assert(happened("Ww2Pp1"));
}

int main(void)
{
        static const struct worker_handler handler = { prepare, run, done, failed };

        assert(sd_event_new(&event) >= 0 && sem_init(&go_on, 0, 0) == 0);
        assert(worker_new(event, &handler, NULL, &worker) == 0);
        test_no_thread();
        test_one_at_a_time();
        test_coalescing();
        test_push_in_prepare();
        test_push_in_done();
        worker_free(worker);
        sd_event_unref(event);
        return 0;
}
