/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "facts/knobs.h"
#include "fake-kernel.h"
#include "reconcile.h"
#include "state/measured.h"

/* One reconcile after another: what each leaves to the next. */

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n"
static struct fake_kernel *kernel;
static struct sysroot *root;
static struct policy *policy;
static struct state *state;
static struct snapshot *result = NULL;

static void take_policy(const char *text)
{
        result = snapshot_unref(result); /* it refers to the old one */
        policy_unref(policy);
        policy = policy_from(text);
}

static void halt(void)
{
        result = snapshot_unref(result);
        policy = policy_unref(policy);
        state = state_free(state);
        root = sysroot_free(root);
}

static void boot(const char *machine, const char *policy_text)
{
        halt();
        root = fake_kernel_new(machine, &kernel);
        kernel->own_tier[0] = 4;
        kernel->own_tier[1] = 18;
        take_policy(policy_text);
        assert(state_new(&state) == 0);
}

static void run_reading(struct tier_reading reading)
{
        result = snapshot_unref(result);
        assert(reconcile(root, policy, reading, RECONCILE_APPLY, state, NULL, &result) == 0);
}

static void run(void)
{
        run_reading(TIERS_READ);
}

/* As the daemon does, which passes on what the last pass read. */
static void run_next(void)
{
        struct snapshot *previous = result;

        result = NULL;
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, previous, &result) == 0);
        snapshot_unref(previous);
}

static void set_latency(const char *ns)
{
        fake_kernel_set(kernel, NODE "node1/access1/initiators/read_latency", ns);
        fake_kernel_set(kernel, NODE "node1/access1/initiators/write_latency", ns);
}

/* Busy now, done the next time; what is undone then is what was there at first. */
static void test_busy(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        kernel->fail_path = "node1/memtier_override";
        kernel->fail_error = -EAGAIN;
        run();
        assert(result->report->count[OUTCOME_BUSY] == 1);
        assert(result->report->entries[0].error == -EAGAIN);
        assert(state_get_node(state, 1)->present_tier == 18); /* not where it was sent */
        kernel->fail_path = NULL;
        run();
        assert(result->report->count[OUTCOME_DONE] == 1);
        assert(state_get_node(state, 1)->present_tier == 5);
        assert_streq(state_get_original(state, NODE "node1/memtier_override")->value,
                     "memory_tier18");
}

#define MINUTE (60 * 1000000ULL)

/* Passes in which a write to the path is ignored: it is held, and said, until it is time. */
static void check_back_off(const char *path)
{
        static const unsigned tries[] = { 0, 1, 3, 7, 15, 31, 63, 123, 183 }; /* minutes */
        size_t tried = 0;

        kernel->ignore_path = path;
        for (unsigned minute = 0; minute < 200; minute++) {
                bool now = tried < ELEMENTSOF(tries) && minute == tries[tried];

                state->now = minute * MINUTE;
                run();
                tried += now;
                assert(kernel->writes == tried);
                assert(result->report->count[OUTCOME_IGNORED] == now);
                assert(result->plan->n_writes == now && result->plan->n_held == !now);
                assert(plan_count_backed_off(result->plan) == !now && !plan_is_empty(result->plan));
        }
        assert(tried == ELEMENTSOF(tries));
        kernel->ignore_path = NULL;
        state->now += 60 * MINUTE;
        run();
        assert(result->report->count[OUTCOME_IGNORED] == 0 && state->n_ignored == 0);
        assert(kernel->writes == tried + 1);
}

/* The RFC's store succeeds though nothing moved: seen, said, not believed, and not repeated at
 * every pass. */
static void test_ignored(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        kernel->ignore_path = "node1/memtier_override";
        run();
        assert(result->report->count[OUTCOME_IGNORED] == 1);
        assert_streq(result->report->entries[0].after, "memory_tier18");
        assert(state_get_node(state, 1)->present_tier == 18);
        run();
        assert(kernel->writes == 1);
        assert_streq(result->plan->held[0].path, NODE "node1/memtier_override");
        assert(strstr(result->plan->held[0].reason, "did not use it (1 time). It is tried again"));
        assert(result->plan->held[0].retry_usec == STATE_RETRY_MIN_USEC);
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        check_back_off("node1/memtier_override");
        boot(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY);
        check_back_off("node1/adistance_offset");
        boot(THREAD_GUEST THREAD_TIERS BALANCING_PATH ": 1\n",
             POLICY "[apply]\ninterface=none\nnuma-balancing=off\n[node n]\nnode=1\nignore=yes\n");
        check_back_off(BALANCING_PATH);
}

