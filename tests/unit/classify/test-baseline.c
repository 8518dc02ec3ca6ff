/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/assignment.h"
#include "state/recall.h"
#include "state/state.h"
#include "testing.h"

/* Which node "x" refers to: the automatic choice, and what does not change it. */

struct scene {
        struct sysroot *root;
        struct machine *machine;
        struct policy *policy;
        struct assignment *assignment;
        struct messages messages;
};

static void done(struct scene *s)
{
        assignment_free(s->assignment);
        policy_unref(s->policy);
        machine_free(s->machine);
        sysroot_free(s->root);
        messages_done(&s->messages);
}

static void read_scene(const char *machine, const char *policy, struct scene *s)
{
        *s = (struct scene){ .root = root_from(machine), .policy = policy_from(policy) };
        assert(machine_read(s->root, TIERS_READ, NULL, NULL, &s->messages, &s->machine) == 0);
}

static void assign(struct scene *s, const struct state *last)
{
        s->assignment = assignment_free(s->assignment);
        assert(assignment_new(s->machine, s->policy, last, &s->messages, &s->assignment) == 0);
}

static void set_key(struct scene *s, unsigned node, const char *key)
{
        free(s->machine->nodes[node].key);
        s->machine->nodes[node].key = strdup(key);
}

#define TWO_SOCKETS                                                                                \
        NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0-1\n" MEMINFO(0, 800)        \
                MEMINFO(1, 800) ACCESS1(0, 100, 1000) ACCESS1(1, 100, 1000)
#define TIERS "[tier t]\nmax-latency=2x\n[tier rest]\n"

/* The baseline of two sockets of these sizes, of which the last is known by its key. */
static unsigned pick(uint64_t size0, uint64_t size1, const char *last, uint64_t other_policy)
{
        struct state state = { .baseline = (char *)last };
        struct scene s;
        unsigned result;

        read_scene(TWO_SOCKETS, TIERS, &s);
        set_key(&s, 0, "node0@0");
        set_key(&s, 1, "node1@100000");
        s.machine->nodes[0].size_kib = size0;
        s.machine->nodes[1].size_kib = size1;
        state.policy = s.policy->hash + other_policy;
        assign(&s, &state);
        result = s.assignment->baseline->id;
        done(&s);
        return result;
}

/* A balloon takes and gives kilobytes: the baseline stays. */
static void test_sticky(void)
{
        assert(pick(800, 801, NULL, 0) == 1);
        assert(pick(800, 801, "node0@0", 0) == 0);
        assert(pick(800, 899, "node0@0", 0) == 0);
        assert(pick(800, 900, "node0@0", 0) == 1); /* an eighth more */
        assert(pick(800, 801, "node1@100000", 0) == 1);
        assert(pick(899, 800, "node1@100000", 0) == 1);
        assert(pick(800, 801, "gone", 0) == 1);
        assert(pick(800, 801, "node0@0", 1) == 0);       /* the policy has changed */
        assert(pick(800, 801, "node0@8000000", 0) == 0); /* its first block is gone */
}

/* A size that cannot be read now decides nothing. */
static void test_unreadable_size(void)
{
        struct state state = { .baseline = (char *)"a" };
        struct scene s;

        read_scene(TWO_SOCKETS, TIERS, &s);
        set_key(&s, 0, "a");
        set_key(&s, 1, "b");
        s.machine->nodes[0].size_kib = 0;
        s.machine->nodes[0].unreadable = 1U << FACT_SIZE;
        state.policy = s.policy->hash;
        assign(&s, &state);
        assert(s.assignment->baseline->id == 0);
        assign(&s, NULL);
        assert(!s.assignment->baseline && s.assignment->undecided.fact == FACT_SIZE);
        assert(assignment_get_node(s.assignment, 1)->cause == CAUSE_UNREADABLE);
        done(&s);
}

/* CPUs in node 0, memory in the others. */
#define APART                                                                                      \
        NODE "online: 0-2\n" NODE "has_memory: 1-2\n" NODE "has_cpu: 0\n" MEMINFO(0, 0)            \
                MEMINFO(1, 9) MEMINFO(2, 99)

static unsigned pick_apart(const char *files, const char *policy)
{
        char machine[4096];
        struct scene s;
        unsigned result;

        snprintf(machine, sizeof(machine), "%s%s", APART, files);
        read_scene(machine, policy, &s);
        assign(&s, NULL);
        assert(s.assignment->baseline);
        result = s.assignment->baseline->id;
        assert(messages_have(&s.messages, "No node has both CPUs and memory"));
        done(&s);
        return result;
}

static void test_no_node_has_both(void)
{
        assert(pick_apart(ACCESS1(1, 100, 10) ACCESS1(2, 200, 10), TIERS) == 1);
        assert(pick_apart(ACCESS1(1, 200, 10) ACCESS1(2, 100, 10), TIERS) == 2);
        assert(pick_apart(ACCESS1(1, 100, 20) ACCESS1(2, 100, 10), TIERS) == 1);
        /* the sources count in the policy's order */
        assert(pick_apart(ACCESS1(1, 200, 10) ACCESS1(2, 100, 10),
                          TIERS "[node n]\nnode=1\nlatency=50ns\n") == 1);
        assert(pick_apart(NODE "node0/distance: 10 20 30\n", TIERS) == 1);
        assert(pick_apart("", TIERS) == 2); /* the most memory */
        assert(pick_apart("", TIERS "[node n]\nnode=2\nignore=yes\n") == 1);
        (void)pick_apart(ACCESS1(1, 100, 10), "[policy]\nmethod=adistance\n");
}

