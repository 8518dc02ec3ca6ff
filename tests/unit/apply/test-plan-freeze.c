/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/restore.h"
#include "facts/knobs.h"
#include "fake-kernel.h"
#include "reconcile.h"

/* The guard against a machine that freezes: what is written, in which order, what depends on it,
 * and what is held back where there is none. */

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n[apply]\n"

/* Both nodes in one tier, as on Linux 6.1. */
#define ONE_TIER                                                                                   \
        THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n" TIER "memory_tier5/nodelist:\n" NODE      \
                          "node0/memtier_override: memory_tier4\n" NODE                            \
                          "node1/memtier_override: memory_tier4\n"
#define TWO_TIERS       THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES
#define DEMOTION(value) DEMOTION_PATH ": " #value "\n"

#define WRITE(path, value) path "=" value "\n"
#define OVERRIDE           NODE "node1/memtier_override"

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct policy *policy;
static struct state *state;
static struct snapshot *result = NULL;

static void halt(void)
{
        result = snapshot_unref(result);
        state = state_free(state);
        policy = policy_unref(policy);
        root = sysroot_free(root);
}

static void boot(const char *machine, const char *text)
{
        halt();
        root = fake_kernel_new(machine, &kernel);
        policy = policy_from(text);
        kernel->own_tier[0] = kernel->own_tier[1] = 4;
        assert(state_new(&state) == 0);
}

static void take_policy(const char *text)
{
        result = snapshot_unref(result);
        policy_unref(policy);
        policy = policy_from(text);
}

static void run(void)
{
        result = snapshot_unref(result);
        *kernel->log = '\0';
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &result) == 0);
}

static void assert_quiet(void)
{
        run();
        assert_streq(kernel->log, "");
        assert(plan_is_empty(result->plan));
}

static bool holds(const char *path, const char *reason)
{
        for (size_t i = 0; i < result->plan->n_held; i++)
                if (streq(result->plan->held[i].path, path) &&
                    strstr(result->plan->held[i].reason, reason))
                        return true;
        return false;
}

/* Returns the writes that were held back. */
static size_t restore(void)
{
        struct report *report;
        struct plan *plan;
        size_t held;

        *kernel->log = '\0';
        result = snapshot_unref(result);
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &result) == 0);
        plan = plan_restore_now(root, result->machine, state);
        assert(apply_restore(root, plan, state, NULL, &report) == 0);
        held = report->count[OUTCOME_HELD];
        report_free(report);
        plan_free(plan);
        return held;
}

static void test_first_and_last(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        run();
        assert_streq(kernel->log,
                     WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
        assert_quiet();
        assert(restore() == 0);
        assert_streq(kernel->log,
                     WRITE(DEMOTION_PATH, "false") WRITE(OVERRIDE, "4") WRITE(MIN_TTL_PATH, "0"));
        assert(state->n_originals == 0);
}

/* Whoever switched demotion on, and whoever made the tiers. */
static void test_whoever(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY);
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5"));
        boot(TWO_TIERS LRU_GEN(0) DEMOTION(true), POLICY "interface=none\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100"));
        /* swap fills up: it is no reason to do without the guard */
        boot(TWO_TIERS LRU_GEN(0) SWAP DEMOTION(true), POLICY "interface=none\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100"));
}

static void test_not_needed(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY); /* no demotion */
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "interface=none\n"); /* one tier */
        run();
        assert_streq(kernel->log, "");
        boot(ONE_TIER LRU_GEN(0), POLICY "demotion=yes\n"); /* a kernel without demotion */
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        boot(TWO_TIERS LRU_GEN(7) DEMOTION(true), POLICY "interface=none\n"); /* somebody's own */
        run();
        assert_streq(kernel->log, "");
}

/* The hazard ends: what was there before is there again, after all else. */
static void test_no_longer_needed(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        run();
        take_policy(POLICY "demotion=no\n");
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "false") WRITE(MIN_TTL_PATH, "0"));
        assert(!state_get_original(state, MIN_TTL_PATH));
        assert_quiet();
        take_policy(POLICY "demotion=yes\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(DEMOTION_PATH, "true"));
        take_policy(POLICY "demotion=yes\n[node x]\nnode=1\nignore=yes\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "4") WRITE(MIN_TTL_PATH, "0"));
        assert_quiet();
}

/* What somebody wrote after us is theirs. */
static void test_changed_since(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        run();
        fake_kernel_set(kernel, MIN_TTL_PATH, "500");
        assert_quiet();
        take_policy(POLICY "demotion=no\n");
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "false"));
}

