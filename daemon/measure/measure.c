/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "measure/measure.h"

#include <assert.h>
#include <errno.h>

#include "base/units.h"
#include "measure/loops.h"
#include "measure/memory.h"
#include "measure/round.h"

#define REPETITIONS 5
/* The first repetition of each kind warms up and does not count. */
#define ROUNDS (MEASURED_VALUES * (REPETITIONS + 1))

/* The shortest time in which a rate can be measured. */
#define ROUND_NSEC_MIN 5000000U

#define MIB 1048576.0

static const struct {
        const char *name;
        enum work work;
} kinds[] = {
        [MEASURED_LATENCY] = { "latency", WORK_CHASE },
        [MEASURED_READ] = { "read bandwidth", WORK_READ },
        [MEASURED_MIXED] = { "bandwidth of two reads to one write", WORK_MIXED },
        [MEASURED_WRITE] = { "write bandwidth", WORK_WRITE },
};
static_assert(ELEMENTSOF(kinds) == MEASURED_VALUES, "each value has a name");

struct job {
        const struct place *place;
        const struct measure_options *options;
        struct messages *errors;
        struct memory memory;
        size_t chain;    /* bytes of it that are linked into a chain */
        struct line *at; /* where the chase goes on: in lines that have left the caches */
        uint64_t deadline;
};

const char *measured_value_name(enum measured_value kind)
{
        return kinds[kind].name;
}

enum measured_value measurement_worst_value(const struct measurement *m)
{
        enum measured_value worst = 0;

        for (unsigned k = 1; k < MEASURED_VALUES; k++)
                if (m->values[k].spread > m->values[worst].spread)
                        worst = k;
        return worst;
}

double measurement_spread(const struct measurement *m)
{
        return m->values[measurement_worst_value(m)].spread;
}

bool measurement_is_repeatable(const struct measurement *m)
{
        return measurement_spread(m) <= SPREAD_MAX;
}

struct perf measurement_perf(const struct measurement *m)
{
        struct perf p = { 0 };

        /* a store that misses the caches reads its line first, so it takes as long as a load */
        p.v[READ_LATENCY] = p.v[WRITE_LATENCY] = round_value(m->values[MEASURED_LATENCY].median);
        p.v[READ_BANDWIDTH] = round_value(m->values[MEASURED_READ].median);
        p.v[WRITE_BANDWIDTH] = round_value(m->values[MEASURED_WRITE].median);
        return p;
}

static int run_round(struct job *job, enum work work, uint64_t nsec, double *ret)
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

/* Preparing may take up to four fifths of the time. */
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

        r = run_round(job, WORK_TOUCH, time_to_prepare(job), &unused);
        if (r == 0)
                r = memory_verify(&job->memory, job->errors);
        if (r == 0) {
                job->at = (struct line *)(void *)job->memory.start;
                chain_start(job->at, job->chain / LINE);
                r = run_round(job, WORK_CHAIN, time_to_prepare(job), &unused);
        }
        if (r == -ETIME)
                messages_add(job->errors,
                             "node %u: %u seconds are too short to fill %s and measure; use a "
                             "larger --seconds or a smaller --size",
                             job->place->node, job->options->seconds,
                             format_size(job->memory.size >> 10, size));
        return r;
}

/* The remaining time, divided by the remaining rounds. */
static uint64_t share_of_time(const struct job *job, unsigned round)
{
        uint64_t now = clock_nsec();
        uint64_t share = now < job->deadline ? (job->deadline - now) / (ROUNDS - round) : 0;

        return share > ROUND_NSEC_MIN ? share : ROUND_NSEC_MIN;
}

static int measure_value(struct job *job, enum measured_value kind, struct sample *ret)
{
        double values[REPETITIONS], rate;

        for (unsigned i = 0; i <= REPETITIONS; i++) {
                unsigned round = kind * (REPETITIONS + 1) + i;
                int r;

                if (job->options->progress)
                        job->options->progress(job->place->node, round, ROUNDS,
                                               job->options->userdata);
                r = run_round(job, kinds[kind].work, share_of_time(job, round), &rate);
                if (r < 0)
                        return r;
                if (i > 0) /* the rate is in loads, or bytes, per nanosecond */
                        values[i - 1] = kind == MEASURED_LATENCY ? 1 / rate : rate * 1e9 / MIB;
        }
        *ret = sample_of(values, REPETITIONS);
        return 0;
}

static int measure_all(struct job *job, struct measurement *ret)
{
        int r;

        r = prepare(job);
        if (r < 0)
                return r;
        for (unsigned k = 0; k < MEASURED_VALUES; k++) {
                r = measure_value(job, k, &ret->values[k]);
                if (r < 0)
                        return r;
        }
        /* a kernel that is short of memory may have moved some pages in the meantime */
        return memory_verify(&job->memory, job->errors);
}

static int check_free(struct sysroot *root, const struct place *place, uint64_t size,
                      struct messages *errors)
{
        char need_text[UNIT_STRING_MAX], free_text[UNIT_STRING_MAX];
        uint64_t needed = place_needed(size), free_now;
        int r;

        r = place_read_free(root, place->node, &free_now);
        if (r < 0) {
                messages_add(errors, "node %u: cannot read how much of its memory is free: %s",
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

static void add_warnings(const struct place *place, uint64_t size, struct messages *warnings)
{
        char have[UNIT_STRING_MAX], cache[UNIT_STRING_MAX];

        if (place->cache_total == 0)
                messages_add(warnings,
                             "node %u: the cache sizes of node %u are unknown: the values may be "
                             "those of a cache",
                             place->node, place->initiator);
        else if (size < place_buffer_size(place))
                messages_add(warnings,
                             "node %u: a buffer of %s is small beside %s of last-level cache: the "
                             "values may be those of the cache",
                             place->node, format_size(size >> 10, have),
                             format_size(place->cache_total >> 10, cache));
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
        struct measurement m = { .node = place->node,
                                 .initiator = place->initiator,
                                 .cpus = cpus_count(&place->cpus),
                                 .missing_cpus = cpus_count(&place->missing) };
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
        add_warnings(place, size, warnings);
        *ret = m;
        return 0;
}
