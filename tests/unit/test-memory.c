/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of the core fails once, one after the other: the call says so or does without,
 * and nothing crashes or leaks (which the sanitizers and valgrind see). The linker puts these
 * functions before the C library's (--wrap, see meson.build). */
#include <stdarg.h>

#include "apply/restore.h"
#include "doctor/doctor.h"
#include "facts/health.h"
#include "facts/knobs.h"
#include "facts/onliners.h"
#include "guest/libvirt.h"
#include "guest/qemu.h"
#include "hmat/correct.h"
#include "policy/effective.h"
#include "reconcile.h"
#include "state/recall.h"
#include "testing.h"
#include "view/explanation.h"
#include "view/usage.h"
#include "view/view.h"

static bool armed;
static unsigned countdown;

static bool fails(void)
{
        if (!armed || countdown-- > 0)
                return false;
        armed = false;
        return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
        type __real_##name parameters;                                                             \
        type __wrap_##name parameters;                                                             \
        type __wrap_##name parameters                                                              \
        {                                                                                          \
                return fails() ? NULL : __real_##name arguments;                                   \
        }

WRAP(void *, malloc, (size_t n), (n))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *p, size_t n), (p, n))
WRAP(void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, (const char *s), (s))
WRAP(char *, strndup, (const char *s, size_t n), (s, n))
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size))

int __real_vasprintf(char **ret, const char *format, va_list ap) _printf_(2, 0);
int __wrap_vasprintf(char **ret, const char *format, va_list ap) _printf_(2, 0);
int __wrap_vasprintf(char **ret, const char *format, va_list ap)
{
        /* POSIX leaves *ret undefined on failure */
        return fails() ? -1 : __real_vasprintf(ret, format, ap);
}

int __wrap_asprintf(char **ret, const char *format, ...) _printf_(2, 3);
int __wrap_asprintf(char **ret, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = __wrap_vasprintf(ret, format, ap);
        va_end(ap);
        return r;
}

/* What -D_FORTIFY_SOURCE makes of them (packages are built with it). */
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list ap) _printf_(3, 0);
int __wrap___vasprintf_chk(char **ret, int flag, const char *format, va_list ap)
{
        return __wrap_vasprintf(ret, format, ap);
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...) _printf_(3, 4);
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
        va_list ap;
        int r;

        va_start(ap, format);
        r = __wrap_vasprintf(ret, format, ap);
        va_end(ap);
        return r;
}

static const char machine_text[] =
        "# numatier capture 1\n" THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER
        "memory_tier18/nodelist: 1\n" NODE "node0/memtier_override: memory_tier4\n" NODE
        "node1/memtier_override: memory_tier18\n" NODE "node1/memory8/state: online\n"
        "sys/devices/system/memory/block_size_bytes: 8000000\n" LRU_GEN(0) DEMOTION_PATH
        ": false\n" BALANCING_PATH ": 1\n" PROMOTE_RATE_PATH ": 65536\n" WEIGHT_DIR
        "/node0: 21\n" WEIGHT_DIR "/node1: 10\n" WEIGHT_AUTO_PATH ": true\n" STATE_OLD_PATH
        ":\n  node 0 - 4 dram\n  memory node0@0 access1 1 2 3 4\n  gpu 0009:01:00.0 7\n"
        "  original sys/gone memory_tier18\n"
        "proc/driver/nvidia/gpus/0009:01:00.0/numa_status ! EIO\n"
        "proc/driver/nvidia/gpus/000a:01:00.0/numa_status: Node: 1\n"
        "sys/bus/pci/devices/000a:01:00.0/vendor: 0x10de\n"
        "sys/bus/pci/devices/000a:01:00.0/device: 0x2342\n";

static const char policy_text[] =
        "[policy]\nmethod = thresholds\nsources = user hmat slit\nbaseline = node:7\n"
        "[tier dram]\nmax-latency = 1.5x\nmin-bandwidth = 0.5x\n[tier cxl]\nmemory-tier = 5\n"
        "[node one]\nnode = 1\nread-latency = 20ns\n"
        "[apply]\ndemotion = yes\nmin-ttl = auto\nnuma-balancing = tiering\npromotion-rate-limit = "
        "100MiB/s\n"
        "weighted-interleave = by-bandwidth\n[daemon]\nrescan = 0\n";

