/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>

/* The library's deepest buffers take some 50 KiB; what is not touched costs nothing. */
#define STACK_SIZE (512U << 10)

struct worker {
        sd_event_source *source;
        int fd; /* an eventfd: the thread writes to it when it ends */
        pthread_t thread;
        bool busy;         /* the thread runs, or is about to be started */
        enum command runs; /* while busy */
        unsigned waiting;  /* a bit for each command */
        struct worker_handler handler;
        void *userdata;
};

static_assert(COMMANDS <= 8 * sizeof(((struct worker *)NULL)->waiting), "one bit a command");

static void *thread_main(void *userdata)
{
        struct worker *w = userdata;

        w->handler.run(w->runs, w->userdata);
        eventfd_write(w->fd, 1);
        return NULL;
}

static int start_thread(struct worker *w)
{
        pthread_attr_t attr;
        int r;

        r = pthread_attr_init(&attr);
        if (r != 0)
                return -r;
        r = pthread_attr_setstacksize(&attr, STACK_SIZE);
        if (r == 0)
                r = pthread_create(&w->thread, &attr, thread_main, w);
        pthread_attr_destroy(&attr);
        return -r;
}

static enum command get_most_urgent(const struct worker *w)
{
        assert(w->waiting != 0);
        return (enum command)__builtin_ctz(w->waiting);
}

/* busy is set while a command is prepared, so that worker_push() only adds to the queue. */
static int start_next(struct worker *w)
{
        int r;

        assert(!w->busy);
        if (w->waiting == 0)
                return 0;
        w->busy = true;
        do {
                w->runs = get_most_urgent(w);
                w->handler.prepare(w->runs, w->userdata);
        } while (get_most_urgent(w) != w->runs);
        w->waiting &= ~(1U << w->runs);
        r = start_thread(w);
        if (r == 0)
                return 0;
        w->busy = false;
        w->waiting |= 1U << w->runs;
        return w->handler.failed(r, w->userdata);
}

static int on_end(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct worker *w = userdata;
        eventfd_t value;
        int r;

        if (eventfd_read(fd, &value) < 0)
                return 0;
        assert(w->busy);
        (void)pthread_join(w->thread, NULL);
        w->busy = false;
        r = w->handler.done(w->runs, w->userdata);
        return r < 0 || w->busy ? r : start_next(w);
}

int worker_new(sd_event *event, const struct worker_handler *handler, void *userdata,
               struct worker **ret)
{
        _cleanup_(worker_freep) struct worker *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->handler = *handler;
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

int worker_push(struct worker *w, enum command c)
{
        assert(c < COMMANDS);
        w->waiting |= 1U << c;
        return w->busy ? 0 : start_next(w);
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
