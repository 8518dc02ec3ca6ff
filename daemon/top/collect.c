/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "top/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "cli/cli.h"
#include "cli/kept.h"
#include "cli/writer.h"
#include "view/usage.h"

#define PROBLEM_MAX 1024

/* All groups are read one after the other, and a machine may have tens of thousands: at most this
 * often, and at most this share of the time. */
#define UNITS_USEC  2000000U
#define UNITS_SHARE 10U
/* More do not fit on a screen. */
#define UNITS_MAX 500U

struct units {
        struct usage_list *list; /* or NULL */
        uint64_t read_usec, cost_usec;
};

struct collector {
        struct arguments arguments;
        struct kept kept;
        struct units units;
        pthread_t thread;
        pthread_mutex_t mutex;
        pthread_cond_t wanted_cond;
        bool wanted, busy, ended; /* guarded, as are the next two */
        struct sample *sample;
        int error;
        char *why;
        int fd;
        int stderr_text,
                stderr_held; /* what is said while the screen is in use; and the real one */
};

static void read_units(struct units *u, struct pass *p, const struct usage_tiers *tiers)
{
        const struct usage_order order = { .key = USAGE_BY_SLOW, .limit = UNITS_MAX };
        const uint64_t start = monotonic_usec();

        u->list = usage_list_free(u->list);
        /* where there are no such groups there are no units; what else is wrong is a problem */
        if (tiers->first_slow < tiers->n)
                (void)usage_list_cgroups(p->root, tiers, &order, &p->result->problems, &u->list);
        u->read_usec = monotonic_usec();
        u->cost_usec = u->read_usec - start;
}

static bool are_due(const struct units *u, uint64_t now)
{
        const uint64_t pause = u->cost_usec * (UNITS_SHARE - 1);

        return u->read_usec == 0 || now - u->read_usec >= (pause > UNITS_USEC ? pause : UNITS_USEC);
}

static int add_units(struct units *u, struct pass *p, struct sample *s)
{
        _cleanup_(freep) struct usage_tiers *tiers = calloc(1, sizeof(*tiers)); /* is large */

        if (!tiers)
                return -ENOMEM;
        view_get_usage_tiers(p->view, tiers);
        if (are_due(u, s->usec))
                read_units(u, p, tiers);
        return u->list ? sample_set_units(s, u->list) : 0;
}

static int read_all(struct pass *p, struct units *units, uint64_t now, struct sample **ret)
{
        _cleanup_(counts_freep) struct counts *counts = NULL;
        _cleanup_(sample_freep) struct sample *s = NULL;
        struct messages *problems = &p->result->problems;
        int r;

        r = counts_read(p->root, &p->result->machine->memory, problems, &counts);
        if (r == 0)
                r = sample_new(p->view, counts, now, &s);
        if (r == 0)
                r = add_units(units, p, s);
        if (r < 0)
                return r;
        if (problems->n > 0)
                s->problem = texts_copy(&s->texts, problems->items[0]);
        *ret = TAKE_PTR(s);
        return 0;
}

static int collect_at(const struct arguments *a, struct kept *kept, struct units *units,
                      struct sample **ret)
{
        const uint64_t now = monotonic_usec();
        struct pass p;
        int r;

        r = pass_run_at(a, kept, now, &p);
        if (r == 0)
                r = read_all(&p, units, now, ret);
        pass_done(&p);
        return r;
}

int collect(const struct input *in, struct sample **ret)
{
        const struct arguments a = { .input = *in };
        struct units units = { 0 };
        struct pass p;
        int r;

        /* one that waits until the tiers are known */
        r = pass_run(&a, RECONCILE_PLAN, &p);
        if (r == 0)
                r = read_all(&p, &units, monotonic_usec(), ret);
        pass_done(&p);
        usage_list_free(units.list);
        return r;
}

/* The thread */