/* Another value, or another value there: that is another matter. */
static void test_ignored_and_changed(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        kernel->ignore_path = "node1/memtier_override";
        run();
        take_policy(POLICY "memory-tier=6\n");
        run();
        assert(kernel->writes == 2);
        fake_kernel_set(kernel, NODE "node1/memtier_override", "memory_tier9");
        run();
        assert(kernel->writes == 3);
        run();
        assert(kernel->writes == 3);
}

static void lose_node_1(struct fake_kernel *k, const char *path)
{
        k->unreadable_path = "node1/memtier_override";
        k->unreadable_error = -ENOENT;
}

/* Node 1 goes while node 0 is written: it is gone, and the rest is done. */
static void test_gone_meanwhile(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES SWAP DEMOTION_PATH ": false\n",
             "[tier dram]\nmax-latency=1.5x\nmemory-tier=6\n[tier cxl]\n[apply]\ndemotion=yes\n");
        kernel->before_write = lose_node_1;
        run();
        assert(result->report->n_entries == 3 && result->report->count[OUTCOME_DONE] == 2);
        assert(result->report->entries[1].outcome == OUTCOME_GONE);
        assert(result->report->entries[1].error == -ENOENT);
        assert_streq(fake_kernel_get(kernel, DEMOTION_PATH), "true");
}

/* Where nothing changes nothing is saved: the disk may well be full. */
static void test_saved_when_changed(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        kernel->replace_error = -ENOSPC;
        run();
        run();
        set_latency("11"); /* now it belongs to dram, which is news */
        result = snapshot_unref(result);
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &result) ==
               -ENOSPC);
        assert(kernel->writes == 1);
        /* nothing new, but what was new then is still to be saved */
        result = snapshot_unref(result);
        set_latency("20");
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &result) ==
               -ENOSPC);
        kernel->replace_error = 0;
        run();
        for (unsigned f = 0; f < STATE_FILES; f++)
                assert(state->disk[f].is_saved);
}

/* Tiering mode that was never switched on does not count as one that was. */
static void test_tiering_not_saved(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES BALANCING_PATH ": 1\n" SWAP,
             POLICY "[apply]\nnuma-balancing=tiering\n");
        kernel->replace_error = -ENOSPC;
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &result) ==
               -ENOSPC);
        assert(!state->tiering && kernel->writes == 0);
}

/* The journal was removed while we run: it is there again before the next write. */
static void test_journal_removed(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        assert(sysroot_remove(root, STATE_UNDO_PATH) == 0);
        kernel->writes = 0;
        kernel->state_saved_before_first_write = false;
        run();
        assert(!fake_kernel_get(kernel, STATE_UNDO_PATH)); /* nothing was written */
        fake_kernel_set(kernel, NODE "node1/memtier_override", "memory_tier18");
        run();
        assert(kernel->writes == 1 && kernel->state_saved_before_first_write);
        assert(fake_kernel_get(kernel, STATE_UNDO_PATH));
}

static void unplug_node_1(void)
{
        fake_kernel_set(kernel, NODE "online", "0");
        fake_kernel_set(kernel, NODE "has_memory", "0");
        fake_kernel_set(kernel, NODE "node0/distance", "10");
}

static void plug_node_1(void)
{
        fake_kernel_set(kernel, NODE "online", "0-1");
        fake_kernel_set(kernel, NODE "has_memory", "0-1");
        fake_kernel_set(kernel, NODE "node0/distance", "10 20");
        if (fake_kernel_get(kernel, NODE "node0/memtier_override"))
                fake_kernel_set(kernel, NODE "node1/memtier_override", "memory_tier18");
}

/* A node that was never written leaves nothing behind. */
static void test_forgotten(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "memory-tier=18\n");
        run();
        assert(kernel->writes == 0 && streq(state_get_node(state, 1)->tier, "cxl"));
        unplug_node_1();
        run();
        assert(!state_get_node(state, 1) && state_get_node(state, 0));
}

/* A node that comes back is moved again: hot-add clears an override. */
static void test_replugged(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        unplug_node_1();
        run();
        assert(result->plan->n_writes == 0);
        assert(!state_get_node(state, 1));
        plug_node_1();
        run();
        assert(result->report->count[OUTCOME_DONE] == 1);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier5");
}

/* Hysteresis is of a policy: another one judges as if for the first time. */
static void test_other_policy(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, "[policy]\nhysteresis=10%\n" POLICY);
        set_latency("15"); /* dram, up to and with 15 */
        run();
        set_latency("16");
        run();
        assert(kernel->writes == 1 && assignment_get_node(result->assignment, 1)->held);
        take_policy("# the same in other words\n[policy]\nhysteresis=10%\n" POLICY);
        run();
        assert(!assignment_get_node(result->assignment, 1)->held);
        assert_streq(state_get_node(state, 1)->tier, "cxl");
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier5");
}

