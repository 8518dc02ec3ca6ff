/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/restore.h"
#include "facts/knobs.h"
#include "fake-kernel.h"
#include "reconcile.h"

/* Plan, apply, restore and reconcile, against a kernel to play with. */

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n"

#define KNOBS                                                                                      \
        SWAP DEMOTION_PATH ": false\n" BALANCING_PATH ": 1\n" PROMOTE_RATE_PATH                    \
                           ": 65536\n" WEIGHT_DIR "/node0: 21\n" WEIGHT_DIR                        \
                           "/node1: 10\n" WEIGHT_AUTO_PATH ": true\n"

#define ALL_KNOBS                                                                                  \
        "[apply]\ndemotion=yes\nnuma-balancing=tiering\npromotion-rate-limit=100MiB/s\n"           \
        "weighted-interleave=by-bandwidth\n"

struct scene {
        struct fake_kernel *kernel;
        struct sysroot *root;
        struct policy *policy;
        struct state *state;
        struct snapshot *result;
};

static struct scene scene(const char *machine, const char *policy)
{
        struct scene s = { .policy = policy_from(policy) };

        s.root = fake_kernel_new(machine, &s.kernel);
        s.kernel->own_tier[0] = 4;
        s.kernel->own_tier[1] = 18;
        s.kernel->has_bandwidths = true;
        assert(state_new(&s.state) == 0);
        return s;
}

static int run(struct scene *s, enum reconcile_mode mode)
{
        s->result = snapshot_unref(s->result);
        return reconcile(s->root, s->policy, TIERS_READ, mode, s->state, NULL, &s->result);
}

static void done(struct scene *s)
{
        s->result = snapshot_unref(s->result);
        state_free(s->state);
        policy_unref(s->policy);
        sysroot_free(s->root);
}

static void restore(struct scene *s)
{
        struct report *report;
        struct plan *plan;

        assert(run(s, RECONCILE_PLAN) == 0);
        plan = plan_restore_now(s->root, s->result->machine, s->state);
        assert(apply_restore(s->root, plan, s->state, NULL, &report) == 0);
        assert(report->count[OUTCOME_FAILED] + report->count[OUTCOME_IGNORED] == 0);
        report_free(report);
        plan_free(plan);
        assert(s->state->n_originals == 0);
}

static const char *get(struct scene *s, const char *path)
{
        return fake_kernel_get(s->kernel, path);
}

static enum outcome outcome(const struct scene *s, size_t i)
{
        assert(i < s->result->report->n_entries);
        return s->result->report->entries[i].outcome;
}

static void test_move(bool module)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);

        s.kernel->module = module;
        if (module)
                fake_kernel_set(s.kernel, "sys/module/memtier_override/initstate", "live");
        assert(run(&s, RECONCILE_PLAN) == 0);
        assert(s.kernel->writes == 0 && s.result->plan->n_writes == 1 && !s.result->report);
        assert_streq(s.result->plan->writes[0].value, "5");
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_DONE && s.kernel->state_saved_before_first_write);
        assert_streq(get(&s, TIER "memory_tier5/nodelist"), "1");
        assert(s.kernel->nodelist_reads == 0); /* the module's file tells */
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(plan_is_empty(s.result->plan) && s.kernel->writes == 1);
        restore(&s);
        assert_streq(get(&s, NODE "node1/memtier_override"), "memory_tier18");
        assert_streq(get(&s, TIER "memory_tier18/nodelist"), "1");
        done(&s);
}

static void test_offset(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY);

        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_UNVERIFIED); /* nodelist tells, at the next quiet look */
        assert_streq(get(&s, NODE "node1/adistance_offset"), "-1664"); /* (5 - 18) * 128 */
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(plan_is_empty(s.result->plan));
        restore(&s);
        assert_streq(get(&s, NODE "node1/adistance_offset"), "0");
        assert_streq(get(&s, TIER "memory_tier18/nodelist"), "1");
        done(&s);
}

/* A kernel that stores the offset and moves nothing is not sent ever larger ones. */
static void test_offset_without_effect(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY);

        assert(run(&s, RECONCILE_APPLY) == 0);
        fake_kernel_set(s.kernel, TIER "memory_tier5/nodelist", "");
        fake_kernel_set(s.kernel, TIER "memory_tier18/nodelist", "1");
        for (unsigned i = 0; i < 3; i++) {
                assert(run(&s, RECONCILE_APPLY) == 0);
                assert(s.result->plan->n_writes == 0 && s.result->plan->n_unmet == 1);
        }
        assert(s.kernel->writes == 1);
        done(&s);
}