static int open_machine(struct sysroot **ret)
{
        struct messages errors = MESSAGES_INIT;
        int r;

        r = capture_open(machine_text, strlen(machine_text), "machine", &errors, ret);
        messages_done(&errors);
        return r;
}

static int parse_policy(struct policy **ret)
{
        _cleanup_(policy_unrefp) struct policy *p = NULL;
        struct messages errors = MESSAGES_INIT;
        int r;

        r = policy_new(&p);
        if (r == 0)
                r = policy_parse(p, policy_text, strlen(policy_text), "policy", &errors);
        if (r == 0)
                r = policy_finish(p, &errors);
        messages_done(&errors);
        if (r == 0)
                *ret = TAKE_PTR(p);
        return r;
}

static int show_policy(const struct policy *p)
{
        _cleanup_(effective_freep) struct effective *e = NULL;

        return effective_new(p, &e);
}

static int load_state(struct sysroot *root, struct state **ret)
{
        struct messages problems = MESSAGES_INIT;
        int r;

        r = state_load(root, &problems, ret);
        messages_done(&problems);
        return r;
}

static int restore(struct sysroot *root, const struct machine *machine, struct state *state)
{
        _cleanup_(report_freep) struct report *report = NULL;
        _cleanup_(plan_freep) struct plan *plan = NULL;
        _cleanup_(present_values_freep) struct present_values *present = NULL;
        int r;

        r = restore_read(root, state, &present);
        if (r == 0)
                r = plan_new_restore(machine, state, present, &plan);
        return r < 0 ? r : apply_restore(root, plan, state, NULL, &report);
}

static int show(const struct snapshot *s)
{
        _cleanup_(view_freep) struct view *v = NULL;
        int r;

        r = view_new(s, true, &v);
        for (size_t i = 0; r == 0 && i < s->assignment->n_nodes; i++) {
                _cleanup_(explanation_freep) struct explanation *e = NULL;

                r = explanation_new(s->assignment, &s->assignment->nodes[i], &e);
        }
        return r;
}

static int apply_and_restore(struct sysroot *root, struct policy *policy, struct state *state)
{
        struct snapshot *result = NULL;
        int r;

        r = reconcile(root, policy, TIERS_READ, RECONCILE_APPLY, state, NULL, &result);
        if (r == 0)
                r = show(result);
        if (r == 0)
                r = restore(root, result->machine, state);
        result = snapshot_unref(result);
        return r;
}

/* Everything from the text of a machine and of a policy to the last write. */
static int run(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        int r;

        r = open_machine(&root);
        if (r == 0)
                r = parse_policy(&policy);
        if (r == 0)
                r = show_policy(policy);
        if (r == 0)
                r = load_state(root, &state);
        return r < 0 ? r : apply_and_restore(root, policy, state);
}

#define CXL "sys/bus/cxl/devices/"
#define DAX "sys/bus/dax/devices/dax0.0"

#define GUEST_BUT_DISTANCE                                                                         \
        "# numatier capture 1\n" NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: "    \
        "0\n" MEMINFO(0, 9) MEMINFO(1, 9) DAX                                                      \
                " -> ../root0/region0/dax_region0/dax0.0\n" DAX "/driver -> ../kmem\n" DAX         \
                "/target_node: 1\n" CXL "region0/interleave_ways: 1\n" CXL                         \
                "region0/target0: decoder3.0\n" CXL "decoder3.0 -> ../endpoint3/decoder3.0\n" CXL  \
                "endpoint3/uport -> ../0000:0d:00.0/mem0\n" CXL "mem0/serial: 0x1\n"

static const char *const pass_texts[] = {
        GUEST_BUT_DISTANCE CXL "region0/commit: 1\n" NODE "node0/distance: 10 20\n",
        GUEST_BUT_DISTANCE CXL "region0/commit ! EIO\n" NODE "node0/distance ! EIO\n",
};

static int read_pass(unsigned i, const struct machine *previous, struct machine **ret)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = capture_open(pass_texts[i], strlen(pass_texts[i]), "machine", &problems, &root);
        if (r == 0)
                r = machine_read(root, TIERS_READ, NULL, previous, &problems, ret);
        messages_done(&problems);
        return r;
}

