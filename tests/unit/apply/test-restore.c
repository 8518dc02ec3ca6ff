/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/restore.h"
#include "facts/knobs.h"
#include "fake-kernel.h"
#include "reconcile.h"
#include "state/recall.h"

/* What was there before comes back: all of it, in the order opposite to that in which it went, and
 * whatever happened to the process that wrote. */

#define POLICY                                                                                     \
        "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n[apply]\ndemotion=yes\n"                       \
        "numa-balancing=tiering\npromotion-rate-limit=100MiB/"                                     \
        "s\nweighted-interleave=by-bandwidth\n"

#define MACHINE                                                                                    \
        THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER                                        \
                          "memory_tier18/nodelist: 1\n" LRU_GEN(0) DEMOTION_PATH                   \
                ": false\n" BALANCING_PATH ": 1\n" PROMOTE_RATE_PATH ": 65536\n" WEIGHT_DIR        \
                "/node0: 21\n" WEIGHT_DIR "/node1: 10\n" WEIGHT_AUTO_PATH ": true\n"

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct policy *policy;

static void boot(const char *machine)
{
        root = fake_kernel_new(machine, &kernel);
        policy = policy_from(POLICY);
        kernel->own_tier[0] = 4;
        kernel->own_tier[1] = 18;
        kernel->has_bandwidths = true;
}

static void boot_with_module(void)
{
        boot(MACHINE THREAD_OVERRIDES);
        kernel->module = true;
        fake_kernel_set(kernel, "sys/module/memtier_override/initstate", "live");
        fake_kernel_set(kernel, "sys/module/memtier_override/version", "1.1");
}

static void halt(void)
{
        policy_unref(policy);
        sysroot_free(root);
}

/* Each command is a process of its own: all that one leaves to the next is the state's file. */
static struct state *load(void)
{
        struct messages problems = MESSAGES_INIT;
        struct state *state;

        assert(state_load(root, &problems, &state) == 0 && problems.n == 0);
        return state;
}

static size_t apply_in_a_process(void)
{
        struct state *state = load();
        struct snapshot *r = NULL;
        size_t writes;

        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, &r) == 0);
        writes = r->plan->n_writes;
        r = snapshot_unref(r);
        state_free(state);
        return writes;
}

static unsigned busy; /* writes that could not be made */

static size_t restore_in_a_process(void)
{
        struct messages problems = MESSAGES_INIT;
        struct state *state = load();
        struct machine *machine;
        struct report *report;
        struct plan *plan;
        size_t done;

        assert(machine_read(root, TIERS_READ, state, &problems, &machine) == 0);
        assert(plan_new_restore(root, machine, state, &plan) == 0);
        assert(apply_restore(root, plan, state, &report) == 0);
        done = report->count[OUTCOME_DONE] + report->count[OUTCOME_UNVERIFIED];
        busy = report->count[OUTCOME_BUSY];
        report_free(report);
        plan_free(plan);
        machine_free(machine);
        state_free(state);
        messages_done(&problems);
        return done;
}

/* Not a byte of what the kernel shows differs from before. */
static void test_all_of_it(void)
{
        char *before = fake_kernel_dump(kernel), *applied, *after;

        assert(apply_in_a_process() == 8);
        applied = fake_kernel_dump(kernel);
        assert(!streq(applied, before));
        assert(apply_in_a_process() == 0); /* the next one finds nothing to do */
        assert(restore_in_a_process() == 8);
        after = fake_kernel_dump(kernel);
        assert_streq(after, before);
        assert(restore_in_a_process() == 0); /* nor does the next restore */
        free(after);
        free(applied);
        free(before);
}

#define WRITE(path, value) path "=" value "\n"

#define APPLIED                                                                                    \
        WRITE(MIN_TTL_PATH, "100")                                                                 \
        WRITE(NODE "node1/memtier_override", "5")                                                  \
        WRITE(DEMOTION_PATH, "true")                                                               \
        WRITE(BALANCING_PATH, "3")                                                                 \
        WRITE(PROMOTE_RATE_PATH, "100")                                                            \
        WRITE(WEIGHT_AUTO_PATH, "false")                                                           \
        WRITE(WEIGHT_DIR "/node0", "2")                                                            \
        WRITE(WEIGHT_DIR "/node1", "1")

/* A weight that is written ends the automatic mode, so that is put back after the weights. The
 * guard comes first and goes last. */