static void test_no_interface(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS,
                               POLICY "memory-tier=5\n[apply]\ninterface=memtier_override\n");

        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(s.result->plan->n_writes == 0 && s.result->plan->n_unmet == 1);
        assert(s.result->plan->unmet[0].present_tier == 18 &&
               s.result->plan->unmet[0].wanted_tier == 5);
        assert(messages_have(&s.result->warnings, "interface = memtier_override"));
        done(&s);
        s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\ninterface=none\n");
        assert(run(&s, RECONCILE_APPLY) == 0 && s.kernel->writes == 0);
        done(&s);
}

/* Nothing is written to a node whose present tier is not known. */
static void test_unknown_tier(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);

        s.kernel->unreadable_path = "memtier_override";
        s.kernel->unreadable_error = -EAGAIN;
        s.result = snapshot_unref(s.result);
        assert(reconcile(s.root, s.policy, TIERS_KNOWN_ONLY, RECONCILE_APPLY, s.state, NULL,
                         &s.result) == 0);
        assert(s.kernel->writes == 0 && s.kernel->nodelist_reads == 0);
        assert(s.result->machine->tiers_withheld && plan_is_empty(s.result->plan));
        done(&s);
}

static void change_behind_our_back(struct fake_kernel *k, const char *path)
{
        k->before_write = NULL;
        fake_kernel_set(k, NODE "node1/memtier_override", "memory_tier9");
}

/* While node 0 is written, somebody moves node 1: that is left alone. */
static void test_changed_meanwhile(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                               "[tier dram]\nmax-latency=1.5x\nmemory-tier=6\n[tier cxl]\n");

        s.kernel->before_write = change_behind_our_back;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_DONE && outcome(&s, 1) == OUTCOME_BUSY);
        assert_streq(get(&s, NODE "node1/memtier_override"), "memory_tier9");
        done(&s);
}

static void do_it_first(struct fake_kernel *k, const char *path)
{
        if (strstr(path, "node0/"))
                fake_kernel_set(k, NODE "node1/memtier_override", "memory_tier7");
}

/* And if somebody has moved it to the very tier, there is nothing to write. */
static void test_already(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                               "[tier dram]\nmax-latency=1.5x\nmemory-tier=6\n[tier cxl]\n");

        s.kernel->before_write = do_it_first;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_DONE && outcome(&s, 1) == OUTCOME_ALREADY);
        assert(s.kernel->writes == 1);
        done(&s);
}

static void hide_afterwards(struct fake_kernel *k, const char *path)
{
        k->unreadable_path = path;
}

/* The write was accepted; what came of it cannot be read. */
static void test_read_back(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);

        s.kernel->before_write = hide_afterwards;
        s.kernel->unreadable_error = -EIO;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_UNVERIFIED);
        done(&s);
        s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        s.kernel->before_write = hide_afterwards;
        s.kernel->unreadable_error = -ENOENT;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(outcome(&s, 0) == OUTCOME_GONE);
        done(&s);
}

/* What could not be undone is not begun. */
static void test_state_cannot_be_saved(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES KNOBS, POLICY ALL_KNOBS);

        s.kernel->replace_error = -ENOSPC;
        assert(run(&s, RECONCILE_APPLY) == -ENOSPC);
        assert(s.kernel->writes == 0 && !s.result->report);
        done(&s);
}

static enum outcome outcome_with_fault(const char *fail, int error, const char *ignore)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES KNOBS,
                               POLICY "[apply]\ndemotion=yes\n");
        enum outcome o;

        s.kernel->fail_path = fail;
        s.kernel->fail_error = error;
        s.kernel->ignore_path = ignore;
        assert(run(&s, RECONCILE_APPLY) == 0);
        o = outcome(&s, 0);
        /* one failed write does not stop the other */
        assert_streq(get(&s, DEMOTION_PATH), "true");
        assert(outcome(&s, 1) == OUTCOME_DONE);
        done(&s);
        return o;
}

static void test_faults(void)
{
        assert(outcome_with_fault("node1/", -EBUSY, NULL) == OUTCOME_BUSY);
        assert(outcome_with_fault("node1/", -EAGAIN, NULL) == OUTCOME_BUSY);
        assert(outcome_with_fault("node1/", -ENODEV, NULL) == OUTCOME_GONE);
        assert(outcome_with_fault("node1/", -EINVAL, NULL) == OUTCOME_FAILED);
        assert(outcome_with_fault(NULL, 0, "node1/") == OUTCOME_IGNORED);
}

