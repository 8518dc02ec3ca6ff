/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/round.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "measure/loops.h"

/* The amount of work between two readings of the clock: less than a millisecond's. */
#define PART_BYTES (768UL << 10)
#define PART_LOADS 1024U
#define PART_SWAPS 16384U

#define SEED 88172645463325252ULL

struct worker {
        pthread_t thread;
        const struct round *round;
        pthread_mutex_t *gate;
        const bool *cancelled;
        char *memory; /* its own part */
        size_t size;
        size_t part, at; /* how much is done at a time, and where it goes on */
        uint64_t seed;
        struct line *line;
        uint64_t done, nsec; /* how much was done, and how long it took */
        bool ended;
};

uint64_t clock_nsec(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void touch(struct worker *w)
{
        size_t rest = w->size - w->at, n = rest < w->part ? rest : w->part;

        memset(w->memory + w->at, 1, n);
        w->at += n;
        w->done += n;
        w->ended = w->at == w->size;
}

static void chain(struct worker *w)
{
        w->at = chain_mix((struct line *)(void *)w->memory, w->at, PART_SWAPS, &w->seed);
        w->ended = w->at == 0;
}

static void chase(struct worker *w)
{
        w->line = chain_follow(w->line, PART_LOADS);
        w->done += PART_LOADS;
}

/* The next part of the memory. After the last one comes the first one again. */
static char *next_part(struct worker *w)
{
        char *part = w->memory + w->at;

        w->at = w->at + 2 * w->part <= w->size ? w->at + w->part : 0;
        w->done += w->part;
        return part;
}

static void stream_read(struct worker *w)
{
        loop_read(next_part(w), w->part);
}

static void stream_mixed(struct worker *w)
{
        loop_mixed(next_part(w), w->part);
}

static void stream_write(struct worker *w)
{
        loop_write(next_part(w), w->part);
}

static void (*const steps[])(struct worker *w) = {
        [WORK_TOUCH] = touch,      [WORK_CHAIN] = chain,        [WORK_CHASE] = chase,
        [WORK_READ] = stream_read, [WORK_MIXED] = stream_mixed, [WORK_WRITE] = stream_write,
};

static void *run_worker(void *userdata)
{
        struct worker *w = userdata;
        void (*step)(struct worker *) = steps[w->round->work];
        uint64_t start;

        /* all threads begin together: the gate opens when the last one has been started */
        pthread_mutex_lock(w->gate);
        pthread_mutex_unlock(w->gate);
        if (*w->cancelled)
                return NULL;
        start = clock_nsec();
        do {
                step(w);
                w->nsec = clock_nsec() - start;
        } while (!w->ended && w->nsec < w->round->nsec);
        return NULL;
}

/* Parts are equal, and a multiple of three lines, as the mix needs. */
static size_t size_of_part(size_t size)
{
        size_t n = (size + PART_BYTES - 1) / PART_BYTES;

        return size / n / (3 * LINE) * (3 * LINE);
}

static void worker_init(struct worker *w, const struct round *round, unsigned i)
{
        size_t lines = round->size / LINE, n = round->n_cpus;
        size_t first = lines * i / n, end = lines * (i + 1) / n;

        w->round = round;
        w->memory = round->memory + first * LINE;
        w->size = (end - first) * LINE;
        w->part = size_of_part(w->size);
        w->line = round->work == WORK_CHASE ? *round->at : NULL;
        if (round->work != WORK_CHAIN)
                return;
        w->at = end - first;
        w->seed = SEED;
}

static int worker_start(struct worker *w, unsigned cpu)
{
        struct cpus one = { 0 };
        pthread_attr_t attributes;
        int r;

        cpus_add(cpu, &one);
        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        r = pthread_attr_setaffinity_np(&attributes, sizeof(one.words), one.words);
        if (r == 0)
                r = pthread_create(&w->thread, &attributes, run_worker, w);
        pthread_attr_destroy(&attributes);
        return -r;
}

/* The last CPU before this number. The last CPUs are taken first, since the first CPU of a machine
 * usually has the most other work. */
static unsigned pick_cpu(const struct cpus *cpus, unsigned before)
{
        do
                before--;
        while (!cpus_has(before, cpus));
        return before;
}

static int start_all(const struct round *round, struct worker *workers, pthread_mutex_t *gate,
                     const bool *cancelled, unsigned *ret_started)
{
        unsigned cpu = CPU_MAX;

        for (*ret_started = 0; *ret_started < round->n_cpus; (*ret_started)++) {
                struct worker *w = &workers[*ret_started];
                int r;

                cpu = pick_cpu(round->cpus, cpu);
                worker_init(w, round, *ret_started);
                w->gate = gate;
                w->cancelled = cancelled;
                r = worker_start(w, cpu);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int sum_rates(const struct round *round, const struct worker *workers, double *ret)
{
        double sum = 0;

        for (unsigned i = 0; i < round->n_cpus; i++) {
                if (work_ends(round->work) && !workers[i].ended)
                        return -ETIME;
                sum += (double)workers[i].done / (double)(workers[i].nsec ?: 1);
        }
        if (round->work == WORK_CHASE)
                *round->at = workers[0].line;
        *ret = sum;
        return 0;
}

int round_run(const struct round *round, double *ret)
{
        _cleanup_(freep) struct worker *workers = calloc(round->n_cpus, sizeof(*workers));
        pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
        bool cancelled = false;
        unsigned started;
        int r;

        if (!workers)
                return -ENOMEM;
        pthread_mutex_lock(&gate);
        r = start_all(round, workers, &gate, &cancelled, &started);
        cancelled = r < 0;
        pthread_mutex_unlock(&gate);
        for (unsigned i = 0; i < started; i++)
                pthread_join(workers[i].thread, NULL);
        return r < 0 ? r : sum_rates(round, workers, ret);
}