/* Without leave to read it nodelist is not read, before, between or after the writes. */
static void test_never_reads_nodelist(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS SWAP DEMOTION_PATH ": false\n",
             POLICY "[apply]\ndemotion=yes\n");
        for (unsigned i = 0; i < 3; i++)
                run_reading(TIERS_KNOWN_ONLY);
        assert(kernel->nodelist_reads == 0 && result->machine->tiers_withheld);
        assert_streq(kernel->log, DEMOTION_PATH "=true\n"); /* and what needs no tier is done */
        run();
        assert(kernel->nodelist_reads == 2); /* once a tier, and not to read back */
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-1664");
}

/* However often it is moved, where Linux had put it is not forgotten. */
static void test_moved_twice(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        take_policy(POLICY "memory-tier=6\n");
        run();
        assert(result->report->count[OUTCOME_DONE] == 1);
        assert(state_get_node(state, 1)->present_tier == 6);
        assert(state_get_node(state, 1)->original_tier == 18);
        assert(assignment_get_node(result->assignment, 1)->original_tier == 18);
}

/* A look that must not see the tiers does not unlearn them. */
static void test_withheld(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        kernel->unreadable_path = "memtier_override";
        kernel->unreadable_error = -EAGAIN;
        run();
        assert(result->machine->tiers_withheld && plan_is_empty(result->plan));
        assert(state_get_node(state, 0)->present_tier == 4);
        assert(state_get_node(state, 1)->present_tier == 5);
}

/* Figures are remembered of memory that can go: not of that beside CPUs. */
static void test_what_is_remembered(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES
             "sys/devices/system/memory/block_size_bytes: 8000000\n" NODE
             "node0/memory0/state: online\n" NODE "node1/memory8/state: online\n",
             POLICY);
        run();
        assert(state->n_memories == 1);
        assert_streq(state->memories[0].key, "node1@40000000");
        assert(state->memories[0].access[ACCESS_CPU].v[READ_LATENCY] == 20);
}

/* Given back, it is where Linux has it: what there was once is no longer of interest. */
static void test_given_back(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        kernel->module = true;
        fake_kernel_set(kernel, "sys/module/memtier_override/initstate", "live");
        run();
        take_policy(POLICY "[node x]\nnode=1\nignore=yes\n");
        kernel->own_tier[1] = 22; /* its figures are others by now */
        run();
        assert(result->report->count[OUTCOME_DONE] == 1);
        assert(state_get_node(state, 1)->present_tier == 22);
        assert(state_get_node(state, 1)->original_tier == TIER_UNKNOWN);
        run();
        assert(plan_is_empty(result->plan));
        assert(assignment_get_node(result->assignment, 1)->original_tier == 22);
}

/* What was moved manually is not numatier's to give back. */
static void test_ignored_after_manual_move(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        run();
        assert(sysroot_write(root, NODE "node1/memtier_override", "30") == 0);
        run();
        assert(state_get_node(state, 1)->manual);
        take_policy(POLICY "[apply]\nmanual=keep\n[node x]\nnode=1\nignore=yes\n");
        for (unsigned i = 0; i < 2; i++) {
                run();
                assert(result->plan->n_writes == 0 && state->n_originals == 1);
                assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"),
                             "memory_tier30");
        }
}

/* Without our module a node is given back by the number of its tier. If the kernel ignores that,
 * what is to be undone is not forgotten. */
static void test_give_back_is_ignored(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        take_policy(POLICY "[node x]\nnode=1\nignore=yes\n");
        kernel->ignore_path = "node1/memtier_override";
        run();
        assert(result->report->count[OUTCOME_IGNORED] == 1 && state->n_originals == 1);
        assert(state_get_node(state, 1)->original_tier == 18);
        kernel->ignore_path = NULL;
        state->now += STATE_RETRY_MIN_USEC;
        run();
        assert(result->report->count[OUTCOME_DONE] == 1 && state->n_originals == 0);
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier18");
}

/* What the kernel shows now counts, even if it once showed more. */
static void test_shown_beats_remembered(void)
{
        static const char memory[] = "memory node1@40000000 access1 99 99 9 9\n";
        struct messages errors = MESSAGES_INIT;

        boot(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)
                     MEMINFO(1, 9) NODE "node1/access0/initiators/read_latency: 30\n" NODE
                                        "node1/memory8/state: online\n"
                                        "sys/devices/system/memory/block_size_bytes: 8000000\n",
             POLICY);
        state_free(state);
        assert(state_parse(memory, strlen(memory), "f", &errors, &state) == 0);
        run();
        assert(!machine_get_node(result->machine, 1)->remembered);
        assert(assignment_get_node(result->assignment, 1)->figures.latency.value == 30);
}