static void test_still_needed(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        run();
        take_policy(POLICY "demotion=no\n");
        kernel->fail_path = DEMOTION_PATH;
        kernel->fail_error = -EIO;
        run();
        assert_streq(kernel->log, "");
        assert(result->report->count[OUTCOME_HELD] == 1);
        assert(restore() == 1);
        assert_streq(fake_kernel_get(kernel, MIN_TTL_PATH), "100");
        kernel->fail_path = NULL;
        assert(restore() == 0);
        assert_streq(fake_kernel_get(kernel, MIN_TTL_PATH), "0");
}

/* A node that cannot be given back stays below the top tier, with what guards it. */
static void test_restore_beside_top_tier(void)
{
        struct report *report;
        struct plan *plan;

        boot(ONE_TIER LRU_GEN(0) DEMOTION(true) BALANCING_PATH ": 3\n", POLICY);
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5"));
        result = snapshot_unref(result);
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &result) == 0);
        plan = plan_restore_now(root, result->machine, state);
        assert(plan->n_unmet == 1 && plan->n_writes == 0 && plan->n_held == 1);
        assert_streq(plan->held[0].path, MIN_TTL_PATH);
        assert_streq(plan->held[0].reason, "node 1 could not be given back, and memory exhaustion "
                                           "could freeze this machine");
        assert(apply_restore(root, plan, state, NULL, &report) == 0);
        assert_streq(fake_kernel_get(kernel, MIN_TTL_PATH), "100");
        assert(state_get_original(state, MIN_TTL_PATH)); /* for a restore after that */
        report_free(report);
        plan_free(plan);
}

/* Demotion that was on before waits until the nodes are given back, and is not switched on if one
 * is not. */
static void test_restore_demotion(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "demotion=no\n");
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "false") WRITE(OVERRIDE, "5"));
        take_policy(POLICY "interface=none\n");
        kernel->fail_path = OVERRIDE;
        kernel->fail_error = -EIO;
        assert(restore() == 1);
        assert_streq(kernel->log, "");
        kernel->fail_path = NULL;
        assert(restore() == 0);
        assert_streq(kernel->log, WRITE(OVERRIDE, "4") WRITE(DEMOTION_PATH, "true"));
}

/* What the kernel ignored is not tried again at once: then nothing counts on it. */
static void test_ignored_before(void)
{
        /* demotion stays on: the move needs the guard */
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "demotion=no\n");
        kernel->ignore_path = DEMOTION_PATH;
        run();
        assert(result->report->entries[0].outcome == OUTCOME_IGNORED);
        assert(result->report->count[OUTCOME_HELD] == 1);
        kernel->log[0] = '\0';
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5"));
        assert(plan_count_backed_off(result->plan) == 1);
        /* the guard itself: the move waits with it */
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY);
        kernel->ignore_path = MIN_TTL_PATH;
        run();
        assert(result->report->count[OUTCOME_HELD] == 1);
        kernel->log[0] = '\0';
        run();
        assert_streq(kernel->log, "");
        assert(result->plan->n_held == 2 && plan_count_backed_off(result->plan) == 1);
}

/* The same where nothing guards: the move waits as long as demotion is on, then and later. */
static void test_demotion_stays_on_unguarded(void)
{
        boot(ONE_TIER DEMOTION(true), POLICY "demotion=no\n");
        kernel->ignore_path = DEMOTION_PATH;
        run();
        assert(result->report->count[OUTCOME_HELD] == 1);
        kernel->log[0] = '\0';
        run();
        assert_streq(kernel->log, "");
        assert(holds(OVERRIDE, "demotion could not be switched off"));
        assert(plan_count_backed_off(result->plan) == 1 && result->plan->n_held == 2);
        kernel->ignore_path = NULL;
        state->now += STATE_RETRY_MIN_USEC;
        run();
        assert_streq(fake_kernel_get(kernel, OVERRIDE), "memory_tier5");
}

