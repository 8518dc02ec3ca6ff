/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

/* The library's deepest buffers take some 50 KiB; what is not touched costs nothing. */
#define STACK_SIZE (512U << 10)

struct worker {
        sd_event_source *source;
        int fd; /* an eventfd, told by the thread that it is at its end */
        pthread_t thread;
        bool busy;
        worker_run_fn run;
        worker_done_fn done;
        void *userdata;
};

static void *thread_main(void *userdata)
{
        struct worker *w = userdata;

        w->run(w->userdata);
        eventfd_write(w->fd, 1);
        return NULL;
}

static int on_end(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct worker *w = userdata;
        eventfd_t value;

        if (eventfd_read(fd, &value) < 0)
                return 0;
        pthread_join(w->thread, NULL);
        w->busy = false;
        return w->done(w->userdata);
}

int worker_new(sd_event *event, worker_run_fn run, worker_done_fn done, void *userdata,
               struct worker **ret)
{
        _cleanup_(worker_freep) struct worker *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->run = run;
        w->done = done;
        w->userdata = userdata;
        w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->fd < 0)
                return -errno;
        r = sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_end, w);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(w);
        return 0;
}

int worker_start(struct worker *w)
{
        pthread_attr_t attr;
        int r;

        if (w->busy)
                return -EBUSY;
        r = pthread_attr_init(&attr);
        if (r != 0)
                return -r;
        r = pthread_attr_setstacksize(&attr, STACK_SIZE);
        if (r == 0)
                r = pthread_create(&w->thread, &attr, thread_main, w);
        pthread_attr_destroy(&attr);
        w->busy = r == 0;
        return -r;
}

bool worker_is_busy(const struct worker *w)
{
        return w->busy;
}

struct worker *worker_free(struct worker *w)
{
        if (!w)
                return NULL;
        sd_event_source_disable_unref(w->source);
        if (w->busy) {
                w->source = NULL;
                return NULL;
        }
        if (w->fd >= 0)
                close(w->fd);
        free(w);
        return NULL;
}
