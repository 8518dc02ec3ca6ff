/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <inttypes.h>
#include <time.h>

#include "facts/knobs.h"
#include "facts/tiers.h"
#include "schedule.h"
#include "sysroot/capture.h"
#include "together.h"

/* When a pass runs, and how it may read tiers, in the real time of an event loop. */

#define MS 1000ULL

static sd_event *event;
static struct sysroot *root;
static struct schedule *schedule;
static unsigned due;

static int on_due(void *userdata)
{
        due++;
        return 0;
}

static uint64_t get_now(void)
{
        struct timespec t;

        assert(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Before what begins a wait: on a busy machine that may take long itself. It is the loop's time,
 * from which the schedule counts. */
static uint64_t begin;

static void begin_wait(void)
{
        assert(sd_event_now(event, CLOCK_MONOTONIC, &begin) >= 0);
}

/* Runs the loop until a pass is due. Returns how many microseconds that is after begin_wait(). */
static uint64_t wait_until_due(uint64_t timeout)
{
        uint64_t end = get_now() + timeout;
        unsigned before = due;

        for (uint64_t now; due == before && (now = get_now()) < end;)
                assert(sd_event_run(event, end - now) >= 0);
        assert(due == before + 1);
        return get_now() - begin;
}

static void expect_nothing_for(uint64_t usec)
{
        uint64_t end = get_now() + usec;
        unsigned before = due;

        for (uint64_t now; (now = get_now()) < end;)
                assert(sd_event_run(event, end - now) >= 0);
        assert(due == before);
}

static void set_policy(uint64_t settle, uint64_t settle_max, uint64_t rescan)
{
        struct policy p = { .settle_usec = settle,
                            .settle_max_usec = settle_max,
                            .rescan_usec = rescan };

        assert(schedule_set_policy(schedule, &p) >= 0);
}

static int count_error;

static void start(void)
{
        static const char text[] =
                "# numatier capture 1\n" NODE_DIR "/has_memory: 0-1\nsys/kernel/uevent_seqnum: 1\n";
        struct messages errors = MESSAGES_INIT;

        due = 0;
        assert(capture_open(text, sizeof(text) - 1, "machine", &errors, &root) == 0);
        assert(sd_event_new(&event) >= 0);
        assert(sd_event_run(event, 0) == 0); /* from now on the loop has a time */
        assert(schedule_new(event, root, on_due, NULL, &schedule) == 0);
        set_policy(100 * MS, 1000 * MS, 0);
}

static void stop(void)
{
        schedule = schedule_free(schedule);
        event = sd_event_unref(event);
        root = sysroot_free(root);
}

static void test_rescan(void)
{
        start();
        assert(schedule_end_pass(schedule, NULL) == 0);
        set_policy(100 * MS, 1000 * MS, 50 * MS);
        assert(schedule_end_pass(schedule, NULL) == 0);
        (void)wait_until_due(3000 * MS); /* within its accuracy of a second, and long before the
                                            pass that failed twice is repeated */
        assert(schedule_end_pass(schedule, NULL) == 0);
        set_policy(100 * MS, 1000 * MS, 0); /* never again; the failed pass is repeated after 8 s */
        schedule_begin_pass(schedule);
        expect_nothing_for(1200 * MS);
        stop();
}

static void test_events(void)
{
        struct monitor_news added = { .any = true };
        struct monitor_news online = { .any = true, .complete = true };

        start();
        assert(schedule_note_events(schedule, &added) >= 0 && due == 0);
        begin_wait();
        assert(schedule_note_events(schedule, &online) >= 0 && due == 1); /* at once */
        assert(schedule_note_events(schedule, &online) >= 0 && due == 1); /* and not again */
        assert(wait_until_due(1000 * MS) >= 90 * MS);                     /* but in the end */
        expect_nothing_for(300 * MS);

        /* what comes while a pass is prepared does not start another at once */
        begin_wait();
        assert(schedule_note_early_events(schedule) >= 0 && due == 2);
        assert(wait_until_due(1000 * MS) >= 90 * MS);
        stop();
}

/* Memory that comes to a new node is answered at once, also in the middle of a storm. */
static void test_new_node(void)
{
        struct monitor_news online = { .any = true, .complete = true, .online = true };
        struct node nodes[2] = { { .id = 0, .has_memory = true }, { .id = 1, .has_memory = true } };
        struct machine m = { .nodes = nodes, .n_nodes = 2 };
        struct snapshot s = { .references = 1, .machine = &m };

        start();
        nodeset_add(&m.memory, 0);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 1);
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 2); /* node 1 */
        nodeset_add(&m.memory, 1);
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 2);

        /* one that the kernel is still bringing up has not been seen; and soon there is a pass,
         * whether or not things have settled */
        set_policy(60000 * MS, 60000 * MS, 0);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 2);
        nodes[1].unsettled = true;
        assert(schedule_end_pass(schedule, &s) == 0);
        schedule_begin_pass(schedule);
        assert(schedule_end_pass(schedule, &s) == 0);
        (void)wait_until_due(5000 * MS);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 4);
        nodes[1].unsettled = false;
        nodes[1].coming = true;
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(schedule_note_events(schedule, &online) >= 0 && due == 5);
        stop();
}