static void test_order(const char *given_back)
{
        char *wanted;

        apply_in_a_process();
        assert_streq(kernel->log, APPLIED);
        restore_in_a_process();
        assert(asprintf(&wanted,
                        "%s%s" WRITE(NODE "node1/memtier_override", "%s") WRITE(MIN_TTL_PATH, "0"),
                        APPLIED,
                        WRITE(WEIGHT_DIR "/node1", "10") WRITE(WEIGHT_DIR "/node0", "21")
                                WRITE(WEIGHT_AUTO_PATH, "true") WRITE(PROMOTE_RATE_PATH, "65536")
                                        WRITE(BALANCING_PATH, "1") WRITE(DEMOTION_PATH, "false"),
                        given_back) > 0);
        assert_streq(kernel->log, wanted);
        free(wanted);
}

static unsigned looked;

/* At each write the state's file says already what was there before it. */
static void look_at_state(struct fake_kernel *k, const char *path)
{
        struct state *state = load();
        const struct state_original *o = state_get_original(state, path);

        assert(o);
        assert_streq(o->value, fake_kernel_get(k, path));
        looked++;
        state_free(state);
}

static void test_saved_first(void)
{
        kernel->before_write = look_at_state;
        looked = 0;
        apply_in_a_process();
        kernel->before_write = NULL;
        assert(looked == 8);
}

/* Killed at the third write: what had been written is put back, what had not is as it was. */
static void die(struct fake_kernel *k, const char *path)
{
        if (k->writes == 2) {
                k->fail_path = "";
                k->fail_error = -EIO;
                k->replace_error = -EIO;
        }
}

static void test_killed(void)
{
        char *before = fake_kernel_dump(kernel), *after;
        struct state *state = load();
        struct snapshot *r = NULL;

        kernel->before_write = die;
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, &r) == -EIO);
        r = snapshot_unref(r);
        state_free(state);
        kernel->before_write = NULL;
        kernel->fail_path = NULL;
        kernel->replace_error = 0;
        assert(kernel->writes == 2);
        restore_in_a_process();
        after = fake_kernel_dump(kernel);
        assert_streq(after, before);
        free(after);
        free(before);
}

/* Somebody changed it after us: what there was before us is still what comes back. */
static void test_first_original_counts(void)
{
        apply_in_a_process();
        fake_kernel_set(kernel, DEMOTION_PATH, "false");
        fake_kernel_set(kernel, PROMOTE_RATE_PATH, "7");
        assert(apply_in_a_process() == 2);
        restore_in_a_process();
        assert_streq(fake_kernel_get(kernel, DEMOTION_PATH), "false");
        assert_streq(fake_kernel_get(kernel, PROMOTE_RATE_PATH), "65536");
}

/* What went with its node or its module cannot be put back, and does not keep the rest from it. */
static void test_gone(void)
{
        apply_in_a_process();
        kernel->unreadable_path = "memtier_override";
        kernel->unreadable_error = -ENOENT;
        assert(restore_in_a_process() == 7);
        assert_streq(fake_kernel_get(kernel, WEIGHT_AUTO_PATH), "true");
        assert_streq(fake_kernel_get(kernel, DEMOTION_PATH), "false");
}

/* What the module cannot tell just now is not taken for gone: it is left, said, and done later. */
static void test_not_to_be_read(void)
{
        apply_in_a_process();
        kernel->unreadable_path = "node1/memtier_override";
        kernel->unreadable_error = -EAGAIN;
        assert(restore_in_a_process() == 6 && busy == 1);
        assert_streq(fake_kernel_get(kernel, MIN_TTL_PATH), "100"); /* it may still be needed */
        kernel->unreadable_path = NULL;
        assert(restore_in_a_process() == 2 && busy == 0);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier18");
}

int main(void)
{
        static void (*const tests[])(void) = { test_all_of_it, test_saved_first,
                                               test_killed,    test_first_original_counts,
                                               test_gone,      test_not_to_be_read };

        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                boot(MACHINE THREAD_OVERRIDES);
                tests[i]();
                halt();
        }
        boot_with_module();
        test_all_of_it();
        halt();
        boot(MACHINE THREAD_OFFSETS);
        test_all_of_it();
        halt();
        boot(MACHINE THREAD_OVERRIDES);
        test_order("18");
        halt();
        boot_with_module();
        test_order("default");
        halt();
}
