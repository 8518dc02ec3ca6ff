/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apply/plan.h"
#include "apply/restore.h"
#include "facts/knobs.h"
#include "fake-kernel.h"
#include "reconcile.h"
#include "state/recall.h"

/* Which moves are too dangerous where NUMA balancing's tiering mode is on, or was. The machine has
 * four nodes; nodes 0 and 1 have CPUs. */

#define NODES 4

static const char on[] = BALANCING_PATH ": 3\n";
static const char off[] = BALANCING_PATH ": 1\n";

/* A tier for each node, as "4 4 5 6"; "-": no memory, "?": unknown. There is more than one tier, so
 * that nothing else tells the unknown one. */
static char *machine_of(const char *tiers, const char *more)
{
        char memory[16] = "", *copy = strdup(tiers), *rest = copy, *word, *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert(copy && f);
        for (unsigned i = 0; i < NODES; i++) {
                word = strsep(&rest, " ");
                fprintf(f, NODE "node%u/meminfo:\n  Node %u MemTotal: 1000 kB\n", i, i);
                if (i < 2)
                        fprintf(f, NODE "node%u/distance: 10 20 20 20\n", i);
                if (streq(word, "-"))
                        continue;
                sprintf(memory + strlen(memory), "%s%u", *memory ? "," : "", i);
                if (streq(word, "?"))
                        fprintf(f, NODE "node%u/" OVERRIDE_FILE " ! EAGAIN\n", i);
                else
                        fprintf(f,
                                NODE "node%u/" OVERRIDE_FILE ": memory_tier%s\n" TIER
                                     "memory_tier%u/x:\n",
                                i, word, i);
        }
        fprintf(f, NODE "online: 0-3\n" NODE "has_memory: %s\n" NODE "has_cpu: 0-1\n%s", memory,
                more);
        assert(fclose(f) == 0);
        free(copy);
        return text;
}

/* Every node in the tier of that number; "-": ignored. */
static char *policy_of(const char *wanted)
{
        char *copy = strdup(wanted), *rest = copy, *nodes = NULL, *text = NULL, *word;
        bool used[10] = { false };
        size_t size, nodes_size;
        FILE *f = open_memstream(&text, &size), *n = open_memstream(&nodes, &nodes_size);

        assert(copy && f && n);
        for (unsigned i = 0; i < NODES; i++) {
                word = strsep(&rest, " ");
                fprintf(n, "[node n%u]\nnode=%u\n", i, i);
                if (streq(word, "-")) {
                        fputs("ignore=yes\n", n);
                        continue;
                }
                used[*word - '0'] = true;
                fprintf(n, "tier=t%s\n", word);
        }
        assert(fclose(n) == 0);
        for (unsigned t = 0; t < 10; t++)
                if (used[t])
                        fprintf(f, "[tier t%u]\nmemory-tier=%u\n", t, t);
        fputs(nodes, f);
        assert(fclose(f) == 0);
        free(nodes);
        free(copy);
        return text;
}

/* "2>4" for a write that is planned, "2!4" for one that is refused; "?": back to Linux */
static char *describe(const struct plan *p)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert(f);
        for (size_t i = 0; i < p->n_writes; i++)
                if (p->writes[i].kind != WRITE_NODE_TIER)
                        fprintf(f, " %s", strrchr(p->writes[i].path, '/') + 1);
                else if (p->writes[i].wanted_tier == TIER_UNKNOWN)
                        fprintf(f, " %u>?", p->writes[i].node);
                else
                        fprintf(f, " %u>%u", p->writes[i].node, p->writes[i].wanted_tier);
        for (size_t i = 0; i < p->n_unmet; i++) {
                assert(p->unmet[i].hazard);
                fprintf(f, " %u!%d", p->unmet[i].node, (int)p->unmet[i].wanted_tier);
        }
        assert(fclose(f) == 0);
        return text;
}

static char hazard[1024]; /* of the last refused write */

static void assert_planned(const struct plan *p, const char *expected)
{
        char *text = describe(p);

        if (p->n_unmet > 0)
                snprintf(hazard, sizeof(hazard), "%s", p->unmet[p->n_unmet - 1].hazard);
        for (size_t i = 0; i < p->n_unmet; i++)
                assert(p->unmet[i].hazard);
        assert_streq(*text ? text + 1 : text, expected);
        free(text);
}

static struct state *state_from(const char *text)
{
        struct messages errors = MESSAGES_INIT;
        struct state *s;