/* What cannot be read is copied from the last pass. */
static int keep(void)
{
        _cleanup_(machine_freep) struct machine *first = NULL, *second = NULL;
        int r;

        r = read_pass(0, NULL, &first);
        if (r == 0)
                r = read_pass(1, first, &second);
        if (r < 0)
                return r;
        assert(node_is_kept(&second->nodes[0], FACT_DISTANCE));
        assert(node_is_kept(&second->nodes[1], FACT_DEVICES));
        return 0;
}

static int record(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        _cleanup_(capture_freep) struct capture *capture = NULL;
        _cleanup_(freep) char *text = NULL;
        struct snapshot *result = NULL;
        int r;

        r = open_machine(&root);
        if (r == 0)
                r = parse_policy(&policy);
        if (r == 0)
                r = state_new(&state);
        if (r == 0)
                r = capture_new(&capture);
        if (r < 0)
                return r;
        sysroot_record(root, capture_add, capture);
        sysroot_read_all(root);
        r = reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &result);
        result = snapshot_unref(result);
        return r < 0 ? r : capture_format(capture, &text);
}

static const char health_text[] = "# numatier capture 1\n"
                                  "captured/memory-blocks:\n"
                                  "  0-3,5 node 0 online kernel\n"
                                  "  7-9 node 1 offline of PNP0C80:00\n"
                                  "sys/devices/system/memory/auto_online_blocks: online\n"
                                  "proc/cmdline: quiet memhp_default_state=online\n"
                                  "sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds: 1\n"
                                  "sys/kernel/mm/damon/admin/kdamonds/0/state: on\n" DAX
                                  "/driver -> ../kmem\n" DAX "/state: online\n"
                                  "sys/fs/cgroup/cgroup.controllers: cpuset\n"
                                  "sys/fs/cgroup/a.slice/cpuset.mems: 0\n"
                                  "proc/1/task/1/stat: 1 (a) D\n"
                                  "proc/1/task/1/wchan: kernfs_drain\n"
                                  "proc/1/task/1/stack: [<0>] offline_pages+0x1/0x2\n"
                                  "etc/udev/rules.d/1.rules:\n"
                                  "  SUBSYSTEM==\"memory\", ENV{a}=\"online\"\n"
                                  "  RESULT==\"b\", GOTO=\"end\"\n"
                                  "  SUBSYSTEM==\"memory\", ATTR{state}=\"$env{a}\"\n"
                                  "  LABEL=\"end\"\n"
                                  "  SUBSYSTEM==\"dax\", RUN+=\"daxctl\"\n"
                                  "etc/daxctl.conf.d/a.conf:\n"
                                  "  [reconfigure-device a]\n"
                                  "  mode = system-ram\n";

static int read_health(struct sysroot *root, struct messages *problems)
{
        _cleanup_(health_freep) struct health *h = NULL;
        _cleanup_(freep) char *text = NULL, *kept = NULL;
        struct onliners onliners = { 0 };
        int r = health_read(root, problems, &h);

        if (r == 0)
                r = health_read_tasks(root, h);
        if (r == 0)
                r = onliners_read(root, problems, &onliners);
        assert(r < 0 || (onliners.n == 4 && h->n_tasks == 1 && h->n_cpusets == 1));
        onliners_done(&onliners);
        if (r == 0)
                r = block_table_format(root, h->blocks, &text);
        if (r == 0)
                r = onliners_filter("etc/udev/rules.d/1.rules",
                                    "SUBSYSTEM==\"memory\", ATTR{state}=\"online\"\n", &kept);
        return r;
}

/* What is read outside of passes. */
static int read_outside(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages problems = MESSAGES_INIT;
        int r;

        r = capture_open(health_text, strlen(health_text), "machine", &problems, &root);
        if (r == 0)
                r = read_health(root, &problems);
        messages_done(&problems);
        return r;
}