/* The kernel ignores the guard, and is at first too busy to switch tiering mode on. */
static void run_until_tiering(void)
{
        kernel->ignore_path = MIN_TTL_PATH;
        kernel->fail_path = BALANCING_PATH;
        kernel->fail_error = -EBUSY;
        run();
        kernel->fail_path = NULL;
        run();
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "3");
}

/* The guard is ignored, and no move waits for it: tiering mode does not wait either. */
static void test_tiering_without_held_moves(void)
{
        boot(TWO_TIERS LRU_GEN(0) DEMOTION(false) BALANCING_PATH ": 1\n",
             POLICY "demotion=yes\nnuma-balancing=tiering\n");
        run_until_tiering();
        assert(holds(DEMOTION_PATH, "the kernel ignores the guard"));
        /* nor where demotion is forced, and nothing needs the guard */
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true) BALANCING_PATH ": 1\n",
             POLICY "demotion=force\nnuma-balancing=tiering\n");
        run_until_tiering();
        assert_streq(fake_kernel_get(kernel, OVERRIDE), "memory_tier5");
}

/* Without the guard nothing is written that needs it, and everything else is. */
static void test_guard_fails(const char *fail, const char *ignore, enum outcome outcome)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true) BALANCING_PATH ": 1\n",
             POLICY "numa-balancing=off\n");
        kernel->fail_path = fail;
        kernel->fail_error = -EROFS;
        kernel->ignore_path = ignore;
        run();
        assert(result->report->entries[0].outcome == outcome);
        assert(result->report->entries[1].outcome == OUTCOME_HELD);
        assert_streq(fake_kernel_get(kernel, OVERRIDE), "memory_tier4");
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "0");
        kernel->fail_path = kernel->ignore_path = NULL;
        state->now += STATE_RETRY_MIN_USEC; /* an ignored write waits for that */
        run();
        assert_streq(fake_kernel_get(kernel, OVERRIDE), "memory_tier5");
        boot(TWO_TIERS LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        kernel->fail_path = fail;
        kernel->fail_error = -EROFS;
        kernel->ignore_path = ignore;
        run();
        assert_streq(fake_kernel_get(kernel, DEMOTION_PATH), "false");
        assert(result->report->count[OUTCOME_HELD] == 1);
}

static void test_fixed(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "min-ttl=50ms\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "50") WRITE(OVERRIDE, "5"));
        assert_quiet();
        take_policy(POLICY "min-ttl=0\ndemotion=yes\n"); /* nothing would guard */
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "0"));
        assert(holds(DEMOTION_PATH, "demotion = yes is refused"));
        fake_kernel_set(kernel, MIN_TTL_PATH, "50");
        take_policy(POLICY "min-ttl=0\ndemotion=force\n");
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "true") WRITE(MIN_TTL_PATH, "0"));
        assert(result->warnings.n == 0 && result->plan->n_held == 0);
        take_policy(POLICY "min-ttl=50ms\ndemotion=yes\n");
        kernel->fail_path = MIN_TTL_PATH;
        kernel->fail_error = -EROFS;
        fake_kernel_set(kernel, DEMOTION_PATH, "false");
        run();
        assert_streq(kernel->log, "");
        boot(ONE_TIER DEMOTION(false), POLICY "min-ttl=50ms\n");
        run();
        assert(messages_have(&result->warnings, "min-ttl, which this kernel does not have"));
}

/* The kernel shows another value than was written. */
static void test_rounded(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "min-ttl=50ms\n");
        kernel->tick_ms = 4;
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "50") WRITE(OVERRIDE, "5"));
        assert_streq(fake_kernel_get(kernel, MIN_TTL_PATH), "52");
        assert(result->report->count[OUTCOME_DONE] == 2);
        assert_quiet();
        take_policy(POLICY "min-ttl=40ms\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "40"));
        take_policy(POLICY "min-ttl=1ms\n");
        run();
        assert_quiet();
        take_policy(POLICY "min-ttl=0\n");
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "0"));
}