/* Of two nodes of much the same size the baseline stays where it was, also on a kernel without
 * memory hotplug, which has no memory blocks to tell memory by. */
static void test_baseline_stays(void)
{
        boot(NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" NODE
                  "node0/distance: 10 20\n" NODE "node1/distance: 20 10\n" MEMINFO(0, 1000000)
                          MEMINFO(1, 1000001),
             POLICY);
        run();
        assert(result->assignment->baseline->id == 1);
        fake_kernel_set(kernel, NODE "node0/meminfo", "Node 0 MemTotal: 1000009 kB");
        run();
        assert(result->assignment->baseline->id == 1);
        /* the rest of the policy does not choose it; a node that the policy named was not chosen */
        take_policy("[policy]\nhysteresis=1%\n" POLICY);
        run();
        assert(result->assignment->baseline->id == 1);
        take_policy("[policy]\nbaseline=node:1\n" POLICY);
        run();
        assert(result->assignment->baseline->id == 1 && !state->baseline);
        take_policy(POLICY);
        run();
        assert(result->assignment->baseline->id == 0);
        fake_kernel_set(kernel, NODE "node1/meminfo", "Node 1 MemTotal: 2000000 kB");
        run();
        assert(result->assignment->baseline->id == 1);
}

static void set_measured(const char *text)
{
        assert(sysroot_replace(root, MEASURED_PATH, text) == 0);
}

/* A line that cannot be read concerns its own memory, and that is left where it is. */
static void test_bad_line_in_measured(void)
{
        static const char good[] = "node1@40000000 read_latency=11 write_latency=11\n";
        static const char *const bad[] = {
                "node1@40000000 read_latency=11 write_latency=11\ncxl:0x9 oops\n",
                "node1@40000000 read_latency=1x1 write_latency=11\n",
                "node1@40000000 read_latency=11 write_latency=11\nwhatever\n",
                "nodX1@40000000 read_latency=11 write_latency\n",
        };

        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES NODE
             "node1/memory8/state: online\n"
             "sys/devices/system/memory/block_size_bytes: 8000000\n",
             POLICY);
        set_measured(good);
        run();
        assert_streq(fake_kernel_get(kernel, NODE "node1/memtier_override"), "memory_tier4");
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                set_measured(bad[i]);
                run_next();
                assert(result->problems.n == 1 && plan_is_empty(result->plan));
        }
        set_measured(good);
        run_next();
        assert(result->problems.n == 0 && plan_is_empty(result->plan));
        assert(kernel->writes == 1);
}

/* An administrator's hand. */
static void move_by_hand(const char *tier)
{
        assert(sysroot_write(root, NODE "node1/memtier_override", tier) == 0);
        kernel->writes = 0;
        kernel->log[0] = '\0';
}

static const char *tier_of_node_1(void)
{
        return fake_kernel_get(kernel, NODE "node1/memtier_override");
}

#define BY_HAND "it was moved manually; tier cxl: "

/* Put back, and said: once for each time. */
static void test_hand_restored(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand); /* Linux put it there */
        for (unsigned i = 0; i < 2; i++) {
                move_by_hand("7");
                run();
                assert(kernel->writes == 1 && result->report->count[OUTCOME_DONE] == 1);
                assert(startswith(result->plan->writes[0].reason, BY_HAND));
                assert(result->plan->writes[0].present_tier == 7);
                assert_streq(tier_of_node_1(), "memory_tier5");
                run();
                assert(plan_is_empty(result->plan));
                assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        }
        assert_streq(state_get_original(state, NODE "node1/memtier_override")->value,
                     "memory_tier18");
}

/* Who changes the policy does not move by hand, nor does who moves what is not yet placed. */
static void test_no_hand(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY);
        run();
        take_policy(POLICY "memory-tier=6\n[apply]\nmanual=keep\n");
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert_streq(tier_of_node_1(), "memory_tier6");
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        move_by_hand("7"); /* before the first look */
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert_streq(tier_of_node_1(), "memory_tier5");
        /* what the kernel did not do was not undone by hand */
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        kernel->ignore_path = "node1/memtier_override";
        run();
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert(kernel->writes == 1); /* nor is it repeated at once */
}

static void keep_by_hand(const char *tier)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        run();
        move_by_hand(tier);
        for (unsigned i = 0; i < 3; i++) {
                const struct node_assignment *n;

                run();
                n = assignment_get_node(result->assignment, 1);
                assert(n->cause == CAUSE_MANUAL && n->moved_by_hand && n->tier == TIER_NONE);
                assert_streq(n->reason, "moved manually, and manual = keep leaves it there");
                assert(plan_is_empty(result->plan) && kernel->writes == 0);
                assert(state_get_node(state, 1)->manual);
        }
}