static void test_retry(void)
{
        struct machine m = { 0 };
        struct snapshot s = { .references = 1, .machine = &m };

        start();
        assert(schedule_end_pass(schedule, &s) == 0);
        expect_nothing_for(100 * MS);
        s.error = -28; /* ENOSPC */
        begin_wait();
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(wait_until_due(3000 * MS) >= 1900 * MS);
        schedule_begin_pass(schedule);
        assert(schedule_end_pass(schedule, NULL) == 0); /* no memory: NULL is no result */
        expect_nothing_for(100 * MS);
        stop();
}

/* Writes that the kernel ignored are due when the first of them is, also without a rescan. */
static void test_next_try(void)
{
        struct plan_write held[] = { { .retry_usec = 5000 * MS },
                                     { .retry_usec = 0 },
                                     { .retry_usec = 100 * MS } };
        struct plan plan = { .held = held, .n_held = ELEMENTSOF(held) };
        struct machine m = { 0 };
        struct snapshot s = { .references = 1, .machine = &m, .plan = &plan };

        start();
        begin_wait();
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(wait_until_due(3000 * MS) >= 90 * MS);
        /* what has to be repeated sooner still is */
        s.error = -28; /* ENOSPC */
        held[2].retry_usec = 60000 * MS;
        begin_wait();
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(wait_until_due(3000 * MS) >= 1900 * MS);
        stop();
}

static struct tier_reading prepare(void)
{
        count_error = schedule_prepare_pass(schedule);
        return schedule_begin_pass(schedule);
}

static void count_events(const char *seqnum)
{
        assert(sysroot_replace(root, "sys/kernel/uevent_seqnum", seqnum) == 0);
}

/* Tiers are not read before memory has been quiet, and then at once. Other events than memory's are
 * counted, but do not matter. */
static void test_reading(void)
{
        struct machine m = { .tiers_withheld = true };
        struct snapshot s = { .references = 1, .machine = &m };
        struct tier_reading reading;

        start();
        assert(prepare().nodelist); /* a copy is always quiet */
        begin_wait();
        schedule_set_live(schedule, true);
        count_events("7");
        assert(!prepare().nodelist);
        assert(schedule_end_pass(schedule, &s) == 0);
        count_events("8");
        assert(wait_until_due(3000 * MS) >= 1900 * MS);
        reading = prepare();
        assert(reading.nodelist && reading.seqnum == 8);

        (void)schedule_prepare_pass(
                schedule); /* what is counted, is received, and then not quiet */
        assert(schedule_note_early_events(schedule) >= 0);
        assert(!schedule_begin_pass(schedule).nodelist);
        stop();
}

/* Where no events are received, their count alone says whether memory is quiet. */
static void test_reading_without_events(void)
{
        struct machine m = { .tiers_withheld = true };
        struct snapshot s = { .references = 1, .machine = &m };
        struct tier_reading reading;

        start();
        schedule_set_live(schedule, false);
        count_events("7");
        assert(!prepare().nodelist);
        assert(schedule_end_pass(schedule, &s) == 0);
        (void)wait_until_due(3000 * MS);
        reading = prepare();
        assert(reading.nodelist && reading.seqnum == 7);
        count_events("8");
        assert(!prepare().nodelist);
        count_events("many"); /* not known: no guess */
        assert(!prepare().nodelist && count_error < 0);
        stop();
}

/* An event that is only counted begins the silence anew. */
static void test_event_without_message(void)
{
        struct machine m = { .tiers_withheld = true };
        struct snapshot s = { .references = 1, .machine = &m };
        struct tier_reading reading;

        start();
        schedule_set_live(schedule, false);
        count_events("7");
        assert(!prepare().nodelist);
        assert(schedule_end_pass(schedule, &s) == 0);
        expect_nothing_for(300 * MS);
        begin_wait();
        count_events("8");
        assert(!prepare().nodelist);
        assert(schedule_end_pass(schedule, &s) == 0);
        assert(wait_until_due(3000 * MS) >= 1900 * MS);
        reading = prepare();
        assert(reading.nodelist && reading.seqnum == 8);
        stop();
}

int main(void)
{
        static void (*const tests[])(void) = {
                test_events,
                test_new_node,
                test_rescan,
                test_retry,
                test_next_try,
                test_reading,
                test_reading_without_events,
                test_event_without_message,
        };

        run_together(tests, ELEMENTSOF(tests));
        return 0;
}
