/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/measure.h"

#include <errno.h>

#include "base/units.h"
#include "measure/loops.h"
#include "measure/memory.h"
#include "measure/round.h"

#define REPETITIONS 5
/* The first repetition of each kind warms up and does not count. */
#define ROUNDS (MEASURED_FIGURES * (REPETITIONS + 1))

/* Less is no time in which anything can be told. */
#define ROUND_NSEC_MIN 5000000U

#define MIB 1048576.0

static const struct {
        const char *name;
        enum work work;
} kinds[] = {
        [MEASURED_LATENCY] = { "latency", WORK_CHASE },
        [MEASURED_READ] = { "bandwidth of reads", WORK_READ },
        [MEASURED_MIXED] = { "bandwidth of two reads to a write", WORK_MIXED },
        [MEASURED_WRITE] = { "bandwidth of writes", WORK_WRITE },
};

struct job {
        const struct place *place;
        const struct measure_options *options;
        struct messages *errors;
        struct memory memory;
        size_t chain;    /* so much of it is one */
        struct line *at; /* where the chase is: on through what no cache has seen of late */
        uint64_t deadline;
};

const char *figure_kind_name(enum figure_kind kind)
{
        return kinds[kind].name;
}

double measurement_spread(const struct measurement *m)
{
        double most = 0;

        for (unsigned k = 0; k < MEASURED_FIGURES; k++)
                if (m->figures[k].spread > most)
                        most = m->figures[k].spread;
        return most;
}

struct perf measurement_perf(const struct measurement *m)
{
        struct perf p = { 0 };

        /* a store that misses reads its line first, and so takes as long as a load */
        p.v[READ_LATENCY] = p.v[WRITE_LATENCY] = round_figure(m->figures[MEASURED_LATENCY].median);
        p.v[READ_BANDWIDTH] = round_figure(m->figures[MEASURED_READ].median);
        p.v[WRITE_BANDWIDTH] = round_figure(m->figures[MEASURED_WRITE].median);
        return p;
}

static int run(struct job *job, enum work work, uint64_t nsec, double *ret)
{
        bool alone = work == WORK_CHAIN || work == WORK_CHASE;
        const struct round round = {
                .work = work,
                .cpus = &job->place->cpus,
                .n_cpus = alone ? 1 : cpus_count(&job->place->cpus),
                .memory = job->memory.start,
                .size = alone ? job->chain : job->memory.size,
                .at = &job->at,
                .nsec = nsec,
        };
        int r = round_run(&round, ret);

        if (r < 0 && r != -ETIME)
                messages_add(job->errors, "node %u: cannot start threads: %s", job->place->node,
                             strerror(-r));
        return r;
}

/* Making ready may take as long as it likes, so that a fifth of the time is left. */
static uint64_t time_to_prepare(const struct job *job)
{
        uint64_t end = job->deadline - job->options->seconds * 200000000ULL, now = clock_nsec();

        return now < end ? end - now : 1;
}

static int prepare(struct job *job)
{
        char size[UNIT_STRING_MAX];
        double unused;
        int r;

        r = run(job, WORK_TOUCH, time_to_prepare(job), &unused);
        if (r == 0)
                r = memory_verify(&job->memory, job->errors);
        if (r == 0) {
                job->at = (struct line *)(void *)job->memory.start;
                chain_start(job->at, job->chain / LINE);
                r = run(job, WORK_CHAIN, time_to_prepare(job), &unused);
        }
        if (r == -ETIME)
                messages_add(job->errors,
                             "node %u: %u s are too short to fill %s and to measure: give it more "
                             "--seconds or less --size",
                             job->place->node, job->options->seconds,
                             format_size(job->memory.size >> 10, size));
        return r;
}

/* What is left of the time, for each of the rounds that are left. */
static uint64_t share_of_time(const struct job *job, unsigned round)
{
        uint64_t now = clock_nsec();
        uint64_t share = now < job->deadline ? (job->deadline - now) / (ROUNDS - round) : 0;

        return share > ROUND_NSEC_MIN ? share : ROUND_NSEC_MIN;
}