        assert(state_parse(text, strlen(text), "state", &errors, &s) == 0 && errors.n == 0);
        return s;
}

static void plan_with(const char *now, const char *more, const char *policy, const char *state,
                      const char *expected)
{
        char *machine = machine_of(now, more);
        struct messages messages = MESSAGES_INIT;
        struct sysroot *root = root_from(machine);
        struct policy *p = policy_from(policy);
        struct state *s = state_from(state);
        struct snapshot *r = NULL;

        assert(reconcile(root, p, TIERS_READ, RECONCILE_PLAN, s, NULL, &r) == 0);
        assert_planned(r->plan, expected);
        r = snapshot_unref(r);
        state_free(s);
        policy_unref(p);
        sysroot_free(root);
        messages_done(&messages);
        free(machine);
}

static void plan(const char *now, const char *wanted, const char *more, const char *state,
                 const char *expected)
{
        char *policy = policy_of(wanted);

        plan_with(now, more, policy, state, expected);
        free(policy);
}

static void restore(const char *now, const char *more, const char *state, const char *expected)
{
        char *machine = machine_of(now, more);
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root = root_from(machine);
        struct state *s = state_from(state);
        struct machine *m;
        struct plan *p;

        assert(machine_read(root, TIERS_READ, s, NULL, &problems, &m) == 0);
        p = plan_restore_now(root, m, s);
        assert_planned(p, expected);
        plan_free(p);
        machine_free(m);
        state_free(s);
        sysroot_free(root);
        messages_done(&problems);
        free(machine);
}

/* A node moves by itself. */
static void test_moved_up(void)
{
        plan("4 4 5 6", "4 4 4 6", on, "", "2!4");
        plan("4 4 5 6", "4 4 3 6", on, "", "2!3");
        plan("4 4 6 6", "4 4 5 6", on, "", "2>5"); /* not as far as the top tier */
        plan("4 4 4 6", "4 4 5 6", on, "", "2>5"); /* down */
        plan("4 4 4 6", "4 4 3 6", on, "", "2>3"); /* it is top-tier now */
        plan("4 4 5 6", "4 4 4 4", on, "", "2!4 3!4");
        plan("4 6 5 7", "4 6 4 7", on, "", "2>4"); /* the slowest node with CPUs counts */
        plan("4 6 5 7", "4 6 4 6", on, "", "2>4 3!6");
        plan("4 4 5 6", "4 4 6 4", on, "", "2>6 3!4"); /* one refused keeps no other back */
        plan("4 - 5 6", "4 - 4 6", on, "", "2!4");
        plan("4 4 5 -", "4 4 5 4", on, "", ""); /* without memory it is not moved anyway */
}

/* A node with CPUs moves down, and others are top-tier that were not. */
static void test_pulled_up(void)
{
        plan("4 4 5 6", "4 5 5 6", on, "", "1!5");
        assert(strstr(hazard, "would make node 2 top-tier"));
        plan("4 4 5 6", "4 7 5 6", on, "", "1!7");
        plan("4 4 6 6", "4 5 6 6", on, "", "1>5"); /* nobody there */
        plan("4 5 5 6", "5 5 5 6", on, "", "0>5"); /* the other is there already */
        plan("5 5 6 6", "4 5 6 6", on, "", "0>4"); /* up is safe */
        plan("4 5 5 6", "4 4 5 6", on, "", "1>4");
        plan("4 4 6 6", "6 4 6 6", on, "", "0!6");
        plan("4 4 4 8", "6 4 4 8", on, "", "0>6"); /* node 2 is top-tier already */
        plan("3 5 4 8", "3 6 4 8", on, "", "1>6");
}

/* Writes may fail: no order of those that succeed may be dangerous. */
static void test_meanwhile(void)
{
        /* node 2 leaves the way of node 1; but if it does not? It is done in two passes. */
        plan("4 4 5 8", "4 6 7 8", on, "", "2>7 1!6");
        plan("4 4 7 8", "4 6 7 8", on, "", "1>6");
        /* both move down: between the two, node 2 would be top-tier */
        plan("4 4 7 8", "4 6 6 8", on, "", "2>6 1!6");
        /* node 1 goes up, node 2 to where node 1 was */
        plan("4 6 7 8", "4 4 6 8", on, "", "1>4 2!6");
        plan("4 4 7 8", "4 4 6 8", on, "", "2>6");
        /* what is refused of a node with CPUs does not count for the others */
        plan("4 4 5 8", "4 6 5 6", on, "", "3>6 1!6");
}

