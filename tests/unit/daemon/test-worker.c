/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <semaphore.h>

#include "worker.h"

static struct worker *worker;
static sem_t go_on;
static unsigned ran, done;

static void run(void *userdata)
{
        sem_wait(&go_on);
        ran++;
}

static int on_done(void *userdata)
{
        assert(!worker_is_busy(worker));
        done++;
        return 0;
}

int main(void)
{
        sd_event *event = NULL;

        assert(sd_event_new(&event) >= 0 && sem_init(&go_on, 0, 0) == 0);
        assert(worker_new(event, run, on_done, NULL, &worker) == 0);
        for (unsigned i = 1; i <= 3; i++) {
                assert(worker_start(worker) == 0);
                assert(worker_is_busy(worker) && worker_start(worker) == -EBUSY);
                assert(sd_event_run(event, 0) == 0); /* the loop goes on */
                assert(done == i - 1);
                sem_post(&go_on);
                assert(sd_event_run(event, UINT64_MAX) > 0);
                assert(ran == i && done == i);
        }
        worker_free(worker);
        sd_event_unref(event);
        return 0;
}
