/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <time.h>

#include "cli/kept.h"
#include "common/quiet.h"
#include "fake-kernel.h"

/* How often "numatier status --watch" reads nodelist, and wakes up for that. */

#define COUNT "sys/kernel/uevent_seqnum"

static unsigned sleeps;

int __wrap_nanosleep(const struct timespec *duration, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *duration, struct timespec *rest)
{
        sleeps++;
        return 0;
}

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct policy *policy;
static struct kept kept;

static void begin(const char *machine)
{
        root = fake_kernel_new(machine, &kernel);
        assert(policy_new(&policy) == 0);
}

static void end(void)
{
        kept_done(&kept);
        policy_unref(policy);
        sysroot_free(root);
}

/* Shows the machine n times: how often nodelist was read; node 1 is in that tier. */
static unsigned show(unsigned n, uint32_t tier)
{
        kernel->nodelist_reads = sleeps = 0;
        for (unsigned i = 0; i < n; i++) {
                struct state *state;
                struct snapshot *s;

                assert(state_new(&state) == 0);
                assert(kept_reconcile(&kept, root, policy, state, &s) == 0);
                assert(s->machine->tiers_known);
                assert(machine_get_node(s->machine, 1)->present_tier == tier);
                snapshot_unref(s);
                state_free(state);
        }
        return kernel->nodelist_reads;
}

static void test_unchanged(void)
{
        begin(THREAD_GUEST THREAD_TIERS COUNT ": 7\n");
        assert(show(1, 18) == 2 && sleeps == 20); /* two tiers; two seconds of quiet */
        assert(show(1000, 18) == 0 && sleeps == 0);
        /* an event of any kind */
        fake_kernel_set(kernel, COUNT, "8");
        fake_kernel_set(kernel, TIER "memory_tier4/nodelist", "0-1");
        fake_kernel_set(kernel, TIER "memory_tier18/nodelist", "");
        assert(show(1, 4) == 2 && sleeps == 20);
        assert(show(10, 4) == 0);
        end();
}

static void count_up(struct fake_kernel *k, const char *path)
{
        char text[16];

        if (!strstr(path, "/nodelist"))
                return;
        snprintf(text, sizeof(text), "%d", atoi(fake_kernel_get(k, COUNT)) + 1);
        fake_kernel_set(k, COUNT, text);
        k->before_read = NULL;
}

/* What was read while something happened may be what was before. */
static void test_event_meanwhile(void)
{
        begin(THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER
                                "memory_tier18/nodelist: 1\n" COUNT ": 7\n");
        kernel->before_read = count_up;
        {
                struct state *state;
                struct snapshot *s;

                assert(state_new(&state) == 0);
                assert(kept_reconcile(&kept, root, policy, state, &s) == 0);
                snapshot_unref(s);
                state_free(state);
        }
        assert(!kept.snapshot);
        assert(show(1, 18) == 2 && kept.snapshot);
        end();
}

/* Linux sends no uevent if both tiers stay. */
static void test_offset(void)
{
        begin(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS COUNT ": 7\n");
        assert(show(1, 18) == 2);
        assert(show(10, 18) == 0);
        fake_kernel_set(kernel, NODE "node1/adistance_offset", "-448");
        fake_kernel_set(kernel, TIER "memory_tier4/nodelist", "0-1");
        fake_kernel_set(kernel, TIER "memory_tier18/nodelist", "");
        assert(show(1, 4) == 2);
        end();
}

/* Shows the machine at that time without waiting: whether the tiers are known. */
static bool show_at(uint64_t usec, unsigned reads)
{
        struct state *state;
        struct snapshot *s;
        bool known;

        kernel->nodelist_reads = sleeps = 0;
        assert(state_new(&state) == 0);
        assert(kept_reconcile_at(&kept, usec, root, policy, state, &s) == 0);
        known = s->machine->tiers_known;
        assert(sleeps == 0 && kernel->nodelist_reads == reads);
        assert(known != s->machine->tiers_withheld);
        snapshot_unref(s);
        state_free(state);
        return known;
}

/* A display must not stand still: nodelist is read once memory has been quiet between two calls. */
static void test_without_waiting(void)
{
        kept = (struct kept){ 0 };
        begin(THREAD_GUEST THREAD_TIERS COUNT ": 7\n");
        assert(!show_at(1000000, 0));
        assert(!show_at(2999999, 0));
        assert(show_at(3000000, 2));
        assert(show_at(3100000, 0));
        /* an event of any kind */
        fake_kernel_set(kernel, COUNT, "8");
        assert(!show_at(3200000, 0));
        assert(!show_at(5199999, 0));
        fake_kernel_set(kernel, COUNT, "9");
        assert(!show_at(5200000, 0)); /* and another */
        assert(show_at(7200000, 2));
        assert(show_at(7300000, 0));
        end();
}

int main(void)
{
        test_unchanged();
        test_event_meanwhile();
        test_offset();
        test_without_waiting();
        return 0;
}