static void test_unknown(void)
{
        plan("? 4 5 6", "4 4 4 6", on, "", "2!4");
        plan("? 4 4 6", "4 4 5 6", on, "", "2>5");
        plan("- - 5 6", "4 4 4 6", on, "", "2!4"); /* no top tier that is known of */
        plan("- - 5 6", "4 4 6 6", on, "", "2>6");
        plan("4 4 ? 6", "4 5 4 6", on, "", "1!5");
}

static void test_causes(void)
{
        plan("4 4 5 6", "4 4 4 6", off, "", "2>4");
        plan("4 4 5 6", "4 4 4 6", BALANCING_PATH ": 0\n", "", "2>4");
        plan("4 4 5 6", "4 4 4 6", "", "", "2>4"); /* a kernel without NUMA balancing */
        plan("4 4 5 6", "4 4 4 6", BALANCING_PATH ": 2\n", "", "2!4");
        assert(strstr(hazard, "tiering mode, which is on,"));
        plan("4 4 5 6", "4 4 4 6", off, "tiering\n", "2!4");
        assert(strstr(hazard, "tiering mode, which was on earlier in this boot,"));
        plan("4 4 5 6", "4 4 4 6", off, "original " BALANCING_PATH " 2\n", "2!4");
        plan("4 4 5 6", "4 4 4 6", off, "original " BALANCING_PATH " 1\n", "2!4");
        plan("4 4 5 6", "4 4 4 6", BALANCING_PATH " ! EACCES\n", "", "2!4");
        assert(strstr(hazard, "/" BALANCING_PATH " cannot be read,"));
        plan("4 4 5 6", "4 4 4 6", "proc/sys/kernel/numa_balancing: x\n", "", "2!4");
}

#define OLD_MODULE "sys/module/memtier_override/initstate: live\n"
#define VERSION    "sys/module/memtier_override/version"
#define MODULE     OLD_MODULE VERSION ": 1.1\n"

/* Our module clears the pages itself, but not for an interface of the kernel's own. */
static void test_module(void)
{
        char *more;

        assert(asprintf(&more, MODULE "%s", on) > 0);
        plan("4 4 5 6", "4 4 4 6", more, "", "2>4");
        plan("4 4 5 6", "4 5 5 6", more, "", "1>5");
        restore("4 4 5 6", more, "original " NODE "node2/memtier_override memory_tier4\n", "2>?");
        free(more);
        assert(asprintf(&more,
                        MODULE "%s" NODE "node0/adistance_offset: 0\n" NODE
                               "node1/adistance_offset: 0\n" NODE "node2/adistance_offset: 0\n" NODE
                               "node3/adistance_offset: 0\n",
                        on) > 0);
        plan_with("4 4 5 6", more,
                  "[tier all]\nmemory-tier=4\n[apply]\ninterface=adistance_offset\n", "",
                  "2!4 3!4");
        free(more);
}

