/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "facts/knobs.h"
#include "publish/journal.h"
#include "publish/log.h"
#include "publish/message-ids.h"
#include "publish/status.h"
#include "sysroot/capture.h"

/* What is reported, and that it is reported once: on a machine whose node 1 is twice as slow as
 * node 0 and in the same tier. */

#define NODE "sys/devices/system/node"

static const char policy_text[] = "[tier dram]\nmax-latency = 1.5x\n[tier slow]\n";

static struct policy *policy;
static int log_fd;

static struct sysroot *make_machine(bool override, bool second_node, unsigned mib)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root = NULL;
        char text[2048];
        int n;

        n = snprintf(text, sizeof(text),
                     "# numatier capture 1\n" NODE "/online: 0%s\n" NODE "/possible: 0-1\n" NODE
                     "/has_memory: 0%s\n" NODE "/has_cpu: 0\n" NODE
                     "/node0/meminfo: Node 0 MemTotal: 1048576 kB\n" NODE "/node0/distance: 10%s\n"
                     "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0%s\n",
                     second_node ? "-1" : "", second_node ? "-1" : "", second_node ? " 20" : "",
                     second_node ? "-1" : "");
        if (override)
                n += snprintf(text + n, sizeof(text) - (size_t)n,
                              NODE "/node0/memtier_override: memory_tier4\n");
        if (second_node)
                n += snprintf(text + n, sizeof(text) - (size_t)n,
                              NODE "/node1/meminfo: Node 1 MemTotal: %u kB\n" NODE
                                   "/node1/distance: 20 10\n",
                              mib << 10);
        if (second_node && override)
                n += snprintf(text + n, sizeof(text) - (size_t)n,
                              NODE "/node1/memtier_override: memory_tier4\n");
        assert(capture_open(text, (size_t)n, "machine", &errors, &root) == 0);
        return root;
}

/* Runs a pass over a machine, publishes it, and checks the log and the status line. */
static void run_pass(struct journal *j, struct status *s, struct sysroot *root, const char *log,
                     const char *status)
{
        _cleanup_(state_freep) struct state *state = NULL;
        _cleanup_(freep) char *got_status = NULL;
        struct snapshot *r = NULL;
        char got[4096];
        ssize_t n;

        assert(state_new(&state) == 0);
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &r) == 0);
        assert(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
        journal_pass(j, r, 0);
        status_note(s, r, 0);
        got_status = status_format(s, r, 0);
        r = snapshot_unref(r);
        sysroot_free(root);

        n = pread(log_fd, got, sizeof(got) - 1, 0);
        assert(n >= 0);
        got[n] = '\0';
        if (!streq(got, log) || !streq(got_status, status)) {
                printf("log: %sexpected: %sstatus: %s\nexpected: %s\n", got, log, got_status,
                       status);
                fflush(stdout);
                abort();
        }
}

#define NAME "test-daemon_publish_journal: "
/* Of node 1, all machines here know only SLIT. */
#define GUESS                                                                                      \
        NAME "SLIT alone places node 1, and SLIT is a guess. If it is wrong: numatier measure, "   \
             "or a [node NAME] section with node = 1 and tier = NAME, or latency = ... and "       \
             "bandwidth = ...\n"
#define DOUBT                                                                                      \
        "; SLIT alone, a guess). If it is wrong: numatier measure 1, or a [node NAME] section "    \
        "with node = 1 and tier = NAME\n"
#define STATUS_GUESS "; SLIT alone places node 1, a guess (see the journal)"