static int repeat(struct job *job, enum figure_kind kind, struct sample *ret)
{
        double values[REPETITIONS], rate;

        for (unsigned i = 0; i <= REPETITIONS; i++) {
                unsigned round = kind * (REPETITIONS + 1) + i;
                int r;

                if (job->options->progress)
                        job->options->progress(job->place->node, round, ROUNDS,
                                               job->options->userdata);
                r = run(job, kinds[kind].work, share_of_time(job, round), &rate);
                if (r < 0)
                        return r;
                if (i > 0) /* per nanosecond: loads, or bytes */
                        values[i - 1] = kind == MEASURED_LATENCY ? 1 / rate : rate * 1e9 / MIB;
        }
        *ret = sample_of(values, REPETITIONS);
        return 0;
}

static int measure_all(struct job *job, struct measurement *ret)
{
        int r;

        r = prepare(job);
        for (unsigned k = 0; r == 0 && k < MEASURED_FIGURES; k++)
                r = repeat(job, k, &ret->figures[k]);
        /* a kernel short of memory may have moved some of it meanwhile */
        return r < 0 ? r : memory_verify(&job->memory, job->errors);
}

static int check_free(struct sysroot *root, const struct place *place, uint64_t size,
                      struct messages *errors)
{
        char need_text[UNIT_STRING_MAX], free_text[UNIT_STRING_MAX];
        uint64_t needed = place_needed(size), free_now;
        int r;

        r = place_read_free(root, place->node, &free_now);
        if (r < 0) {
                messages_add(errors, "node %u: cannot tell how much of its memory is free: %s",
                             place->node, strerror(-r));
                return r;
        }
        if (free_now > needed)
                return 0;
        messages_add(errors, "node %u: needs more than %s of free memory, and has %s; see --size",
                     place->node, format_size(needed >> 10, need_text),
                     format_size(free_now >> 10, free_text));
        return -ENOSPC;
}

static void warn(const struct place *place, uint64_t size, struct messages *warnings)
{
        char have[UNIT_STRING_MAX], cache[UNIT_STRING_MAX];

        if (place->cache_total == 0)
                messages_add(warnings,
                             "node %u: the caches of node %u are not known: what was measured may "
                             "be theirs",
                             place->node, place->initiator);
        else if (size < place_buffer_size(place))
                messages_add(warnings,
                             "node %u: %s are little beside %s of last-level cache: what was "
                             "measured may be the cache",
                             place->node, format_size(size >> 10, have),
                             format_size(place->cache_total >> 10, cache));
}

static void warn_of_spread(const struct measurement *m, struct messages *warnings)
{
        unsigned worst = 0;

        for (unsigned k = 1; k < MEASURED_FIGURES; k++)
                if (m->figures[k].spread > m->figures[worst].spread)
                        worst = k;
        if (m->figures[worst].spread > SPREAD_MAX)
                messages_add(warnings,
                             "node %u: not repeatable: the %s varied by %.0f%% over %d repetitions",
                             m->node, figure_kind_name(worst), m->figures[worst].spread * 100,
                             REPETITIONS);
}

int measure(struct sysroot *root, const struct place *place, const struct measure_options *options,
            struct messages *errors, struct messages *warnings, struct measurement *ret)
{
        uint64_t size = options->size ?: place_buffer_size(place);
        uint64_t chain = place_chain_size(place);
        struct job job = {
                .place = place,
                .options = options,
                .errors = errors,
                .chain = size < chain ? size : chain,
                .deadline = clock_nsec() + options->seconds * 1000000000ULL,
        };
        struct measurement m = { .node = place->node, .initiator = place->initiator };
        int r;

        r = check_free(root, place, size, errors);
        if (r < 0)
                return r;
        r = memory_map(place->node, size, errors, &job.memory);
        if (r == 0)
                r = measure_all(&job, &m);
        memory_done(&job.memory);
        if (r < 0)
                return r;
        warn(place, size, warnings);
        warn_of_spread(&m, warnings);
        *ret = m;
        return 0;
}