/* The first version did not, and what cannot be read is no version. */
static void test_old_module(void)
{
        static const struct {
                const char *more, *expected;
        } cases[] = {
                { OLD_MODULE BALANCING_PATH ": 3\n", "2!4" },
                { OLD_MODULE VERSION ": 1.0\n" BALANCING_PATH ": 3\n", "2!4" },
                { OLD_MODULE VERSION ": x\n" BALANCING_PATH ": 3\n", "2!4" },
                { OLD_MODULE VERSION " ! EIO\n" BALANCING_PATH ": 3\n", "2!4" },
                { OLD_MODULE VERSION ": 1.10\n" BALANCING_PATH ": 3\n", "2>4" },
                { OLD_MODULE VERSION ": 2.0\n" BALANCING_PATH ": 3\n", "2>4" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                *hazard = '\0';
                plan("4 4 5 6", "4 4 4 6", cases[i].more, "", cases[i].expected);
                assert(!*hazard || strstr(hazard, "reload the module memtier_override: version 1.1 "
                                                  "or later clears them"));
        }
}

#define OVERRIDE(node, tier)                                                                       \
        "original " NODE "node" #node "/memtier_override memory_tier" #tier "\n"

static void test_given_back(void)
{
        plan("4 4 5 6", "4 4 - 6", on, OVERRIDE(2, 4), "2!4");
        assert(strstr(hazard, "Or take the node's memory offline and online again"));
        plan("4 4 5 6", "4 4 - 6", on, OVERRIDE(2, 18), "2>?");
        plan("4 4 5 6", "4 4 - 6", off, OVERRIDE(2, 4), "2>?");
        restore("4 4 5 6", on, OVERRIDE(2, 4) OVERRIDE(3, 18), "3>? 2!4");
        restore("4 4 5 6", off, OVERRIDE(2, 4) OVERRIDE(3, 18), "3>? 2>?");
        restore("4 4 5 6", off, "tiering\n" OVERRIDE(2, 4), "2!4");
        restore("4 4 5 6", off, OVERRIDE(1, 5), "1>?");
        restore("4 4 5 6", on, OVERRIDE(1, 5), "1!5");
        restore("4 4 ? 6", on, OVERRIDE(2, 4), "2!4");  /* wherever it is now */
        restore("4 4 - 6", on, OVERRIDE(2, 4), "2!-1"); /* its memory is out: later */
        restore("4 4 - 6", BALANCING_PATH ": 3\n" NODE "node2/memtier_override: memory_tier5\n",
                OVERRIDE(2, 4), "2>?"); /* no pages */
        /* tiering mode is undone first, and what it left stays */
        restore("4 4 5 6", on, OVERRIDE(2, 4) "original " BALANCING_PATH " 1\n",
                "numa_balancing 2!4");
        restore("4 4 5 6", off, OVERRIDE(2, 4) "original " BALANCING_PATH " 2\n",
                "numa_balancing 2!4");
}

#define OFFSET(node, offset) NODE "node" #node "/adistance_offset: " #offset "\n"
#define OFFSET_ORIGINAL(node, offset)                                                              \
        "original " NODE "node" #node "/adistance_offset " #offset "\n"

/* The tier that an offset leads to, from the tier that the present one led to. */
static void test_offsets(void)
{
        static const char machine[] =
                NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
                     "node0/distance: 10 20\n" MEMINFO(0, 1000) MEMINFO(1, 1000) TIER
                "memory_tier4/nodelist: 0\n" TIER "memory_tier5/nodelist: 1\n" BALANCING_PATH
                ": 2\n" OFFSET(0, 0) OFFSET(1, 128);
        static const struct {
                const char *state, *expected;
        } cases[] = {
                { OFFSET_ORIGINAL(1, 0), "1!4" },    { OFFSET_ORIGINAL(1, 1), "1!-1" },
                { OFFSET_ORIGINAL(1, 127), "1!-1" }, { OFFSET_ORIGINAL(1, 256), "1>?" },
                { OFFSET_ORIGINAL(0, 128), "0!5" },  { OFFSET_ORIGINAL(0, 1), "0!-1" },
        };
        struct messages problems = MESSAGES_INIT;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                struct sysroot *root = root_from(machine);
                struct state *s = state_from(cases[i].state);
                struct machine *m;
                struct plan *p;

                assert(machine_read(root, TIERS_READ, s, NULL, &problems, &m) == 0);
                p = plan_restore_now(root, m, s);
                assert_planned(p, cases[i].expected);
                plan_free(p);
                machine_free(m);
                state_free(s);
                sysroot_free(root);
        }
        messages_done(&problems);
}

#define POLICY "[tier dram]\nmax-latency=1.5x\n[tier cxl]\n[apply]\nnuma-balancing="
#define MACHINE                                                                                    \
        THREAD_GUEST TIER "memory_tier4/nodelist: 0\n" TIER                                        \
                          "memory_tier18/nodelist: 1\n" BALANCING_PATH ": 1\n" THREAD_OVERRIDES

static struct fake_kernel *kernel;
static struct sysroot *root;
static struct state *state;

static void set_latency(const char *ns)
{
        fake_kernel_set(kernel, NODE "node1/access1/initiators/read_latency", ns);
        fake_kernel_set(kernel, NODE "node1/access1/initiators/write_latency", ns);
}

static void boot(void)
{
        root = fake_kernel_new(MACHINE, &kernel);
        assert(state_new(&state) == 0);
        set_latency("10"); /* now it belongs beside node 0 */
}

static void halt(void)
{
        state_free(state);
        sysroot_free(root);
}

/* One pass; then the state is what its file says. */
static void run(const char *policy, const char *expected)
{
        struct messages problems = MESSAGES_INIT;
        struct policy *p = policy_from(policy);
        struct snapshot *r = NULL;

        assert(reconcile(root, p, TIERS_READ, RECONCILE_APPLY, state, NULL, &r) == 0);
        assert_planned(r->plan, expected);
        r = snapshot_unref(r);
        policy_unref(p);
        state_free(state);
        assert(state_load(root, &problems, &state) == 0 && problems.n == 0);
}