/* Left where it was put, and put back when the policy no longer says so. */
static void test_hand_kept(void)
{
        keep_by_hand("7");
        assert_streq(tier_of_node_1(), "memory_tier7");
        move_by_hand("9"); /* and again */
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
        assert(state_get_node(state, 1)->present_tier == 9 && kernel->writes == 0);
        set_latency("11"); /* it would belong elsewhere now: it stays all the same */
        run();
        assert(plan_is_empty(result->plan));
        set_latency("20");
        take_policy(POLICY);
        run();
        assert(startswith(result->plan->writes[0].reason, BY_HAND) && kernel->writes == 1);
        assert(!state_get_node(state, 1)->manual);
        assert_streq(tier_of_node_1(), "memory_tier5");
}

/* A daemon that starts anew knows it from the state. */
static void test_hand_kept_over_restart(void)
{
        struct messages problems = MESSAGES_INIT;

        keep_by_hand("7");
        result = snapshot_unref(result);
        state_free(state);
        assert(state_load(root, &problems, &state) == 0 && problems.n == 0);
        assert(state_get_node(state, 1)->placed == 5);
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
        assert(kernel->writes == 0);
}

/* Other memory went, which need not be said of which node: that is not this node's affair. */
static void test_hand_kept_while_other_memory_goes(void)
{
        keep_by_hand("18");
        state_doubt_placements(state);
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
        keep_by_hand("7");
        move_by_hand("5"); /* and back: placed again */
        run();
        state_doubt_placements(state);
        move_by_hand("7");
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
        assert(kernel->writes == 0);
}

/* It went and came between two passes: that Linux put it elsewhere is nobody's move. */
static void test_no_hand_in_replug(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        run();
        assert_streq(tier_of_node_1(), "memory_tier5");
        plug_node_1();
        state_doubt_placements(state);
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_REST);
        assert_streq(tier_of_node_1(), "memory_tier5");
}

/* A pass that cannot see the tier says nothing of who moved the node. */
static void test_hand_kept_while_tier_is_unknown(void)
{
        keep_by_hand("7");
        kernel->unreadable_path = "node1/memtier_override";
        kernel->unreadable_error = -EAGAIN;
        run_reading(TIERS_KNOWN_ONLY);
        assert(state_get_node(state, 1)->manual && state_get_node(state, 1)->placed == 5);
        kernel->unreadable_path = NULL;
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
}

/* Where Linux had it is a place like any other. */
static void test_hand_kept_in_own_tier(void)
{
        keep_by_hand("18");
        assert_streq(tier_of_node_1(), "memory_tier18");
}

/* Put where it belongs, it is the policy's again: away from there is by hand again. */
static void test_hand_returned(void)
{
        keep_by_hand("7");
        move_by_hand("5");
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_REST);
        assert(!state_get_node(state, 1)->manual && plan_is_empty(result->plan));
        set_latency("11");
        run();
        assert(kernel->writes == 1 && streq(tier_of_node_1(), "memory_tier4"));
        move_by_hand("7");
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
}

/* It ends with the memory: what comes in its place belongs where the policy says. */
static void test_hand_gone(void)
{
        keep_by_hand("7");
        unplug_node_1();
        run();
        assert(!state_get_node(state, 1));
        plug_node_1();
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert(kernel->writes == 1 && streq(tier_of_node_1(), "memory_tier5"));
}

/* Other memory under the same number has an offset of its own, and another tier to count from. */
static void test_offset_of_other_memory(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY);
        run();
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-1664"); /* from 18 */
        unplug_node_1();
        run();
        plug_node_1();
        kernel->own_tier[1] = 31;
        fake_kernel_set(kernel, NODE "node1/adistance_offset", "0");
        fake_kernel_set(kernel, TIER "memory_tier5/nodelist", "");
        fake_kernel_set(kernel, TIER "memory_tier31/nodelist", "1");
        run();
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-3328"); /* from 31 */
        run();
        assert(plan_is_empty(result->plan));
        assert(assignment_get_node(result->assignment, 1)->original_tier == 31);
        take_policy(POLICY "memory-tier=6\n");
        run();
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-3200");
}

/* A module that goes takes its overrides along: nobody's hand, then or when it is back. */
static void test_module_reloaded(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
             POLICY "memory-tier=5\n[apply]\nmanual=keep\n");
        run();
        move_by_hand("18");
        kernel->unreadable_path = "memtier_override";
        kernel->unreadable_error = -ENOENT;
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_REST);
        assert(result->plan->n_unmet == 1 && kernel->writes == 0);
        kernel->unreadable_path = NULL;
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert(kernel->writes == 1 && streq(tier_of_node_1(), "memory_tier5"));
}