static const struct node_assignment *get(const struct scene *s, unsigned node)
{
        return assignment_get_node(s->assignment, node);
}

/* The others are classified in multiples of it, and numbered from it. */
static void test_classified_without_both(void)
{
        struct scene s;

        read_scene(APART ACCESS1(1, 100, 1000) ACCESS1(2, 300, 1000), TIERS, &s);
        assign(&s, NULL);
        assert_streq(get(&s, 1)->reason, "latency 1x is within 2x");
        assert(get(&s, 1)->wanted_tier == 4 && get(&s, 2)->wanted_tier == 5);
        assert(get(&s, 0)->cause == CAUSE_NO_MEMORY && s.messages.n == 1);
        assert(strstr(s.messages.items[0], "the baseline is node 1, "));
        done(&s);
}

/* A policy without tiers, as that of restore and capture, compares nothing. */
static void test_no_tiers(void)
{
        struct scene s = { .root = root_from(APART) };

        assert(policy_new(&s.policy) == 0);
        assert(machine_read(s.root, TIERS_READ, NULL, NULL, &s.messages, &s.machine) == 0);
        assign(&s, NULL);
        assert(s.messages.n == 0);
        done(&s);
}

/* Then there is none now, and each node is left where it is. */
static void assert_undecided(struct scene *s, const struct state *last, enum fact fact,
                             unsigned node)
{
        assign(s, last);
        assert(!s->assignment->baseline && s->assignment->undecided.fact == fact);
        assert(s->assignment->undecided.node->id == node);
        for (size_t i = 0; i < s->assignment->n_nodes; i++)
                assert(!s->assignment->nodes[i].node->has_memory ||
                       s->assignment->nodes[i].cause == CAUSE_UNREADABLE);
}

/* If what decides cannot be read now, the last choice stays. */
static void test_fastest_unreadable(void)
{
        struct state state = { .baseline = (char *)"slow" };
        struct scene s;

        read_scene(APART ACCESS1(1, 100, 1000) ACCESS1(2, 300, 1000), TIERS, &s);
        set_key(&s, 2, "slow");
        state.policy = s.policy->hash;
        assign(&s, &state);
        assert(s.assignment->baseline->id == 1);
        s.machine->nodes[0].unreadable = 1U << FACT_DISTANCE; /* which decides nothing here */
        assign(&s, &state);
        assert(s.assignment->baseline->id == 1);
        s.machine->nodes[1].unreadable = 1U << FACT_ACCESS;
        memset(s.machine->nodes[1].access, 0, sizeof(s.machine->nodes[1].access));
        assign(&s, &state);
        assert(s.assignment->baseline->id == 2);
        assert_undecided(&s, NULL, FACT_ACCESS, 1);
        /* with the same values, the distance decides; and with the same distance, the size */
        s.machine->nodes[1].unreadable = 0;
        memcpy(s.machine->nodes[1].access, s.machine->nodes[2].access,
               sizeof(s.machine->nodes[1].access));
        assert_undecided(&s, NULL, FACT_DISTANCE, 0);
        s.machine->nodes[0].unreadable = 0;
        s.machine->nodes[2].unreadable = 1U << FACT_SIZE;
        assert_undecided(&s, NULL, FACT_SIZE, 2);
        s.machine->nodes[2].unreadable = 0;
        s.machine->nodes[1].may_be_gpu = true;
        assert_undecided(&s, NULL, FACTS, 1);
        done(&s);
}

/* A tie between others than the fastest decides nothing. */
static void test_tie_of_slower(void)
{
        struct scene s;

        read_scene(NODE "online: 0-3\n" NODE "has_memory: 1-3\n" NODE "has_cpu: 0\n" MEMINFO(0, 0)
                           MEMINFO(1, 9) MEMINFO(2, 9) MEMINFO(3, 9) ACCESS1(1, 300, 1000)
                                   ACCESS1(2, 300, 1000) ACCESS1(3, 100, 1000),
                   TIERS, &s);
        s.machine->nodes[0].unreadable = 1U << FACT_DISTANCE;
        assign(&s, NULL);
        assert(s.assignment->baseline->id == 3);
        s.machine->nodes[1].access[ACCESS_CPU] = s.machine->nodes[3].access[ACCESS_CPU];
        assert_undecided(&s, NULL, FACT_DISTANCE, 0);
        done(&s);
}

static void test_no_memory(void)
{
        struct scene s;

        read_scene(NODE "online: 0\n" NODE "has_memory:\n" NODE "has_cpu: 0\n" MEMINFO(0, 0), TIERS,
                   &s);
        assign(&s, NULL);
        assert(!s.assignment->baseline && s.messages.n == 0);
        done(&s);
}

int main(void)
{
        test_sticky();
        test_unreadable_size();
        test_no_node_has_both();
        test_classified_without_both();
        test_fastest_unreadable();
        test_tie_of_slower();
        test_no_memory();
        test_no_tiers();
}
