/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "examine.h"

#define TWO_TIERS THREAD_GUEST THREAD_TIERS
#define MGLRU(min_ttl)                                                                             \
        "sys/kernel/mm/lru_gen/enabled: 0x0007\nsys/kernel/mm/lru_gen/min_ttl_ms: " #min_ttl "\n"
#define CLASSIC_LRU "sys/kernel/mm/lru_gen/enabled: 0x0000\nsys/kernel/mm/lru_gen/min_ttl_ms: 0\n"

#define CPUSET(mems)                                                                               \
        "sys/fs/cgroup/cgroup.controllers: cpuset\nsys/fs/cgroup/db.service/cpuset.mems: " mems "\n"

static void test_freeze(void)
{
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) MGLRU(0) NO_SWAP, VENDOR);
        assert_found("demotion-freeze", ERROR, "echo 100 >/sys/kernel/mm/lru_gen/min_ttl_ms");
        assert(has_evidence("demotion-freeze", "/proc/swaps", "no swap"));
        /* a guard that works on this kernel */
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) MGLRU(100) NO_SWAP, VENDOR);
        assert_not_found("demotion-freeze");
        /* the classic LRU has none */
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU NO_SWAP, VENDOR);
        assert_found("demotion-freeze", ERROR, "echo y >/sys/kernel/mm/lru_gen/enabled");
        assert_found("demotion-freeze", ERROR, "w /sys/kernel/mm/lru_gen/enabled - - - - y");
        assert_found("demotion-freeze", ERROR, "numatierd then sets the guard");
        assert_found("demotion-freeze", ERROR, "Or add swap");
        assert_found("demotion-freeze", ERROR, "echo false");
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU NO_SWAP,
                VENDOR "[apply]\nmin-ttl=leave\n");
        assert_found("demotion-freeze", ERROR, "let numatierd set the guard");
        /* it is not built with the other LRU, or the guard would kill too early */
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) NO_SWAP, VENDOR);
        assert_found("demotion-freeze", ERROR, "This kernel has no guard that works. Add swap.");
        examine(TWO_TIERS KERNEL("7.3.4") DEMOTION(true) CLASSIC_LRU NO_SWAP, VENDOR);
        assert_found("demotion-freeze", ERROR, "This kernel has no guard that works. Add swap.");
        /* swap helps for a while */
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU SWAP, VENDOR);
        assert_found("demotion-freeze", WARNING, "until it is full");
        assert(has_evidence("demotion-freeze", "/proc/swaps", "1048572 KiB, of which 0 are used"));
        examine(TWO_TIERS KERNEL("7.3.4") DEMOTION(true) MGLRU(0) NO_SWAP, VENDOR);
        assert_found("demotion-freeze", ERROR, "has no guard that works");
}

/* What is not known is not said. */
static void test_swap_unreadable(void)
{
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU "proc/swaps ! EIO\n", VENDOR);
        assert_found("demotion-freeze", WARNING, "");
        assert(!has_evidence("demotion-freeze", "/proc/swaps", ""));
}

static void test_no_freeze(void)
{
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(false) MGLRU(0) NO_SWAP, VENDOR);
        assert_not_found("demotion-freeze");
        examine(THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n" KERNEL("6.12.95") DEMOTION(true)
                        MGLRU(0) NO_SWAP,
                VENDOR);
        assert_not_found("demotion-freeze"); /* one tier */
}

static void test_freeze_by_policy(void)
{
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) MGLRU(0) NO_SWAP,
                VENDOR "[apply]\nmin-ttl=leave\n");
        assert_found("demotion-freeze", ERROR, "min-ttl = auto");
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU NO_SWAP,
                VENDOR "[apply]\ndemotion=force\n");
        assert_found("demotion-freeze", NOTE, "");
        examine(TWO_TIERS KERNEL("6.12.95") "sys/kernel/mm/numa/demotion_enabled ! EIO\n" MGLRU(0)
                        NO_SWAP,
                VENDOR);
        assert_not_found("demotion-freeze");
        assert(messages_have(&found.unchecked, "whether memory exhaustion can freeze"));
}