/* The same where tiers come of abstract distances. */
static void test_hand_adistance(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES,
             "[policy]\nmethod=adistance\n[apply]\nmanual=keep\n");
        run();
        assert(kernel->writes == 0);
        move_by_hand("7");
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_MANUAL);
        take_policy("[policy]\nmethod=adistance\n");
        run();
        assert(startswith(result->plan->writes[0].reason, "it was moved manually; "));
        assert_streq(tier_of_node_1(), "memory_tier18");
}

/* Through adistance_offset a hand is seen only where the tiers are. */
static void test_hand_offset(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY);
        run();
        run();
        assert(plan_is_empty(result->plan));
        assert(sysroot_write(root, NODE "node1/adistance_offset", "-128") == 0);
        run();
        assert(startswith(result->plan->writes[0].reason, BY_HAND));
        assert(result->plan->writes[0].present_tier == 17);
        assert_streq(fake_kernel_get(kernel, NODE "node1/adistance_offset"), "-1664");
}

/* A kernel that takes an offset and moves nothing: nobody has undone what was never done. */
static void test_no_hand_offset(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OFFSETS, POLICY "[apply]\nmanual=keep\n");
        kernel->own_tier[1] = 31; /* and the offset brings it to where it is already */
        run();
        assert(result->report->count[OUTCOME_UNVERIFIED] == 1);
        run();
        assert(!assignment_get_node(result->assignment, 1)->moved_by_hand);
        assert(kernel->writes == 1 && result->plan->n_unmet == 1);
}

#define COMING "sys/devices/system/memory/memory40/state"

/* Node 1 is known by its figures alone: without them nothing is known. */
#define PLAIN_GUEST                                                                                \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" MEMINFO(0, 9)            \
                MEMINFO(1, 9) ACCESS1(0, 10, 10) ACCESS1(1, 20, 5)                                 \
                        THREAD_TIERS THREAD_OVERRIDES NODE                                         \
                "node1/memory40 -> ../../memory/memory40\n" COMING ": online\n" NODE               \
                "node1/memory_side_cache/index1/size: 1\n"

static void hide_figures(bool hidden)
{
        kernel->unreadable_path = hidden ? "node1/access" : NULL;
        kernel->unreadable_error = -ENOENT;
}

static void assert_unsettled(void)
{
        const struct node_assignment *n = assignment_get_node(result->assignment, 1);

        assert(machine_get_node(result->machine, 1)->unsettled && n->cause == CAUSE_UNSETTLED);
        assert_streq(n->reason,
                     "the kernel is still bringing its memory up: classified when it is there");
        assert(plan_is_empty(result->plan) && kernel->writes == 0);
        assert(result->bugs.n == 0 && result->warnings.n == 0);
}

/* Memory that is just coming is judged when it is there, not by what is missing yet. */
static void test_unsettled(void)
{
        boot(PLAIN_GUEST, POLICY);
        hide_figures(true);
        fake_kernel_set(kernel, COMING, "offline");
        run();
        assert_unsettled();
        fake_kernel_set(kernel, COMING, "going-online");
        run();
        assert_unsettled();
        hide_figures(false); /* figures are enough */
        run();
        assert(!machine_get_node(result->machine, 1)->unsettled);
        assert_streq(tier_of_node_1(), "memory_tier5");
}

/* There, or on its way out, or on a kernel without hotplug, and still nothing is known of it: then
 * that is so. */
static void settled_unknown(const char *block)
{
        boot(PLAIN_GUEST, POLICY);
        hide_figures(true);
        fake_kernel_set(kernel, COMING, block);
        run();
        assert(!machine_get_node(result->machine, 1)->unsettled);
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_UNKNOWN);
        assert(kernel->writes == 0);
}

static unsigned states_read;

static void count_states(struct fake_kernel *k, const char *path)
{
        states_read +=
                startswith(path, "sys/devices/system/memory/memory") && strstr(path, "/state");
}

/* A terabyte has thousands of blocks: one that is online is enough, and all are read once at most.
 */
static void test_settled_at_a_glance(void)
{
        boot(PLAIN_GUEST NODE "node1/memory41 -> ../../memory/memory41\n"
                              "sys/devices/system/memory/memory41/state: online\n",
             POLICY);
        hide_figures(true);
        kernel->before_read = count_states;
        states_read = 0;
        run();
        assert(states_read == 1);
        fake_kernel_set(kernel, COMING, "offline");
        fake_kernel_set(kernel, "sys/devices/system/memory/memory41/state", "offline");
        states_read = 0;
        run();
        assert_unsettled();
        assert(states_read == 2);
}