/* The moves come first, and are safe; afterwards they no longer are, whoever switches it off. */
static void test_moves_come_first(void)
{
        boot();
        run(POLICY "tiering\n", "1>4 numa_balancing");
        assert(strstr(kernel->log, "node1/memtier_override=4\n" BALANCING_PATH "=3\n"));
        assert(state->tiering);
        set_latency("20");
        run(POLICY "tiering\n", "1>5");
        set_latency("10");
        run(POLICY "tiering\n", "1!4");
        fake_kernel_set(kernel, BALANCING_PATH, "0");
        run(POLICY "leave\n", "1!4");
        halt();
}

/* A pass that sees the mode remembers it. */
static void test_seen(void)
{
        boot();
        fake_kernel_set(kernel, BALANCING_PATH, "3");
        set_latency("20");
        run(POLICY "leave\n", "1>5");
        assert(state->tiering);
        fake_kernel_set(kernel, BALANCING_PATH, "1");
        set_latency("10");
        run(POLICY "leave\n", "1!4");
        halt();
}

/* A node that is too busy to be moved is moved later, and the mode waits for it. */
static void test_busy(void)
{
        boot();
        kernel->fail_path = "node1/memtier_override";
        kernel->fail_error = -EAGAIN;
        run(POLICY "tiering\n", "1>4 numa_balancing");
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "1");
        assert(!state->tiering);
        kernel->fail_path = NULL;
        run(POLICY "tiering\n", "1>4 numa_balancing");
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "3");
        halt();
}

/* A mode that the kernel does not let us switch on was never on. */
static void test_refused(void)
{
        boot();
        kernel->fail_path = BALANCING_PATH;
        kernel->fail_error = -EPERM;
        run(POLICY "tiering\n", "1>4 numa_balancing");
        assert(!state_was_tiering(state));
        halt();
}

static bool noted;

static void look_at_state(struct fake_kernel *k, const char *path)
{
        struct messages problems = MESSAGES_INIT;
        struct state *s;

        if (!streq(path, BALANCING_PATH))
                return;
        assert(state_load(k->files, &problems, &s) == 0);
        noted = s->tiering;
        state_free(s);
}

/* It is on record before it is switched on; and, by a restore, before it is switched off. */
static void test_noted_first(void)
{
        struct messages problems = MESSAGES_INIT;
        struct machine *m;
        struct report *report;
        struct plan *p;

        boot();
        kernel->before_write = look_at_state;
        run(POLICY "tiering\n", "1>4 numa_balancing");
        assert(noted);
        state->tiering = noted = false;
        assert(machine_read(root, TIERS_READ, state, NULL, &problems, &m) == 0);
        p = plan_restore_now(root, m, state);
        assert(apply_restore(root, p, state, NULL, &report) == 0 && noted && state->tiering);
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "1");
        report_free(report);
        plan_free(p);
        machine_free(m);
        halt();
}

/* While the module moves a node the mode is off for a moment: it is not switched on meanwhile. */
static void test_interrupted(void)
{
        boot();
        fake_kernel_set(kernel, "sys/module/memtier_override/initstate", "live");
        fake_kernel_set(kernel, VERSION, "1.1");
        run(POLICY "tiering\n", "1>4 numa_balancing");
        fake_kernel_set(kernel, BALANCING_PATH, "0");
        run(POLICY "tiering\n", "");
        fake_kernel_set(kernel, BALANCING_PATH, "3");
        run(POLICY "tiering\n", "");
        fake_kernel_set(kernel, BALANCING_PATH, "0"); /* and here it lasts */
        run(POLICY "tiering\n", "");
        run(POLICY "tiering\n", "numa_balancing");
        assert_streq(fake_kernel_get(kernel, BALANCING_PATH), "2");
        halt();
}

/* Tiers that are not known yet may ask for moves: the mode waits. */
static void test_waits(void)
{
        plan_with("? 4 5 6", BALANCING_PATH ": 1\n",
                  "[tier all]\n[apply]\nnuma-balancing=tiering\n", "", "2>4 3>4");
        plan_with("? 4 4 4", BALANCING_PATH ": 3\n", "[tier all]\n[apply]\nnuma-balancing=off\n",
                  "", "numa_balancing");
}

int main(void)
{
        test_moved_up();
        test_pulled_up();
        test_meanwhile();
        test_unknown();
        test_causes();
        test_module();
        test_old_module();
        test_given_back();
        test_offsets();
        test_moves_come_first();
        test_seen();
        test_busy();
        test_refused();
        test_noted_first();
        test_interrupted();
        test_waits();
}