/* A file of the administrator may be read after a drop-in, and numatierd writes what it says. */
static void test_own_policy(void)
{
        const char *const file = "/etc/numatier/numatierd.conf.d/site.conf";

        examine_policy(TWO_TIERS KERNEL("6.1.0") DEMOTION(true) CLASSIC_LRU SWAP CPUSET("0"), file,
                       VENDOR "[apply]\ndemotion=yes\n");
        assert_found("demotion-freeze", NOTE,
                     "change \"demotion = yes\" to \"demotion = no\" in "
                     "/etc/numatier/numatierd.conf.d/site.conf:11");
        assert_found("demotion-cpuset", WARNING, "site.conf:11, then run");
        assert(!strstr(get_finding("demotion-cpuset")->remedy, "echo false"));
        examine_policy(TWO_TIERS KERNEL("6.12.95") DEMOTION(false) MGLRU(0), file,
                       VENDOR "[apply]\ndemotion=leave\n");
        assert_found("demotion-off", WARNING, "change \"demotion = leave\" to \"demotion = yes\"");
}

static void test_off(void)
{
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(false) MGLRU(0) NO_SWAP, VENDOR);
        assert_found("demotion-off", WARNING, "demotion = yes");
        assert_found("demotion-off", WARNING, "while node 1 may have free memory");
        assert(!strstr(get_finding("demotion-off")->remedy, "Add swap"));
        /* where it would be refused */
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(false) CLASSIC_LRU NO_SWAP, VENDOR);
        assert_found("demotion-off", NOTE, "echo y >/sys/kernel/mm/lru_gen/enabled");
        assert_found("demotion-off", NOTE, "Or add swap: without either");
        assert(!strstr(get_finding("demotion-off")->remedy, "demotion = yes"));
        examine(TWO_TIERS KERNEL("7.3.4") DEMOTION(false) CLASSIC_LRU NO_SWAP, VENDOR);
        assert_found("demotion-off", NOTE, "Add swap first");
        assert(!strstr(get_finding("demotion-off")->remedy, "demotion = yes"));
        examine(TWO_TIERS KERNEL("6.1.0") DEMOTION(false) CLASSIC_LRU "proc/swaps ! EIO\n", VENDOR);
        assert_found("demotion-off", NOTE, "cannot be read");
        assert(!strstr(get_finding("demotion-off")->remedy, "demotion = yes"));
        /* where it has a hazard */
        examine(TWO_TIERS KERNEL("7.3.4") DEMOTION(false) MGLRU(0) SWAP, VENDOR);
        assert_found("demotion-off", NOTE, "can freeze the machine");
        assert_found("demotion-off", NOTE, "demotion = yes");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(false) MGLRU(0) SWAP CPUSET("0"), VENDOR);
        assert_found("demotion-off", NOTE, "their cpusets exclude");
        /* somebody wants it so */
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(false), VENDOR "[apply]\ndemotion=no\n");
        assert_not_found("demotion-off");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true), VENDOR);
        assert_not_found("demotion-off");
        examine(THREAD_GUEST TIER "memory_tier4/nodelist: 0-1\n" DEMOTION(false), VENDOR);
        assert_not_found("demotion-off");
}

static void test_cpuset(void)
{
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) CPUSET("0"), VENDOR);
        assert_found("demotion-cpuset", WARNING, "ignores the cpusets");
        assert(found.unchecked.n == 0);
        health->cpusets_incomplete = true;
        examine_again();
        assert(messages_have(&found.unchecked, "cpusets of other control groups"));
        assert(has_evidence("demotion-cpuset", "/sys/fs/cgroup/db.service/cpuset.mems", "0"));
        examine(TWO_TIERS KERNEL("7.3.4") DEMOTION(true) CPUSET("0"), VENDOR);
        assert_not_found("demotion-cpuset");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(false) CPUSET("0"), VENDOR);
        assert_not_found("demotion-cpuset");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) CPUSET("0-1"), VENDOR);
        assert_not_found("demotion-cpuset");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true) CPUSET("1"), VENDOR);
        assert_not_found("demotion-cpuset");
        examine(TWO_TIERS KERNEL("6.12.95") DEMOTION(true), VENDOR);
        assert_not_found("demotion-cpuset");
}