/* One that has findings of each severity. */
static int diagnose(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        struct messages errors = MESSAGES_INIT, problems = MESSAGES_INIT;
        struct diagnosis d = { 0 };
        struct health *health = NULL;
        struct snapshot *s = NULL;
        int r;

        messages_add(&errors, "policy:1: wrong");
        r = open_machine(&root);
        if (r == 0)
                r = parse_policy(&policy);
        if (r == 0)
                r = state_new(&state);
        if (r == 0)
                r = reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &s);
        if (r == 0)
                r = health_read(root, &problems, &health);
        if (r == 0)
                r = doctor_examine(&(struct subject){ .snapshot = s,
                                                      .health = health,
                                                      .policy_errors = &errors },
                                   &d);
        if (r == 0)
                assert(d.n_findings > 2 && d.findings[0].title && d.findings[0].remedy);
        diagnosis_done(&d);
        health_free(health);
        s = snapshot_unref(s);
        messages_done(&errors);
        messages_done(&problems);
        return r;
}

static const char usage_text[] =
        "# numatier capture 1\n"
        "sys/fs/cgroup/cgroup.controllers: memory\n"
        "sys/fs/cgroup/a.slice/memory.numa_stat: anon N0=5 N1=3\n"
        "sys/fs/cgroup/a.slice/b.service/memory.numa_stat: anon N0=4\n"
        "sys/fs/cgroup/a.slice/c@1.service/d.scope/memory.numa_stat ! EIO\n"
        "sys/fs/cgroup/kube/x/memory.numa_stat: anon N7=4\n"
        "proc/5/numa_maps: 1000 bind:1 anon=3 N1=3 kernelpagesize_kB=4\n"
        "proc/5/comm: cat\n"
        "proc/5/stat: 5 (cat) S 1 5 5 0 -1 4194304 0\n"
        "proc/6/numa_maps ! EACCES\n";

static int show_users(const struct view *v, const struct usage_tiers *tiers,
                      const struct usage_list *l)
{
        _cleanup_(view_usage_freep) struct view_usage *u = NULL;

        return view_usage_new(v, tiers, l, &u);
}

static int show_user(const struct view *v, const struct usage_tiers *tiers,
                     const struct usage_nodes *nodes)
{
        _cleanup_(view_usage_freep) struct view_usage *u = NULL;
        _cleanup_(usage_user_freep) struct usage_user *user = usage_sum_up(nodes, tiers);

        return user ? view_usage_new_one(v, tiers, user, nodes, &u) : -ENOMEM;
}

static int read_users(struct sysroot *root, const struct view *v, struct messages *problems)
{
        static const struct usage_order orders[] = { { .limit = 1 }, { .key = USAGE_BY_NAME } };
        static struct usage_nodes nodes;
        struct usage_tiers tiers;
        int r = 0;

        view_get_usage_tiers(v, &tiers);
        for (size_t i = 0; r == 0 && i < ELEMENTSOF(orders); i++) {
                _cleanup_(usage_list_freep) struct usage_list *groups = NULL, *processes = NULL;

                r = usage_list_cgroups(root, &tiers, &orders[i], problems, &groups);
                if (r == 0)
                        r = show_users(v, &tiers, groups);
                if (r == 0)
                        r = usage_list_processes(root, &tiers, &orders[i], problems, &processes);
                assert(r < 0 || (groups->n_found == 3 && processes->n_found == 1));
        }
        if (r == 0)
                r = usage_read_process(root, 5, problems, &nodes);
        return r < 0 ? r : show_user(v, &tiers, &nodes);
}

static int find_user(struct sysroot *root, const struct view *v, struct messages *problems)
{
        static struct usage_nodes nodes;
        _cleanup_(freep) char *cgroup = NULL;
        struct usage_tiers tiers;
        int r = usage_find_unit(root, "b", problems, &cgroup);

        if (r == 0)
                r = usage_read_cgroup(root, cgroup, problems, &nodes);
        if (r < 0)
                return r;
        assert_streq(cgroup, "/a.slice/b.service");
        view_get_usage_tiers(v, &tiers);
        return show_user(v, &tiers, &nodes);
}

static int find_users(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        struct messages problems = MESSAGES_INIT;
        const struct view v = { 0 };
        int r;

        r = capture_open(usage_text, strlen(usage_text), "machine", &problems, &root);
        if (r == 0)
                r = read_users(root, &v, &problems);
        if (r == 0)
                r = find_user(root, &v, &problems);
        messages_done(&problems);
        return r;
}

