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

        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &r) == 0);
        writes = r->plan->n_writes;
        r = snapshot_unref(r);
        state_free(state);
        return writes;
}

static unsigned busy, ignored; /* writes that could not be made, or did nothing */
static size_t unmet, held;
static char why[256]; /* of the last one that is unmet or held */

static void note_what_stays(const struct plan *plan)
{
        unmet = plan->n_unmet;
        held = plan->n_held;
        why[0] = '\0';
        if (unmet > 0)
                snprintf(why, sizeof(why), "%s", plan->unmet[0].hazard);
        else if (held > 0)
                snprintf(why, sizeof(why), "%s", plan->held[0].reason);
}

static size_t restore_in_a_process(void)
{
        struct messages problems = MESSAGES_INIT;
        struct state *state = load();
        struct machine *machine;
        struct report *report;
        struct plan *plan;
        size_t done;

        assert(machine_read(root, TIERS_READ, state, NULL, &problems, &machine) == 0);
        plan = plan_restore_now(root, machine, state);
        assert(apply_restore(root, plan, state, NULL, &report) == 0);
        done = report->count[OUTCOME_DONE] + report->count[OUTCOME_UNVERIFIED];
        busy = report->count[OUTCOME_BUSY];
        ignored = report->count[OUTCOME_IGNORED];
        note_what_stays(plan);
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
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &r) == -EIO);
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

static size_t count_originals(void)
{
        struct state *state = load();
        size_t n = state->n_originals;

        state_free(state);
        return n;
}

/* A write that the kernel refused is not undone, whoever changes the file later. */
static void test_refused_write(void)
{
        kernel->fail_path = BALANCING_PATH;
        kernel->fail_error = -EPERM;
        apply_in_a_process();
        kernel->fail_path = NULL;
        assert(count_originals() == 6); /* the rate limit's name begins with that one */
        fake_kernel_set(kernel, BALANCING_PATH, "0"); /* the administrator */
        kernel->log[0] = '\0';
        assert(restore_in_a_process() == 6);
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "0");
        assert(!strstr(kernel->log, BALANCING_PATH));
}

/* Nor is one that was held, or never made as the file had changed meanwhile. */
static void change_balancing(struct fake_kernel *k, const char *path)
{
        fake_kernel_set(k, BALANCING_PATH, "0");
        k->before_write = NULL;
}

static void test_write_not_made(void)
{
        kernel->before_write = change_balancing;
        apply_in_a_process();
        assert(count_originals() == 7);
        assert(restore_in_a_process() == 7);
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "0");
}

/* A journal that ends with an intent, as if the process was killed then. */
static void intend(const char *path, const char *original, const char *intent)
{
        struct state *state = load();

        assert(state_note_original(state, path, original) == 0);
        assert(state_note_intent(state, path, intent, NULL) == 0);
        assert(state_save(root, state, NULL) == 0);
        state_free(state);
}

static void test_intent(void)
{
        /* it was carried out */
        intend(PROMOTE_RATE_PATH, "7", "65536");
        intend(NODE "node1/memtier_override", "memory_tier7", "memory_tier18");
        assert(restore_in_a_process() == 2 && unmet + held == 0 && count_originals() == 0);
        assert_streq(fake_kernel_get(kernel, PROMOTE_RATE_PATH), "7");
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier7");
        /* it was not */
        kernel->writes = 0;
        intend(PROMOTE_RATE_PATH, "7", "9");
        assert(restore_in_a_process() == 0 && unmet + held == 0 && count_originals() == 0);
        /* neither: somebody else wrote since */
        intend(PROMOTE_RATE_PATH, "8", "9");
        assert(restore_in_a_process() == 0 && held == 1 && count_originals() == 1);
        assert(strstr(why, "was to write 9 there. It reads 7, which is not of numatier's making"));
        assert(kernel->writes == 0);
}

/* The next pass finds out likewise what became of the intent. */
static void test_intent_before_pass(void)
{
        struct state *state;

        intend(PROMOTE_RATE_PATH, "7", "65536"); /* carried out */
        intend(BALANCING_PATH, "1", "5");        /* not carried out */
        apply_in_a_process();
        state = load();
        assert_streq(state_get_original(state, PROMOTE_RATE_PATH)->value, "7");
        assert(state_get_original(state, PROMOTE_RATE_PATH)->written);
        assert_streq(state_get_original(state, BALANCING_PATH)->value, "1");
        assert_streq(state_get_original(state, BALANCING_PATH)->intent, "3");
        assert(state_get_original(state, BALANCING_PATH)->written);
        state_free(state);
}