/* Nothing is said of groups that may use all slow nodes, or where nothing is to be demoted. */
static void test_cpuset_unknown(void)
{
        static const char *const kernels[] = { "6.13.0", "6.18.2", "7.2.9" };

        for (size_t i = 0; i < ELEMENTSOF(kernels); i++) {
                char machine[4096];

                snprintf(machine, sizeof(machine),
                         TWO_TIERS KERNEL("%s") DEMOTION(true) CPUSET("0"), kernels[i]);
                examine(machine, VENDOR);
                assert_not_found("demotion-cpuset");
                assert(messages_have(&found.unchecked, "such as db.service: Linux 6.12 does"));
                assert(messages_have(&found.unchecked, kernels[i]));
        }
        examine(TWO_TIERS KERNEL("6.18.2") DEMOTION(false) MGLRU(100) CPUSET("0"), VENDOR);
        assert_found("demotion-off", WARNING, "demotion = yes");
        assert(found.unchecked.n == 1);
        examine(TWO_TIERS KERNEL("6.18.2") DEMOTION(false) CPUSET("0"),
                VENDOR "[apply]\ndemotion=no\n");
        assert(found.unchecked.n == 0);
        examine(TWO_TIERS KERNEL("6.18.2") DEMOTION(true) CPUSET("0-1"), VENDOR);
        assert(found.unchecked.n == 0);
        examine(TWO_TIERS KERNEL("8.0.1") DEMOTION(true) CPUSET("0"), VENDOR);
        assert(found.unchecked.n == 0);
}

/* A machine as far as its demotion goes, on which doctor's remedies are applied. */
struct shape {
        const char *kernel;
        bool classic_lru, min_ttl, swap, demotion, cpuset;
        const char *policy, *policy_min_ttl; /* NULL: nothing is said */
};

static void examine_shape(const struct shape *s)
{
        char machine[8192], text[1024];

        snprintf(machine, sizeof(machine), "%s" KERNEL("%s") "%s%s%s%s", TWO_TIERS, s->kernel,
                 s->classic_lru ? CLASSIC_LRU
                 : s->min_ttl   ? MGLRU(100)
                                : MGLRU(0),
                 s->swap ? SWAP : NO_SWAP, s->demotion ? DEMOTION(true) : DEMOTION(false),
                 s->cpuset ? CPUSET("0") : "");
        snprintf(text, sizeof(text), VENDOR "[apply]\ndemotion=%s\nmin-ttl=%s\n",
                 s->policy ?: "leave", s->policy_min_ttl ?: "auto");
        examine(machine, text);
}

/* What numatierd does once it runs. */
static void write_plan(struct shape *s)
{
        examine_shape(s);
        for (size_t i = 0; i < snapshot->plan->n_held; i++)
                assert(snapshot->plan->held[i].kind != WRITE_DEMOTION); /* not to be proposed */
        for (size_t i = 0; i < snapshot->plan->n_writes; i++) {
                const struct plan_write *w = &snapshot->plan->writes[i];

                if (w->kind == WRITE_DEMOTION)
                        s->demotion = streq(w->value, "true");
                if (w->kind == WRITE_MIN_TTL)
                        s->min_ttl = !streq(w->value, "0");
        }
}

#define REMEDIES   7
#define NEW_KERNEL 5
#define NEW_LRU    6

/* Does remedy i of a finding; false: it has no such one. */
static bool apply_remedy(const char *remedy, unsigned i, struct shape *s)
{
        static const char *const texts[REMEDIES] = {
                "\n    demotion = yes",
                "\n    demotion = no",
                "echo false >",
                "dd swap",
                "\n    echo 100 >",
                "se Linux 7.3",
                "echo y >/sys/kernel/mm/lru_gen/enabled",
        };
        bool guards = strstr(remedy, "min-ttl = auto") != NULL;

        if (!strstr(remedy, texts[i]) && !(i == 4 && guards))
                return false;
        s->policy_min_ttl = guards ? "auto" : s->policy_min_ttl;
        if (i < 2)
                s->policy = i == 0 ? "yes" : "no";
        s->demotion = s->demotion && i != 2;
        s->swap = s->swap || i == 3;
        s->classic_lru = s->classic_lru && i != NEW_LRU;
        s->min_ttl = i != NEW_KERNEL && (s->min_ttl || (i == 4 && !guards));
        s->kernel = i == NEW_KERNEL ? "7.3.4" : s->kernel;
        write_plan(s);
        return true;
}

static bool is_of_demotion(const struct finding *f)
{
        return startswith(f->id, "demotion-") && f->severity != SEVERITY_NOTE;
}