static void test_leave(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "min-ttl=leave\ndemotion=yes\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        assert(holds(DEMOTION_PATH, "demotion = yes is refused") && result->warnings.n == 0);
        boot(ONE_TIER LRU_GEN(0) SWAP DEMOTION(false), POLICY "min-ttl=leave\ndemotion=yes\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "min-ttl=leave\ndemotion=force\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
        assert(messages_have(&result->warnings, "min-ttl = leave"));
        fake_kernel_set(kernel, MIN_TTL_PATH, "9");
        assert_quiet();
        assert(result->warnings.n == 0);
}

#define CLASSIC "sys/kernel/mm/lru_gen/enabled: 0x0000\nsys/kernel/mm/lru_gen/min_ttl_ms: 0\n"

/* The guard kills too early there: only the administrator sets it. */
#define NEWER                                                                                      \
        "proc/sys/kernel/osrelease: 7.3.4+deb13-amd64\nsys/kernel/mm/lru_gen/enabled: 0x0007\n"    \
        "sys/kernel/mm/lru_gen/min_ttl_ms: 0\n"

static void test_newer(void)
{
        boot(ONE_TIER NEWER DEMOTION(false), POLICY "demotion=yes\nmin-ttl=100ms\n");
        run();
        assert_streq(kernel->log,
                     WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
        assert(result->warnings.n == 0);
        assert_quiet();
        take_policy(POLICY "demotion=yes\n"); /* it is not 0: somebody's own */
        assert_quiet();
}

/* Without swap nothing protects: no demotion unless the policy insists. */
static void test_classic(const char *lru)
{
        char machine[2048];

        snprintf(machine, sizeof(machine), "%s%s%s", ONE_TIER DEMOTION(false), lru, "");
        boot(machine, POLICY "demotion=yes\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        assert(holds(DEMOTION_PATH, "demotion = yes is refused"));
        assert(!plan_is_empty(result->plan));
        take_policy(POLICY "demotion=force\n");
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "true"));
        assert(plan_is_empty(result->plan) == false && result->warnings.n == 0);
        assert_quiet();
        /* it is on: moving a node is the administrator's to decide */
        snprintf(machine, sizeof(machine), "%s%s%s", ONE_TIER DEMOTION(true), lru, "");
        boot(machine, POLICY);
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        assert(messages_have(&result->warnings, "can freeze"));
        snprintf(machine, sizeof(machine), "%s%s%s", ONE_TIER DEMOTION(false), lru, SWAP);
        boot(machine, POLICY "demotion=yes\n");
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
        assert(messages_have(&result->warnings, "swap helps only until it is full"));
        assert(result->plan->n_held == 0);
}

/* What cannot be read is not absent. */
static void test_unreadable(const char *path, int error)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY);
        kernel->unreadable_path = path;
        kernel->unreadable_error = error;
        run();
        assert_streq(kernel->log, "");
        assert(holds(OVERRIDE, "cannot be read") && result->problems.n == 1);
        take_policy(POLICY "min-ttl=leave\n"); /* depends on no guard */
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        boot(TWO_TIERS LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\ninterface=none\n");
        kernel->unreadable_path = path;
        kernel->unreadable_error = error;
        run();
        assert_streq(kernel->log, "");
        assert(holds(DEMOTION_PATH, "cannot be read"));
        kernel->unreadable_path = NULL;
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(DEMOTION_PATH, "true"));
        kernel->unreadable_path = path; /* what stands is left standing */
        run();
        assert_streq(kernel->log, "");
}

/* Nor does it hold what makes no hazard, or what the policy insists on. */
static void test_unreadable_guard_not_needed(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "demotion=no\n");
        kernel->unreadable_path = MIN_TTL_PATH;
        kernel->unreadable_error = -EIO;
        run();
        assert_streq(kernel->log, WRITE(DEMOTION_PATH, "false") WRITE(OVERRIDE, "5"));
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=force\n");
        kernel->unreadable_path = MIN_TTL_PATH;
        kernel->unreadable_error = -EIO;
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
}

static void test_forced(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=force\n");
        kernel->fail_path = MIN_TTL_PATH;
        kernel->fail_error = -EROFS;
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5") WRITE(DEMOTION_PATH, "true"));
}