/* It was carried out, and is what the policy wants: that it is ours is noted. */
static void test_intent_is_met(void)
{
        struct state *state;

        fake_kernel_set(kernel, PROMOTE_RATE_PATH, "100");
        intend(PROMOTE_RATE_PATH, "7", "100");
        apply_in_a_process();
        assert(!strstr(kernel->log, PROMOTE_RATE_PATH));
        state = load();
        assert(state_get_original(state, PROMOTE_RATE_PATH)->written);
        state_free(state);
}

/* It was not, and what is there is somebody else's: a write that fails changes nothing in that. */
static void test_intent_is_unclear(void)
{
        struct state *state;

        intend(PROMOTE_RATE_PATH, "8", "9");
        kernel->fail_path = PROMOTE_RATE_PATH;
        kernel->fail_error = -EPERM;
        apply_in_a_process();
        kernel->fail_path = NULL;
        state = load();
        assert_streq(state_get_original(state, PROMOTE_RATE_PATH)->intent, "9");
        assert(!state_get_original(state, PROMOTE_RATE_PATH)->written);
        state_free(state);
        apply_in_a_process();
        state = load();
        assert(state_get_original(state, PROMOTE_RATE_PATH)->written);
        assert_streq(state_get_original(state, PROMOTE_RATE_PATH)->value, "8");
        state_free(state);
}

static void take_memory_out(int error)
{
        kernel->unreadable_path = "node1/memtier_override";
        kernel->unreadable_error = error;
        fake_kernel_set(kernel, NODE "has_memory", "0");
        if (error == -ENOENT) {
                fake_kernel_set(kernel, NODE "online", "0");
                fake_kernel_set(kernel, NODE "node0/distance", "10");
        }
}

static void put_memory_in(void)
{
        kernel->unreadable_path = NULL;
        fake_kernel_set(kernel, NODE "online", "0-1");
        fake_kernel_set(kernel, NODE "has_memory", "0-1");
        fake_kernel_set(kernel, NODE "node0/distance", "10 20");
}

/* Our module takes "default" for a node whose memory is out. */
static void test_memory_out_with_module(void)
{
        apply_in_a_process();
        take_memory_out(-ENODEV);
        kernel->log[0] = '\0';
        assert(restore_in_a_process() == 8 && unmet + held == 0);
        assert(strstr(kernel->log, WRITE(NODE "node1/memtier_override", "default")));
        assert(count_originals() == 0);
}

/* Where it cannot be written, restore fails and keeps the original for later. */
static void test_memory_out(int error)
{
        apply_in_a_process();
        take_memory_out(error);
        kernel->log[0] = '\0';
        restore_in_a_process();
        assert(unmet == 1 && strstr(why, "its memory is offline or removed, and /" NODE
                                         "node1/memtier_override"));
        assert(!strstr(kernel->log, "memtier_override"));
        assert(count_originals() == 2); /* and the guard, while the node is not given back */
        put_memory_in();
        assert(restore_in_a_process() == 2 && unmet + held == 0 && count_originals() == 0);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier18");
}

/* A node that is online and whose files are all missing for now was not given back. */
static void test_half_there(void)
{
        size_t originals;

        apply_in_a_process();
        originals = count_originals();
        kernel->unreadable_path = "node1/";
        kernel->unreadable_error = -ENOENT;
        kernel->log[0] = '\0';
        restore_in_a_process();
        assert(unmet == 1 && strstr(why, "node 1 is online but cannot be read now"));
        assert(!strstr(kernel->log, "memtier_override"));
        assert(count_originals() > 0 && count_originals() <= originals);
        kernel->unreadable_path = NULL;
        restore_in_a_process();
        assert(unmet + held == 0 && count_originals() == 0);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier18");
}

#define CXL "sys/bus/cxl/devices/"
#define DAX "sys/bus/dax/devices/dax0.0"
#define CXL_MEMORY                                                                                 \
        DAX " -> ../root0/region0/dax_region0/dax0.0\n" DAX "/driver -> ../kmem\n" DAX             \
            "/target_node: 1\n" CXL "region0/interleave_ways: 1\n" CXL "region0/commit: 1\n" CXL   \
            "region0/target0: decoder3.0\n" CXL "decoder3.0 -> ../endpoint3/decoder3.0\n" CXL      \
            "endpoint3/uport -> ../0000:0d:00.0/mem0\n" CXL "mem0/serial: 0x1\n"

/* Other memory is in the node now: without our module, the override went with the first. */
static void test_other_memory(void)
{
        apply_in_a_process();
        fake_kernel_set(kernel, CXL "mem0/serial", "0x2");
        fake_kernel_set(kernel, NODE "node1/memtier_override", "memory_tier22");
        kernel->log[0] = '\0';
        restore_in_a_process();
        assert(unmet + held == 0 && count_originals() == 0);
        assert(!strstr(kernel->log, "memtier_override"));
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier22");
}