/* Whichever remedy is taken: after some steps no warning is left, and it does not come back by a
 * remedy of a note either. */
static void follow(const struct shape *s, unsigned steps, bool was_note)
{
        char *remedies[4] = { NULL };
        bool wrong = false;
        size_t n = 0;

        examine_shape(s);
        for (size_t i = 0; i < found.n_findings; i++)
                wrong = wrong || is_of_demotion(&found.findings[i]);
        if (wrong && (was_note || steps == 0)) {
                print_findings();
                fprintf(stderr, "%s swap %d demotion %d\n", s->kernel, s->swap, s->demotion);
                abort();
        }
        for (size_t i = 0; i < found.n_findings && !was_note; i++)
                if (startswith(found.findings[i].id, "demotion-") &&
                    (is_of_demotion(&found.findings[i]) || !wrong))
                        remedies[n++] = strdup(found.findings[i].remedy);
        for (size_t i = 0; i < n; i++) {
                for (unsigned j = 0; j < REMEDIES; j++) {
                        /* it ends a hazard, so that what was a note may be a warning, once */
                        bool ends_hazard = j == NEW_KERNEL || j == NEW_LRU;
                        struct shape next = *s;

                        if (apply_remedy(remedies[i], j, &next))
                                follow(&next, steps - (wrong || ends_hazard),
                                       !wrong && !ends_hazard);
                }
                free(remedies[i]);
        }
}

static void test_remedies_end(void)
{
        static const char *const kernels[] = { "6.1.0", "6.12.95", "7.3.4" };
        static const char *const min_ttls[] = { NULL, "leave" };

        for (unsigned i = 0; i < 1U << 4; i++)
                for (size_t k = 0; k < ELEMENTSOF(kernels); k++)
                        for (size_t j = 0; j < ELEMENTSOF(min_ttls); j++)
                                follow(&(struct shape){ .kernel = kernels[k],
                                                        .policy_min_ttl = min_ttls[j],
                                                        .swap = i & 1,
                                                        .demotion = i & 2,
                                                        .classic_lru = i & 4,
                                                        .cpuset = i & 8 },
                                       5, false);
}

#define GPU                                                                                        \
        "proc/driver/nvidia/gpus/0009:01:00.0/numa_status: Node: 1\n"                              \
        "proc/driver/nvidia/gpus/0009:01:00.0/information: Model: x\n"

static void test_gpu(void)
{
        examine(TWO_TIERS DEMOTION(true) GPU, VENDOR);
        assert(machine_get_node(snapshot->machine, 1)->kind == KIND_GPU);
        assert_found("demotion-gpu", WARNING, "tier = dram");
        assert_not_found("demotion-off");
        examine(TWO_TIERS DEMOTION(false) GPU, VENDOR);
        assert_not_found("demotion-gpu");
        assert_not_found("demotion-off"); /* the only slow node is the GPU's */
        examine(TWO_TIERS DEMOTION(true), VENDOR);
        assert_not_found("demotion-gpu");
}

/* Memory that is slow, and that of a GPU. */
static void test_gpu_beside_slow(void)
{
        examine(NODE "online: 0-2\n" NODE "has_memory: 0-2\n" NODE "has_cpu: 0\n" NODE
                     "node0/distance: 10 20 40\n" MEMINFO(0, 9) MEMINFO(1, 9) MEMINFO(2, 9) TIER
                "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1-2\n"
                "proc/driver/nvidia/gpus/0009:01:00.0/numa_status: Node: 2\n"
                "proc/driver/nvidia/gpus/0009:01:00.0/information: Model: x\n" DEMOTION(false)
                        KERNEL("6.12.95") MGLRU(0),
                VENDOR);
        assert_found("demotion-off", WARNING, "to the memory of a GPU, too (node 2)");
        examine(TWO_TIERS DEMOTION(false), VENDOR);
        assert(!strstr(get_finding("demotion-off")->remedy, "GPU"));
}

int main(void)
{
        test_freeze();
        test_swap_unreadable();
        test_no_freeze();
        test_freeze_by_policy();
        test_own_policy();
        test_off();
        test_cpuset();
        test_cpuset_unknown();
        test_remedies_end();
        test_gpu();
        test_gpu_beside_slow();
        forget();
        return 0;
}