static void test_knobs(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES KNOBS, POLICY ALL_KNOBS);

        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(s.result->report->count[OUTCOME_DONE] + s.result->report->count[OUTCOME_ALREADY] ==
               s.result->report->n_entries);
        assert_streq(get(&s, DEMOTION_PATH), "true");
        assert_streq(get(&s, BALANCING_PATH), "3"); /* the rest as found */
        assert_streq(get(&s, PROMOTE_RATE_PATH), "100");
        assert_streq(get(&s, WEIGHT_DIR "/node0"), "2");
        assert_streq(get(&s, WEIGHT_DIR "/node1"), "1");
        assert_streq(get(&s, WEIGHT_AUTO_PATH), "false");
        assert(run(&s, RECONCILE_APPLY) == 0 && plan_is_empty(s.result->plan));
        restore(&s);
        assert_streq(get(&s, DEMOTION_PATH), "false");
        assert_streq(get(&s, BALANCING_PATH), "1");
        assert_streq(get(&s, PROMOTE_RATE_PATH), "65536");
        assert_streq(get(&s, WEIGHT_DIR "/node0"), "21");
        assert_streq(get(&s, WEIGHT_DIR "/node1"), "10");
        assert_streq(get(&s, WEIGHT_AUTO_PATH), "true");
        done(&s);
}

/* Each is read if it is the only one that the policy sets. */
static void test_each_knob(void)
{
        static const char *const keys[] = { "demotion=yes", "numa-balancing=tiering",
                                            "promotion-rate-limit=100MiB/s",
                                            "weighted-interleave=by-bandwidth" };
        char policy[256];

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                struct scene s;

                snprintf(policy, sizeof(policy), "[tier all]\n[apply]\ninterface=none\n%s\n",
                         keys[i]);
                s = scene(THREAD_GUEST THREAD_TIERS KNOBS, policy);
                assert(run(&s, RECONCILE_PLAN) == 0);
                /* of demotion: there is swap, and no guard */
                assert(s.result->warnings.n == (i == 0));
                assert(s.result->plan->n_writes == (i == 3 ? 3 : 1)); /* auto and two weights */
                done(&s);
        }
}

/* Restores as far as it goes: how many writes came to the outcome. */
static size_t restored(struct scene *s, enum outcome o)
{
        struct report *report;
        struct plan *plan;
        size_t n;

        assert(run(s, RECONCILE_PLAN) == 0);
        plan = plan_restore_now(s->root, s->result->machine, s->state);
        assert(apply_restore(s->root, plan, s->state, NULL, &report) == 0);
        n = report->count[o];
        report_free(report);
        plan_free(plan);
        return n;
}

/* A restore that only partly succeeds remembers the rest. */
static void test_restore_again(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES KNOBS, POLICY ALL_KNOBS);

        assert(run(&s, RECONCILE_APPLY) == 0 && s.state->n_originals == 7);
        s.kernel->fail_path = "node1/";
        s.kernel->fail_error = -EBUSY;
        assert(restored(&s, OUTCOME_BUSY) == 1 && s.state->n_originals == 1);
        s.kernel->fail_path = NULL;
        assert(restored(&s, OUTCOME_DONE) == 1 && s.state->n_originals == 0);
        assert_streq(get(&s, NODE "node1/memtier_override"), "memory_tier18");
        done(&s);
}

/* The kernel's automatic weights cannot be switched on where it knows no bandwidth (ENODEV), though
 * it boots that way: refused, not gone. */
static void test_auto_without_bandwidths(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES KNOBS,
                               POLICY "[apply]\nweighted-interleave=by-bandwidth\n");

        s.kernel->has_bandwidths = false;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(restored(&s, OUTCOME_FAILED) == 1);
        assert_streq(get(&s, WEIGHT_DIR "/node0"), "21");
        assert(state_get_original(s.state, WEIGHT_AUTO_PATH));
        done(&s);
}

static void test_absent_knobs(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY ALL_KNOBS);

        assert(run(&s, RECONCILE_APPLY) == 0 && s.result->plan->n_writes == 1);
        assert(messages_have(&s.result->warnings, "demotion, which this kernel does not have"));
        assert(messages_have(&s.result->warnings, "numa-balancing"));
        assert(messages_have(&s.result->warnings, "weighted-interleave"));
        done(&s);
}