/* A file that this version does not know is not written to. */
static void test_unknown_file(void)
{
        fake_kernel_set(kernel, "sys/kernel/else", "1");
        intend("sys/kernel/else", "0", "1");
        assert(restore_in_a_process() == 0 && held == 1 && count_originals() == 1);
        assert_streq(fake_kernel_get(kernel, "sys/kernel/else"), "1");
}

/* What a damaged journal still says is undone; that it is not all is known until the administrator
 * removes what was set aside. */
static void test_damaged_journal(void)
{
        struct messages problems = MESSAGES_INIT;
        struct state *state;
        char text[8192];
        ssize_t n;

        apply_in_a_process();
        n = sysroot_read(root, STATE_UNDO_PATH, text, sizeof(text) - 64);
        assert(n > 0);
        strcpy(strstr(text, "end "), "original half\nend 26\n");
        assert(sysroot_replace(root, STATE_UNDO_PATH, text) == 0);
        assert(state_load(root, &problems, &state) == 0 && problems.n == 2);
        assert(state_originals_are_lost(state) && state->n_originals == 8);
        assert(state_save(root, state, NULL) == 0);
        assert(state->n_lost == 1);
        state_free(state);
        messages_done(&problems);
        assert(restore_in_a_process() == 8);
        state = load();
        assert(state_originals_are_lost(state));
        assert_streq(state->lost[0], STATE_UNDO_PATH ".damaged-1");
        state_free(state);
}

/* A node that is given back by its tier's number must be there again. Then the rest waits, as for
 * any node that stays. */
static void test_ignored_give_back(void)
{
        apply_in_a_process();
        kernel->ignore_path = "node1/memtier_override";
        restore_in_a_process();
        assert(ignored == 1 && count_originals() == 2);
        kernel->ignore_path = NULL;
        assert(restore_in_a_process() == 2 && ignored == 0 && count_originals() == 0);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier18");
}

/* A weight that is written switches the kernel's own weights off: it waits until they are. */
static void test_weights_stay_auto(void)
{
        kernel->fail_path = WEIGHT_AUTO_PATH;
        kernel->fail_error = -EIO;
        apply_in_a_process();
        kernel->fail_path = NULL;
        assert_streq(fake_kernel_get(kernel, WEIGHT_AUTO_PATH), "true");
        assert_streq(fake_kernel_get(kernel, WEIGHT_DIR "/node0"), "21");
        assert(!strstr(kernel->log, WEIGHT_DIR));
        /* nor while it is not known whether they are on */
        kernel->unreadable_path = WEIGHT_AUTO_PATH;
        kernel->unreadable_error = -EIO;
        apply_in_a_process();
        assert(!strstr(kernel->log, WEIGHT_DIR));
        kernel->unreadable_path = NULL;
        apply_in_a_process();
        assert_streq(fake_kernel_get(kernel, WEIGHT_DIR "/node0"), "2");
}

/* They come back when every weight has, and are kept in the journal until then. */
static void test_weight_stays(void)
{
        char *before = fake_kernel_dump(kernel), *after;

        apply_in_a_process();
        kernel->fail_path = WEIGHT_DIR "/node0";
        kernel->fail_error = -EIO;
        restore_in_a_process();
        kernel->fail_path = NULL;
        assert_streq(fake_kernel_get(kernel, WEIGHT_AUTO_PATH), "false");
        assert(count_originals() == 2);
        assert(restore_in_a_process() == 2);
        after = fake_kernel_dump(kernel);
        assert_streq(after, before);
        free(after);
        free(before);
}

int main(void)
{
        static void (*const tests[])(void) = { test_ignored_give_back,     test_weights_stay_auto,
                                               test_weight_stays,          test_all_of_it,
                                               test_saved_first,           test_killed,
                                               test_first_original_counts, test_gone,
                                               test_not_to_be_read,        test_refused_write,
                                               test_write_not_made,        test_intent,
                                               test_intent_before_pass,    test_intent_is_met,
                                               test_intent_is_unclear,     test_unknown_file,
                                               test_damaged_journal };

        for (size_t i = 0; i < ELEMENTSOF(tests); i++) {
                boot(MACHINE THREAD_OVERRIDES);
                tests[i]();
                halt();
        }
        boot_with_module();
        test_all_of_it();
        halt();
        boot_with_module();
        test_memory_out_with_module();
        halt();
        boot(MACHINE THREAD_OVERRIDES);
        test_half_there();
        halt();
        boot(MACHINE THREAD_OVERRIDES);
        test_memory_out(-ENODEV);
        halt();
        boot(MACHINE THREAD_OVERRIDES);
        test_memory_out(-ENOENT);
        halt();
        boot_with_module();
        test_memory_out(-ENOENT);
        halt();
        boot(MACHINE THREAD_OVERRIDES CXL_MEMORY);
        test_all_of_it();
        halt();
        boot(MACHINE THREAD_OVERRIDES CXL_MEMORY);
        test_other_memory();
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