static void test_without_interface(void)
{
        static const char unmet[] =
                NAME "Node 1 belongs in tier slow (memory_tier5) but stays in memory_tier4: this "
                     "kernel has no way to move nodes (load the module memtier_override), and "
                     "\"numatier\" shows what is missing\n";
        static const char status[] =
                "2 nodes in 2 tiers (dram: 0, slow: 1)" STATUS_GUESS "; cannot move node 1: "
                "this kernel has no way to move nodes (load the module "
                "memtier_override), and \"numatier\" shows what is missing";
        struct journal j = { 0 };
        struct status s = { 0 };
        char both[1024];

        snprintf(both, sizeof(both), GUESS "%s", unmet);
        run_pass(&j, &s, make_machine(false, true, 512), both, status);
        run_pass(&j, &s, make_machine(false, true, 512), "", status);
        run_pass(&j, &s, make_machine(false, true, 520), "", status); /* too little to report */
        run_pass(&j, &s, make_machine(false, true, 640),
                 NAME "The memory of node 1 grew from 512 MiB to 640 MiB\n", status);
        run_pass(&j, &s, make_machine(false, false, 0), NAME "Node 1 no longer has memory\n",
                 "1 node in 1 tier (dram: 0)");
        snprintf(both, sizeof(both), GUESS NAME "Node 1 has memory now: 512 MiB\n%s", unmet);
        run_pass(&j, &s, make_machine(false, true, 512), both, status);
        journal_done(&j);
}

static void test_with_interface(void)
{
        static const char moved[] = NAME "Moved node 1 from memory_tier4 to memory_tier5 (tier "
                                         "slow: not dram: latency 2x (slit) is over 1.5x" DOUBT;
        struct journal j = { 0 };
        struct status s = { 0 };
        char first[1024];

        snprintf(first, sizeof(first), "%s%s", GUESS, moved);
        run_pass(&j, &s, make_machine(true, true, 512), first,
                 "2 nodes in 2 tiers (dram: 0, slow: 1) through memtier_override" STATUS_GUESS
                 "; last: node 1 to "
                 "slow, 1970-01-01 00:00:00");
        /* whoever moved it back: each move is reported */
        run_pass(&j, &s, make_machine(true, true, 512), moved,
                 "2 nodes in 2 tiers (dram: 0, slow: 1) through memtier_override" STATUS_GUESS
                 "; last: node 1 to "
                 "slow, 1970-01-01 00:00:00");
        journal_done(&j);
}

/* Node 1 is as fast as node 0, in a slower tier, and must not leave it. */
static struct sysroot *make_hazard(const char *balancing)
{
        struct messages errors = MESSAGES_INIT;
        struct sysroot *root = NULL;
        char text[2048];
        int n;

        n = snprintf(text, sizeof(text),
                     "# numatier capture 1\n" NODE "/online: 0-1\n" NODE "/has_memory: 0-1\n" NODE
                     "/has_cpu: 0\n" NODE "/node0/meminfo: Node 0 MemTotal: 1048576 kB\n" NODE
                     "/node1/meminfo: Node 1 MemTotal: 1048576 kB\n" NODE
                     "/node0/distance: 10 12\n" NODE "/node0/memtier_override: memory_tier4\n" NODE
                     "/node1/memtier_override: memory_tier5\n"
                     "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0\n"
                     "proc/sys/kernel/numa_balancing: %s\n",
                     balancing);
        assert(capture_open(text, (size_t)n, "machine", &errors, &root) == 0);
        return root;
}

static void test_hazard(void)
{
        static const char unmet[] = GUESS NAME
                "Node 1 belongs in tier dram (memory_tier4) but stays in memory_tier5: moving "
                "it would make node 1 top-tier. Its pages may hold access times of NUMA "
                "balancing's tiering mode, which is on, and the kernel may panic. To move "
                "it, reboot; it is moved before that mode is switched on. If this kernel has "
                "the bug fixed, write 4 to /" NODE "/node1/memtier_override manually\n";
        static const char status[] =
                "2 nodes in 1 tier (dram: 0-1) through memtier_override" STATUS_GUESS "; "
                "cannot move node 1: moving it is not safe, because the "
                "kernel could panic (see the journal)";
        struct journal j = { 0 };
        struct status s = { 0 };

        run_pass(&j, &s, make_hazard("2"), unmet, status);
        run_pass(&j, &s, make_hazard("2"), "", status);
        run_pass(&j, &s, make_hazard("1"),
                 NAME
                 "Moved node 1 from memory_tier5 to memory_tier4 (tier dram: latency 1.2x (slit) "
                 "is within 1.5x" DOUBT,
                 "2 nodes in 1 tier (dram: 0-1) through memtier_override" STATUS_GUESS
                 "; last: node 1 to dram, "
                 "1970-01-01 00:00:00");
        journal_done(&j);
}