/* A node that was moved once is not given back for want of figures that are on their way. */
static void test_unsettled_not_given_back(void)
{
        boot(PLAIN_GUEST, POLICY);
        run();
        assert_streq(tier_of_node_1(), "memory_tier5");
        kernel->writes = 0;
        hide_figures(true);
        fake_kernel_set(kernel, COMING, "offline");
        run();
        assert_unsettled();
        fake_kernel_set(kernel, COMING, "online");
        run();
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_UNKNOWN);
        assert(kernel->writes == 1 && streq(tier_of_node_1(), "memory_tier18"));
}

/* Where there are CPUs there was memory all along, figures or none. */
static void test_settled_cpus(void)
{
        boot(PLAIN_GUEST, POLICY);
        kernel->unreadable_path = "/access1/";
        kernel->unreadable_error = -ENOENT;
        fake_kernel_set(kernel, COMING, "offline");
        run();
        assert_unsettled();
        assert(!machine_get_node(result->machine, 0)->unsettled);
}

/* Of memory that was there before the figures are known: nothing to wait for. */
static void test_settled_remembered(void)
{
        boot(PLAIN_GUEST "sys/devices/system/memory/block_size_bytes: 8000000\n", POLICY);
        run();
        hide_figures(true);
        fake_kernel_set(kernel, COMING, "offline");
        run();
        assert(machine_get_node(result->machine, 1)->remembered);
        assert(!machine_get_node(result->machine, 1)->unsettled);
        assert(plan_is_empty(result->plan) && streq(tier_of_node_1(), "memory_tier5"));
}

/* Nor judged by a rule, by SLIT, or by distances. */
static void test_unsettled_first(void)
{
        static const char *const policies[] = {
                POLICY "[node n]\nnode=1\ntier=cxl\n",
                POLICY "[node n]\nnode=1\nlatency=1us\n",
                "[policy]\nmethod=adistance\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(policies); i++) {
                boot(PLAIN_GUEST NODE "node0/distance: 10 20\n", policies[i]);
                hide_figures(true);
                fake_kernel_set(kernel, COMING, "offline");
                run();
                assert_unsettled();
        }
}

static void test_names(void)
{
        static const char *const names[] = { "done", "already", "ignored", "unverified",
                                             "gone", "busy",    "failed",  "held" };

        for (unsigned o = 0; o < OUTCOMES; o++)
                assert_streq(outcome_name(o), names[o]);
}

#define GPU_STATUS "proc/driver/nvidia/gpus/0009:01:00.0/numa_status"

/* The driver answers EIO from the start: nothing is written until it does not. */
static void test_gpu_unreadable(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES GPU_STATUS ": Node: 1\n", POLICY);
        kernel->unreadable_path = GPU_STATUS;
        kernel->unreadable_error = -EIO;
        run();
        assert(result->plan->n_writes == 0 && plan_is_empty(result->plan) &&
               result->problems.n == 1);
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_UNREADABLE);
        assert(state->n_gpus == 0);
        kernel->unreadable_path = NULL;
        run();
        assert(result->plan->n_writes == 0 && result->problems.n == 0);
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_IGNORED);
        assert(state->n_gpus == 1 && state->gpus[0].node == 1);
}

/* The driver answers EIO later, or is gone: what it said counts as long as the memory is there. */
static void test_gpu_remembered(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES GPU_STATUS ": Node: 1\n", POLICY);
        run();
        kernel->unreadable_path = GPU_STATUS;
        kernel->unreadable_error = -EIO;
        run();
        assert(result->plan->n_writes == 0 && result->problems.n == 1);
        assert(machine_get_node(result->machine, 1)->kind == KIND_GPU);
        kernel->unreadable_error = -ENOENT;
        run();
        assert(result->plan->n_writes == 0 && result->problems.n == 0);
        assert(machine_get_node(result->machine, 1)->kind == KIND_GPU && state->n_gpus == 1);
        unplug_node_1();
        run();
        assert(state->n_gpus == 0);
        plug_node_1();
        run();
        assert(result->plan->n_writes == 1);
}

/* A node that is listed, and whose files are gone, is not a node without memory: what is known of
 * it and what is to be undone there stays. */
static void test_half_there(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES, POLICY "[apply]\nmanual=keep\n");
        run();
        state_doubt_placements(state); /* other memory went */
        kernel->unreadable_path = "node1/";
        kernel->unreadable_error = -ENOENT;
        for (unsigned i = 0; i < 2; i++) {
                run_next();
                assert(result->plan->n_writes == 0 && state->n_originals == 1);
                assert(state_get_node(state, 1)->original_tier == 18);
                assert(state_get_node(state, 1)->placed == 5);
                assert_streq(state_get_node(state, 1)->tier, "cxl");
        }
        kernel->unreadable_path = NULL;
        run_next();
        assert(plan_is_empty(result->plan) && kernel->writes == 1);
        assert(state_get_node(state, 1)->placed == 5);
        assert(state_get_original(state, NODE "node1/memtier_override"));
}