/* Demotion that cannot be switched off: nodes do not move into new tiers behind it. */
static void test_demotion_stays_on(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY "demotion=no\n");
        kernel->fail_path = DEMOTION_PATH;
        kernel->fail_error = -EIO;
        run();
        assert_streq(kernel->log, "");
        assert(result->report->count[OUTCOME_HELD] == 1);
        boot(ONE_TIER LRU_GEN(50) DEMOTION(true), POLICY "demotion=no\n"); /* guarded */
        kernel->fail_path = DEMOTION_PATH;
        kernel->fail_error = -EIO;
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
}

/* Tiering mode comes after the moves: it waits for one that is held. */
static void test_tiering_waits(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true) BALANCING_PATH ": 1\n",
             POLICY "numa-balancing=tiering\n");
        kernel->unreadable_path = MIN_TTL_PATH;
        kernel->unreadable_error = -EIO;
        run();
        assert_streq(kernel->log, "");
        assert(holds(BALANCING_PATH, "held back"));
        kernel->unreadable_path = NULL;
        kernel->fail_path = MIN_TTL_PATH;
        kernel->fail_error = -EROFS;
        run();
        assert_streq(kernel->log, "");
        assert(result->report->count[OUTCOME_HELD] == 2 && !state->tiering);
        kernel->fail_path = NULL;
        run();
        assert_streq(kernel->log,
                     WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5") WRITE(BALANCING_PATH, "3"));
}

/* Whether demotion is on decides whether there is a hazard. */
static void test_unreadable_demotion(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(true), POLICY);
        kernel->unreadable_path = DEMOTION_PATH;
        kernel->unreadable_error = -EIO;
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(OVERRIDE, "5"));
        run();
        assert_streq(kernel->log, "");
}

/* Which is not the same as a kernel that does not have it. */
static void test_unreadable_knob(void)
{
        boot(ONE_TIER LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        kernel->unreadable_path = DEMOTION_PATH;
        kernel->unreadable_error = -EIO;
        run();
        assert(result->warnings.n == 0 && result->problems.n == 1);
        assert_streq(fake_kernel_get(kernel, DEMOTION_PATH), "false");
}

static void test_unreadable_swaps(void)
{
        boot(ONE_TIER SWAP DEMOTION(false), POLICY "demotion=yes\n");
        kernel->unreadable_path = SWAPS_PATH;
        kernel->unreadable_error = -EACCES;
        run();
        assert_streq(kernel->log, WRITE(OVERRIDE, "5"));
        assert(holds(DEMOTION_PATH, "/proc/swaps cannot be read"));
}

/* Tiers that may not be read now: demotion is not switched on without the guard, and the guard is
 * not taken away. */
static void test_unknown_tiers(void)
{
        boot(TWO_TIERS LRU_GEN(0) DEMOTION(false), POLICY "demotion=yes\n");
        kernel->unreadable_path = "memtier_override";
        kernel->unreadable_error = -EAGAIN;
        run();
        assert_streq(kernel->log, WRITE(MIN_TTL_PATH, "100") WRITE(DEMOTION_PATH, "true"));
        run();
        assert_streq(kernel->log, "");
}

int main(void)
{
        test_first_and_last();
        test_whoever();
        test_not_needed();
        test_no_longer_needed();
        test_changed_since();
        test_still_needed();
        test_restore_beside_top_tier();
        test_restore_demotion();
        test_ignored_before();
        test_demotion_stays_on_unguarded();
        test_tiering_without_held_moves();
        test_guard_fails(MIN_TTL_PATH, NULL, OUTCOME_FAILED);
        test_guard_fails(NULL, MIN_TTL_PATH, OUTCOME_IGNORED);
        test_fixed();
        test_rounded();
        test_leave();
        test_classic("");
        test_classic(CLASSIC);
        test_classic(NEWER);
        test_newer();
        test_unreadable(MIN_TTL_PATH, -EIO);
        test_unreadable(LRU_GEN_PATH, -EIO);
        test_unreadable_guard_not_needed();
        test_forced();
        test_demotion_stays_on();
        test_tiering_waits();
        test_unreadable_demotion();
        test_unreadable_knob();
        test_unreadable_swaps();
        test_unknown_tiers();
        halt();
}