static int print_guest(const struct assignment *a)
{
        struct messages errors = MESSAGES_INIT;
        struct guest_wish wish = { 0 };
        struct guest *g = NULL;
        char *qemu = NULL, *libvirt = NULL;
        int r = guest_wish_parse("0-1", "2,0", "256M,1G", &wish, &errors);

        if (r == 0)
                r = guest_new(a, &wish, NULL, &errors, &g);
        if (r == 0)
                r = guest_format_qemu(g, &qemu);
        if (r == 0)
                r = guest_format_libvirt(g, &libvirt);
        if (r == 0)
                assert(strstr(qemu, "host-nodes=1") && strstr(libvirt, "</domain>"));
        free(qemu);
        free(libvirt);
        guest_free(g);
        guest_wish_done(&wish);
        messages_done(&errors);
        return r;
}

static int describe_guest(void)
{
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        struct snapshot *s = NULL;
        int r;

        r = open_machine(&root);
        if (r == 0)
                r = parse_policy(&policy);
        if (r == 0)
                r = state_new(&state);
        if (r == 0)
                r = reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &s);
        if (r == 0)
                r = print_guest(s->assignment);
        s = snapshot_unref(s);
        return r;
}

static void sweep(int (*fn)(void), unsigned at_least)
{
        unsigned n = 0;
        int r;

        do {
                countdown = n++;
                armed = true;
                r = fn();
                if (r < 0 && r != -ENOMEM)
                        fprintf(stderr, "allocation %u: %s\n", n, strerror(-r));
                assert(r == 0 || r == -ENOMEM);
        } while (!armed);
        armed = false;
        assert(r == 0 && n > at_least);
}

/* Two nodes of which the second is in no tier that Linux would give it: the levels and the
 * prediction are reached, and the refusal must not get lost. */
static int correct_hmat(const struct assignment *a, const struct block_table *blocks)
{
        struct srat_entry entries[] = {
                { .kind = SRAT_CPU, .domain = 7 },
                { .kind = SRAT_MEMORY, .domain = 7, .base = 0, .length = 1 << 27 },
                { .kind = SRAT_MEMORY, .domain = 300, .base = 1ULL << 30, .length = 1 << 27 },
        };
        struct srat srat = { .entries = entries, .n_entries = ELEMENTSOF(entries) };
        struct hmat_facts f = { .assignment = a, .srat = &srat, .blocks = blocks };
        struct hmat_correction c, again = { 0 };
        int r = hmat_correct(&f, &c);

        if (r == 0) {
                assert(c.bytes && c.refusals.n == 0);
                f.used = c.table;
                srat.n_entries--; /* the memory of node 1 is in no domain */
                r = hmat_correct(&f, &again);
        }
        if (r == 0)
                assert(!again.bytes && again.refusals.n == 1);
        hmat_correction_done(&again);
        hmat_correction_done(&c);
        return r;
}

static int correct_firmware(void)
{
        static const char text[] =
                "# numatier capture 1\n" THREAD_GUEST
                "sys/devices/system/memory/block_size_bytes: 8000000\n" BLOCKS_RECORD_PATH
                ":\n  0 node 0 online kernel\n  8 node 1 online kernel\n";
        _cleanup_(block_table_freep) struct block_table *blocks = NULL;
        _cleanup_(policy_unrefp) struct policy *policy = NULL;
        _cleanup_(sysroot_freep) struct sysroot *root = NULL;
        _cleanup_(state_freep) struct state *state = NULL;
        struct messages messages = MESSAGES_INIT;
        struct snapshot *s = NULL;
        int r = capture_open(text, strlen(text), "test", &messages, &root);

        if (r == 0)
                r = parse_policy(&policy);
        if (r == 0)
                r = state_new(&state);
        if (r == 0)
                r = reconcile(root, policy, TIERS_KNOWN_ONLY, RECONCILE_PLAN, state, NULL, &s);
        if (r == 0)
                r = block_table_read(root, NULL, &messages, &blocks);
        if (r == 0)
                r = correct_hmat(s->assignment, blocks);
        messages_done(&messages);
        s = snapshot_unref(s);
        return r;
}

int main(void)
{
        sweep(run, 200);
        sweep(keep, 50);
        sweep(record, 100);
        sweep(read_outside, 60);
        sweep(diagnose, 200);
        sweep(describe_guest, 200);
        sweep(find_users, 60);
        sweep(correct_firmware, 100);
}