/* A tier that was read in an earlier pass, maybe before our own write, is not noted as the present
 * one. */
static void test_kept_tier(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES "proc/77/comm: numatierd\n",
             POLICY "[apply]\nmanual=keep\n");
        state->daemon = 77;
        kernel->module = true;
        fake_kernel_set(kernel, "sys/module/memtier_override/initstate", "live");
        run();
        assert(state_get_node(state, 1)->present_tier == 5);
        state_get_node(state, 0)->present_tier = TIER_UNKNOWN; /* withdrawn */
        state_get_node(state, 1)->present_tier = TIER_UNKNOWN;
        kernel->unreadable_path = "memtier_override";
        kernel->unreadable_error = -EAGAIN;
        run_next();
        assert(node_is_kept(machine_get_node(result->machine, 1), FACT_TIER));
        assert(state_get_node(state, 1)->present_tier == TIER_UNKNOWN);
        assert(!state_get_node(state, 1)->manual);
        kernel->unreadable_path = NULL;
        run_next();
        assert(state_get_node(state, 1)->present_tier == 5 &&
               state_get_node(state, 1)->placed == 5);
        assert(kernel->writes == 1);
}

/* Its memory goes while the driver cannot tell: it is the GPU's again when it comes. */
static void test_gpu_replugged(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES GPU_STATUS ": Node: 1\n", POLICY);
        run();
        kernel->unreadable_path = GPU_STATUS;
        kernel->unreadable_error = -EIO;
        unplug_node_1();
        run();
        plug_node_1();
        run();
        assert(machine_get_node(result->machine, 1)->kind == KIND_GPU);
        kernel->unreadable_path = NULL;
        fake_kernel_set(kernel, GPU_STATUS, "Node: -1");
        run();
        assert(machine_get_node(result->machine, 1)->kind == KIND_DRAM && state->n_gpus == 0);
}

/* An ordinary node that was moved stays where it is, and its last assignment is kept for the
 * hysteresis, but not under another policy. */
static void test_moved_then_unreadable(void)
{
        boot(THREAD_GUEST THREAD_TIERS THREAD_OVERRIDES GPU_STATUS ": Node: -1\n", POLICY);
        run();
        assert(result->report->count[OUTCOME_DONE] == 1);
        kernel->unreadable_path = GPU_STATUS;
        kernel->unreadable_error = -EIO;
        run();
        assert(result->plan->n_writes == 0 && state->n_originals == 1);
        assert(assignment_get_node(result->assignment, 1)->cause == CAUSE_UNREADABLE);
        assert(state_get_node(state, 1)->present_tier == 5);
        assert_streq(state_get_node(state, 1)->tier, "cxl");
        take_policy("# another\n" POLICY);
        run();
        assert(!state_get_node(state, 1)->tier);
        kernel->unreadable_path = NULL;
        run();
        assert(result->plan->n_writes == 0 && plan_is_empty(result->plan));
        assert_streq(state_get_node(state, 1)->tier, "cxl");
}

int main(void)
{
        test_busy();
        test_ignored();
        test_ignored_and_changed();
        test_gone_meanwhile();
        test_saved_when_changed();
        test_tiering_not_saved();
        test_journal_removed();
        test_forgotten();
        test_replugged();
        test_other_policy();
        test_never_reads_nodelist();
        test_moved_twice();
        test_withheld();
        test_what_is_remembered();
        test_given_back();
        test_ignored_after_manual_move();
        test_give_back_is_ignored();
        test_shown_beats_remembered();
        test_bad_line_in_measured();
        test_baseline_stays();
        test_hand_restored();
        test_no_hand();
        test_hand_kept();
        test_hand_kept_over_restart();
        test_hand_kept_in_own_tier();
        test_hand_kept_while_other_memory_goes();
        test_no_hand_in_replug();
        test_hand_kept_while_tier_is_unknown();
        test_hand_returned();
        test_hand_gone();
        test_offset_of_other_memory();
        test_module_reloaded();
        test_hand_adistance();
        test_hand_offset();
        test_no_hand_offset();
        test_unsettled();
        settled_unknown("online");
        settled_unknown("going-offline");
        settled_unknown("");
        test_settled_at_a_glance();
        test_unsettled_not_given_back();
        test_settled_cpus();
        test_settled_remembered();
        test_unsettled_first();
        test_names();
        test_gpu_unreadable();
        test_gpu_remembered();
        test_half_there();
        test_kept_tier();
        test_gpu_replugged();
        test_moved_then_unreadable();
        halt();
}