/* The first line of what was said on standard error since the last call; to be freed. */
static char *take_stderr(const struct collector *c)
{
        char text[PROBLEM_MAX];
        ssize_t n;

        if (c->stderr_text < 0)
                return NULL;
        n = pread(c->stderr_text, text, sizeof(text) - 1, 0);
        (void)!ftruncate(c->stderr_text, 0);
        (void)lseek(c->stderr_text, 0, SEEK_SET);
        if (n <= 0)
                return NULL;
        text[n] = '\0';
        text[strcspn(text, "\n")] = '\0';
        return strdup(startswith(text, "numatier: ") ?: text);
}

static void work(struct collector *c)
{
        struct sample *s = NULL;
        int r = collect_at(&c->arguments, &c->kept, &c->units, &s);
        char *why = take_stderr(c);
        const uint64_t one = 1;

        pthread_mutex_lock(&c->mutex);
        c->busy = false;
        c->error = r;
        c->sample = s;
        c->why = why;
        pthread_mutex_unlock(&c->mutex);
        (void)!write(c->fd, &one, sizeof(one));
}

static void *run(void *userdata)
{
        struct collector *c = userdata;

        pthread_mutex_lock(&c->mutex);
        while (!c->ended) {
                if (!c->wanted) {
                        pthread_cond_wait(&c->wanted_cond, &c->mutex);
                        continue;
                }
                c->wanted = false;
                pthread_mutex_unlock(&c->mutex);
                work(c);
                pthread_mutex_lock(&c->mutex);
        }
        pthread_mutex_unlock(&c->mutex);
        return NULL;
}

/* Signals are for the thread that has the screen. */
static int start(struct collector *c)
{
        sigset_t all, before;
        int r;

        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = -pthread_create(&c->thread, NULL, run, c);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

/* What a pass says on standard error would be written over the screen. */
static void hold_stderr(struct collector *c)
{
        c->stderr_text = memfd_create("numatier", MFD_CLOEXEC);
        c->stderr_held = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (c->stderr_text >= 0)
                (void)dup2(c->stderr_text, STDERR_FILENO);
}

static void release_stderr(struct collector *c)
{
        if (c->stderr_held >= 0)
                (void)dup2(c->stderr_held, STDERR_FILENO);
        closep(&c->stderr_held);
        closep(&c->stderr_text);
}

int collector_new(const struct input *in, struct collector **ret)
{
        struct collector *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        c->arguments.input = *in;
        pthread_mutex_init(&c->mutex, NULL);
        pthread_cond_init(&c->wanted_cond, NULL);
        c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        hold_stderr(c);
        r = c->fd < 0 ? -errno : start(c);
        if (r < 0) {
                release_stderr(c);
                closep(&c->fd);
                free(c);
                return r;
        }
        *ret = c;
        return 0;
}

struct collector *collector_free(struct collector *c)
{
        bool busy;

        if (!c)
                return NULL;
        pthread_mutex_lock(&c->mutex);
        c->ended = true;
        busy = c->busy;
        pthread_cond_signal(&c->wanted_cond);
        pthread_mutex_unlock(&c->mutex);
        release_stderr(c);
        if (busy)
                return NULL; /* it uses the rest */
        pthread_join(c->thread, NULL);
        kept_done(&c->kept);
        usage_list_free(c->units.list);
        sample_free(c->sample);
        free(c->why);
        closep(&c->fd);
        free(c);
        return NULL;
}

int collector_get_fd(const struct collector *c)
{
        return c->fd;
}

void collector_request(struct collector *c)
{
        pthread_mutex_lock(&c->mutex);
        if (!c->busy) {
                c->busy = c->wanted = true;
                pthread_cond_signal(&c->wanted_cond);
        }
        pthread_mutex_unlock(&c->mutex);
}

int collector_take(struct collector *c, struct sample **ret, char **ret_why)
{
        uint64_t count;
        int r;

        if (read(c->fd, &count, sizeof(count)) < 0)
                return 0;
        pthread_mutex_lock(&c->mutex);
        r = c->error < 0 ? c->error : 1;
        *ret = TAKE_PTR(c->sample);
        *ret_why = TAKE_PTR(c->why);
        pthread_mutex_unlock(&c->mutex);
        return r;
}