static void test_weights_need_every_bandwidth(void)
{
        struct scene s =
                scene(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE
                           "has_cpu: 0\n" MEMINFO(0, 9) MEMINFO(1, 9) ACCESS1(0, 10, 10) KNOBS,
                      POLICY "[apply]\nweighted-interleave=by-bandwidth\n");

        assert(run(&s, RECONCILE_APPLY) == 0 && s.result->plan->n_writes == 0);
        assert(messages_have(&s.result->warnings, "that of node 1 is unknown"));
        done(&s);
}

/* A node that the policy stops speaking of goes back to Linux. */
static void test_give_back(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);

        assert(run(&s, RECONCILE_APPLY) == 0);
        assert_streq(get(&s, NODE "node1/memtier_override"), "memory_tier5");
        s.result = snapshot_unref(s.result);
        policy_unref(s.policy);
        s.policy = policy_from(POLICY "[node leave]\nnode=1\nignore=yes\n");
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert_streq(get(&s, NODE "node1/memtier_override"), "memory_tier18");
        assert(s.state->n_originals == 0);
        assert(run(&s, RECONCILE_APPLY) == 0 && plan_is_empty(s.result->plan));
        done(&s);
}

/* A latency that wobbles around 1.5 times the baseline's moves the node once. */
static void test_wobble(void)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
                               "[policy]\nhysteresis=10%\n" POLICY);

        for (unsigned i = 0; i < 10; i++) {
                const char *latency = i % 2 ? "14" : "16"; /* the threshold is 15 */

                fake_kernel_set(s.kernel, NODE "node1/access1/initiators/read_latency", latency);
                fake_kernel_set(s.kernel, NODE "node1/access1/initiators/write_latency", latency);
                assert(run(&s, RECONCILE_APPLY) == 0);
        }
        assert(s.kernel->writes == 1);
        done(&s);
}

/* HMAT figures are shown once a boot: a node that comes back without them is judged as before. */
static void test_remembered(void)
{
        static const char *const files[] = { "read_latency", "write_latency", "read_bandwidth",
                                             "write_bandwidth" };
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES
                               "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
                               "node1/memory8/state: online\n",
                               POLICY);

        assert(run(&s, RECONCILE_APPLY) == 0);
        s.kernel->unreadable_path = "node1/access";
        s.kernel->unreadable_error = -ENOENT;
        assert(run(&s, RECONCILE_APPLY) == 0);
        assert(assignment_get_node(s.result->assignment, 1)->figures.latency.remembered);
        assert(plan_is_empty(s.result->plan));
        /* another memory under the same number is not taken for it */
        s.kernel->unreadable_path = NULL;
        assert(sysroot_replace(s.kernel->files, NODE "node1/memory7/state", "online\n") == 0);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                char path[128];

                snprintf(path, sizeof(path), NODE "node1/access1/initiators/%s", files[i]);
                fake_kernel_set(s.kernel, path, "0");
        }
        s.kernel->unreadable_path = "node1/access";
        assert(run(&s, RECONCILE_PLAN) == 0);
        assert(assignment_get_node(s.result->assignment, 1)->figures.latency.source == SOURCE_SLIT);
        done(&s);
}

static void test_node_goes(bool module)
{
        struct scene s = scene(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);

        if (module)
                fake_kernel_set(s.kernel, "sys/module/memtier_override/initstate", "live");
        assert(run(&s, RECONCILE_APPLY) == 0);
        fake_kernel_set(s.kernel, NODE "online", "0");
        fake_kernel_set(s.kernel, NODE "has_memory", "0");
        fake_kernel_set(s.kernel, NODE "node0/distance", "10");
        assert(run(&s, RECONCILE_APPLY) == 0);
        if (!module) {
                /* its override went with it */
                assert(!state_get_node(s.state, 1) && s.state->n_originals == 0);
                done(&s);
                return;
        }
        assert(!state_get_node(s.state, 1)->tier); /* forgotten but for what an undo needs */
        assert(state_get_node(s.state, 1)->original_tier == 18 && s.state->n_originals == 1);
        done(&s);
}

int main(void)
{
        test_move(false);
        test_move(true);
        test_offset();
        test_offset_without_effect();
        test_no_interface();
        test_unknown_tier();
        test_changed_meanwhile();
        test_already();
        test_read_back();
        test_state_cannot_be_saved();
        test_faults();
        test_knobs();
        test_each_knob();
        test_restore_again();
        test_auto_without_bandwidths();
        test_absent_knobs();
        test_weights_need_every_bandwidth();
        test_give_back();
        test_wobble();
        test_remembered();
        test_node_goes(false);
        test_node_goes(true);
}