/* The same machine with demotion off and nothing that guards it. */
static struct sysroot *make_unguarded_machine(void)
{
        struct sysroot *root = make_machine(true, true, 512);

        assert(sysroot_replace(root, DEMOTION_PATH, "false\n") == 0);
        return root;
}

static void test_held(void)
{
        static const char held[] = GUESS NAME
                "Moved node 1 from memory_tier4 to memory_tier5 (tier slow: not dram: latency "
                "2x (slit) is over 1.5x" DOUBT NAME
                "Did not set /sys/kernel/mm/numa/demotion_enabled to true: demotion = yes is "
                "refused: there is no swap, and without a guard memory exhaustion can freeze "
                "this machine for minutes instead of killing a process (see "
                "numatierd.conf(5), demotion)\n";
        struct journal j = { 0 };
        struct status s = { 0 };

        policy->demotion = SWITCH_YES;
        run_pass(&j, &s, make_unguarded_machine(), held,
                 "2 nodes in 2 tiers (dram: 0, slow: 1) through memtier_override" STATUS_GUESS
                 "; 1 write held back (see the journal); last: node 1 to slow, 1970-01-01 "
                 "00:00:00");
        policy->demotion = SWITCH_LEAVE;
        journal_done(&j);
}

static void expect_log(const char *expected)
{
        char got[4096];
        ssize_t n = pread(log_fd, got, sizeof(got) - 1, 0);

        assert(n >= 0);
        got[n] = '\0';
        if (!streq(got, expected)) {
                printf("log: %s\nexpected: %s\n", got, expected);
                fflush(stdout);
                abort();
        }
        assert(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
}

/* A snapshot of node 1 whose writes are these. */
static void publish(struct journal *j, struct plan *plan, struct report *report, bool size_known)
{
        struct node node = {
                .id = 1,
                .has_memory = true,
                .size_kib = size_known ? 1048576 : 0,
                .unreadable = size_known ? 0 : 1U << FACT_SIZE,
        };
        struct machine machine = { .nodes = &node, .n_nodes = 1, .has_tiers = true };
        struct node_assignment n = { .node = &node,
                                     .tier = TIER_NONE,
                                     .wanted_tier = 5,
                                     .original_tier = 22,
                                     .reason = (char *)"because" };
        struct assignment assignment = {
                .machine = &machine, .policy = policy, .nodes = &n, .n_nodes = 1
        };
        struct snapshot r = {
                .references = 1,
                .policy = policy,
                .machine = &machine,
                .assignment = &assignment,
                .plan = plan,
                .report = report,
        };

        nodeset_add(&machine.memory, 1);
        journal_pass(j, &r, 0);
}

static struct plan_write a_write = {
        .kind = WRITE_NODE_TIER,
        .interface = INTERFACE_MEMTIER_OVERRIDE,
        .path = (char *)"sys/node1/memtier_override",
        .value = (char *)"5",
        .before = (char *)"memory_tier4",
        .reason = (char *)"tried again in 3 min",
        .node = 1,
        .present_tier = 4,
        .wanted_tier = 5,
};

/* What the kernel ignores is reported once, whatever it does instead, and while it is held off. */
static void test_ignored(void)
{
        struct plan plan = { .interface = INTERFACE_MEMTIER_OVERRIDE }, held = plan;
        struct report_entry entry = { .write = &a_write,
                                      .outcome = OUTCOME_IGNORED,
                                      .after = (char *)"memory_tier4" };
        struct report report = { .entries = &entry, .n_entries = 1 };
        struct journal j = { 0 };

        a_write.retry_usec = 180000000;
        held.held = &a_write;
        held.n_held = 1;
        publish(&j, &plan, &report, true);
        expect_log(NAME "The kernel accepted the value 5 for /sys/node1/memtier_override and did "
                        "not apply it: the file now reads memory_tier4\n");
        publish(&j, &held, NULL, true);
        entry.after = (char *)"memory_tier9";
        publish(&j, &plan, &report, true);
        expect_log("");
        publish(&j, &plan, NULL, true);
        publish(&j, &held, NULL, true); /* it comes back, in a daemon that has not seen the write */
        expect_log(NAME "Did not write 5 to /sys/node1/memtier_override: tried again in 3 min\n");
        journal_done(&j);
}

/* A write that waits for another one is reported once, whichever step of a pass holds it. */
static void test_held_by_steps(void)
{
        struct plan plan = { 0 }, held = plan;
        struct plan_write w = a_write;
        struct report_entry entry = { .write = &w, .outcome = OUTCOME_HELD };
        struct report report = { .entries = &entry, .n_entries = 1 };
        struct journal j = { 0 };

        w.kind = WRITE_WEIGHT;
        w.path = (char *)"sys/weighted_interleave/node1";
        w.retry_usec = 0;
        held.held = &w;
        held.n_held = 1;
        publish(&j, &plan, &report, true);
        expect_log(NAME "Did not set /sys/weighted_interleave/node1 to 5: another weight, or the "
                        "switch for automatic weights, could not be set before\n");
        publish(&j, &held, NULL, true);
        publish(&j, &plan, &report, true);
        expect_log("");
        journal_done(&j);
}

/* A size that cannot be read is not a change of the size. */
static void test_unreadable_size(void)
{
        struct plan plan = { 0 };
        struct journal j = { 0 };

        publish(&j, &plan, NULL, true);
        publish(&j, &plan, NULL, false);
        publish(&j, &plan, NULL, true);
        expect_log("");
        journal_done(&j);
}

/* Instead of the journal's: notes the fields of the last entry. */
static char fields[1024];

int sd_journal_sendv(const struct iovec *iov, int n)
{
        fields[0] = '\0';
        for (int i = 0; i < n; i++) {
                strncat(fields, iov[i].iov_base, iov[i].iov_len);
                strcat(fields, "\n");
        }
        return 0;
}

static void test_fields(void)
{
        struct report_entry entry = { .write = &a_write, .outcome = OUTCOME_DONE };
        struct report report = { .entries = &entry, .n_entries = 1 };
        struct plan plan = { 0 };
        struct journal j = { 0 };
        char stream[64];
        struct stat st;

        assert(fstat(STDERR_FILENO, &st) == 0);
        snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino);
        assert(setenv("JOURNAL_STREAM", stream, 1) == 0);
        log_open(false);
        publish(&j, &plan, &report, true);
        assert(streq(fields,
                     "MESSAGE=Moved node 1 from memory_tier4 to memory_tier5 (tried again in 3 "
                     "min)\nPRIORITY=5\nMESSAGE_ID=" MESSAGE_NODE_MOVED "\n"
                     "NUMATIER_PATH=/sys/node1/memtier_override\nNUMATIER_VALUE=5\n"
                     "NUMATIER_OLD_VALUE=memory_tier4\nNUMATIER_NODE=1\n"
                     "NUMATIER_WANTED_TIER=5\nNUMATIER_PRESENT_TIER=4\n"
                     "NUMATIER_ORIGINAL_TIER=22\nNUMATIER_REASON=because\n"));
        log_open(true);
        journal_done(&j);
}

static void test_errors(void)
{
        struct snapshot empty = { 0 }, *r = &empty;
        struct journal j = { 0 };
        struct status s = { 0 };
        char *status;

        assert(lseek(log_fd, 0, SEEK_SET) == 0 && ftruncate(log_fd, 0) == 0);
        journal_pass(&j, r, -28);
        journal_pass(&j, r, -28);
        journal_pass(&j, NULL, -28); /* there was no memory for what was learnt */
        assert(lseek(log_fd, 0, SEEK_END) ==
               (off_t)strlen(NAME "Cannot apply the policy to this machine: No space left "
                                  "on device\n"));
        status = status_format(&s, r, -28);
        assert(streq(status, "Failed: No space left on device; trying again"));
        free(status);
        status_note(&s, NULL, 0);
        status = status_format(&s, NULL, -12);
        assert(streq(status, "Failed: Cannot allocate memory; trying again"));
        free(status);
        journal_done(&j);
}

/* Reports a slice, and checks the log and what is added to the status line. */
static void report_slice(struct journal *j, struct online_group *g, size_t remaining,
                         const char *log, const char *status)
{
        struct messages rivals = MESSAGES_INIT;
        struct online_plan plan = { .groups = g, .n_groups = 1 };
        struct online_result r = { .problems = MESSAGES_INIT,
                                   .plan = &plan,
                                   .remaining = remaining };
        char *text, got[4096];
        ssize_t n;

        assert(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
        journal_online(j, &r, 0, &rivals);
        n = pread(log_fd, got, sizeof(got) - 1, 0);
        assert(n >= 0);
        got[n] = '\0';
        text = status_format_online(&r);
        if (!streq(got, log) || !streq(text, status)) {
                printf("log: %sexpected: %sstatus: %s\nexpected: %s\n", got, log, text, status);
                fflush(stdout);
                abort();
        }
        free(text);
}

static void test_online(void)
{
        struct online_group g = { .node = 2, .online = ONLINE_MOVABLE, .total = 2048 };
        struct journal j = { 0 };

        /* nothing is said before all is done */
        g.count[CASE_ACT] = 2048;
        g.done = 512;
        report_slice(&j, &g, 1536, "", "; 512 of 2048 blocks of node 2 online, movable so far");
        g.count[CASE_GOOD] = 512;
        g.done = 1536;
        report_slice(&j, &g, 0, NAME "2048 of 2048 blocks of node 2 online, movable\n", "");
        g.count[CASE_GOOD] = 2048;
        g.done = 0;
        report_slice(&j, &g, 0, "", "");
        /* two more were plugged in: it is said again */
        g.total = 2050;
        g.done = 2;
        report_slice(&j, &g, 0, NAME "2050 of 2050 blocks of node 2 online, movable\n", "");
        /* what lasts is said once */
        g.done = 0;
        g.count[CASE_GOOD] = 2049;
        g.count[CASE_WAIT] = 1;
        g.error = -EBUSY;
        g.failed_block = 70;
        for (unsigned i = 0; i < 2; i++)
                report_slice(&j, &g, 0,
                             i > 0 ? ""
                                   : NAME "1 block of node 2 could not be brought online, movable: "
                                          "memory70: Device or resource busy; tried again "
                                          "later\n",
                             "; 2049 of 2050 blocks of node 2 online, movable (see the journal)");
        /* in the end it is given up: that is new */
        g.count[CASE_WAIT] = 0;
        g.error = 0;
        g.count[CASE_STUCK] = 1;
        g.stuck_error = -EBUSY;
        g.stuck_block = 70;
        for (unsigned i = 0; i < 2; i++)
                report_slice(&j, &g, 0,
                             i > 0 ? ""
                                   : NAME
                                     "1 block of node 2 could not be taken offline in 8 tries: "
                                     "memory70: Device or resource busy; not tried again "
                                     "until the policy is reloaded or numatierd restarts\n",
                             "; 2049 of 2050 blocks of node 2 online, movable (see the journal)");
        journal_done(&j);
}

static void test_quarantine(void)
{
        struct online_group g = { .node = 2, .online = ONLINE_NO, .total = 4 };
        struct journal j = { 0 };

        g.count[CASE_GOOD] = 4;
        for (unsigned i = 0; i < 2; i++)
                report_slice(&j, &g, 0,
                             i > 0 ? ""
                                   : NAME "4 of 4 blocks of node 2 offline, as online = no "
                                          "says\n",
                             "");
        g.total = g.count[CASE_GOOD] = 6; /* two more came */
        report_slice(&j, &g, 0, NAME "6 of 6 blocks of node 2 offline, as online = no says\n", "");
        g.total = g.count[CASE_GOOD] = 4;
        report_slice(&j, &g, 0, "", "");
        g.count[CASE_GOOD] = 0;
        g.count[CASE_FULL] = 4;
        report_slice(&j, &g, 0,
                     NAME "4 blocks of node 2 not taken offline, though online = no says so: the "
                          "node is in use, or the other nodes have no room; to do it "
                          "nevertheless: numatier drain 2\n",
                     "; 0 of 4 blocks of node 2 offline, as online = no says (see the journal)");
        journal_done(&j);
}

/* Two of four blocks of node 1 fail, of which the first to be named is another each time. */
static void report_failure(struct journal *j, uint64_t block, int error, const char *wanted)
{
        const struct messages none = MESSAGES_INIT;
        struct online_group group = {
                .node = 1,
                .online = ONLINE_MOVABLE,
                .total = 4,
                .count = { [CASE_GOOD] = 2, [CASE_WAIT] = 2 },
                .error = error,
                .failed_block = block,
        };
        struct online_plan plan = { .groups = &group, .n_groups = 1 };
        struct online_result result = { .plan = &plan };
        char got[1024];
        ssize_t n;

        assert(ftruncate(log_fd, 0) == 0 && lseek(log_fd, 0, SEEK_SET) == 0);
        journal_online(j, &result, 0, &none);
        n = pread(log_fd, got, sizeof(got) - 1, 0);
        assert(n >= 0);
        got[n] = '\0';
        assert(streq(got, wanted));
}

static void test_online_failures(void)
{
#define FAILED(block, error)                                                                       \
        NAME "2 blocks of node 1 could not be brought online, movable: memory" block ": " error    \
             "; tried again later\n"
        struct journal j = { 0 };

        report_failure(&j, 32, -EBUSY,
                       NAME "2 of 4 blocks of node 1 online, movable\n" FAILED(
                               "32", "Device or resource busy"));
        report_failure(&j, 35, -EBUSY, "");
        report_failure(&j, 32, -EBUSY, "");
        report_failure(&j, 32, -ENOMEM, FAILED("32", "Cannot allocate memory"));
        journal_done(&j);
}

/* Boot memory is not what the administrator has to look after. */
static void test_online_status(void)
{
        struct online_group group = {
                .node = 0,
                .online = ONLINE_NO,
                .total = 4,
                .count = { [CASE_FIXED] = 4 },
        };
        struct online_plan plan = { .groups = &group, .n_groups = 1 };
        struct online_result result = { .plan = &plan };
        char *text;

        text = status_format_online(&result);
        assert(streq(text, ""));
        free(text);
        group.count[CASE_FIXED]--;
        group.count[CASE_FULL]++;
        text = status_format_online(&result);
        assert(streq(text, "; 0 of 4 blocks of node 0 offline, as online = no says (see the "
                           "journal)"));
        free(text);
}

int main(void)
{
        struct messages errors = MESSAGES_INIT;
        char path[] = "/tmp/numatier-test-XXXXXX";

        setenv("TZ", "UTC", 1);
        log_fd = mkostemp(path, O_APPEND);
        assert(log_fd >= 0 && unlink(path) == 0);
        assert(dup2(log_fd, STDERR_FILENO) >= 0);
        log_open(true);
        assert(policy_new(&policy) == 0);
        assert(policy_parse(policy, policy_text, strlen(policy_text), "policy", &errors) == 0 &&
               policy_finish(policy, &errors) == 0);
        test_without_interface();
        test_with_interface();
        test_hazard();
        test_held();
        test_errors();
        assert(ftruncate(log_fd, 0) == 0);
        test_ignored();
        test_held_by_steps();
        test_online_failures();
        test_online_status();
        assert(ftruncate(log_fd, 0) == 0);
        test_unreadable_size();
        test_fields();
        test_online();
        test_quarantine();
        policy_unref(policy);
        return 0;
}
