/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "classify/assign.h"
#include "classify/assignment.h"
#include "fuzz.h"
#include "state/recall.h"
#include "sysroot/capture.h"

static const char machine_text[] = "# numatier capture 1\n"
                                   "sys/devices/system/node/online: 0-3\n"
                                   "sys/devices/system/node/has_memory: 0-2\n"
                                   "sys/devices/system/node/has_cpu: 0,3\n"
                                   "sys/devices/system/node/node0/meminfo: Node 0 MemTotal: 9 kB\n"
                                   "sys/devices/system/node/node1/meminfo: Node 1 MemTotal: 9 kB\n"
                                   "sys/devices/system/node/node2/meminfo: Node 2 MemTotal: 9 kB\n"
                                   "sys/devices/system/node/node3/meminfo: Node 3 MemTotal: 0 kB\n"
                                   "sys/devices/system/node/node0/distance: 10 20 30 40\n"
                                   "sys/devices/system/node/node3/distance: 40 30 20 10\n";

static struct machine *read_machine(void)
{
        struct messages problems = MESSAGES_INIT;
        struct sysroot *root;
        struct machine *m;

        assert(capture_open(machine_text, strlen(machine_text), "fuzz", &problems, &root) == 0);
        assert(machine_read(root, TIERS_KNOWN_ONLY, NULL, NULL, &problems, &m) == 0 &&
               problems.n == 0);
        sysroot_free(root);
        return m;
}

/* The tiers of a policy that is right have numbers, and in order. */
static void check_numbers(const struct assignment *a)
{
        for (size_t i = 0; i < a->n_tiers; i++) {
                assert(a->tiers[i].wanted_tier <= MEMORY_TIER_MAX);
                assert(i == 0 || a->tiers[i - 1].wanted_tier < a->tiers[i].wanted_tier);
        }
}

/* What cannot be read moves nothing. */
static void check_unreadable(const struct assignment *a)
{
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                assert(n->reason);
                if (n->cause == CAUSE_UNREADABLE)
                        assert(n->tier == TIER_NONE && n->wanted_tier == TIER_UNKNOWN);
        }
}

/* Facts that cannot be read, chosen by the policy's hash: the same input does the same. */
static void hide_facts(struct machine *m, uint64_t seed)
{
        for (size_t i = 0; i < m->n_nodes; i++, seed >>= FACTS)
                m->nodes[i].unreadable = (unsigned)seed & ((1U << FACTS) - 1);
}

static void classify(const struct policy *p)
{
        struct messages warnings = MESSAGES_INIT;
        struct machine *m = read_machine();
        struct assignment *a;

        assert(assignment_new(m, p, NULL, &warnings, &a) == 0);
        check_numbers(a);
        check_unreadable(a);
        assignment_free(a);
        hide_facts(m, p->hash);
        assert(assignment_new(m, p, NULL, &warnings, &a) == 0);
        check_unreadable(a);
        assignment_free(a);
        machine_free(m);
        messages_done(&warnings);
}

/* A refusal says why, and what is not refused has nothing to say. */
static int parse(struct policy *p, const char *text, size_t size, const char *file)
{
        struct messages errors = MESSAGES_INIT;
        int r = policy_parse(p, text, size, file, &errors);

        assert((r < 0) == (errors.n > 0));
        messages_done(&errors);
        return r;
}

/* A form feed, which no policy holds, ends the first file and begins the next. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, '\f', size) : NULL;
        size_t first = end ? (size_t)(end - data) : size;
        struct messages errors = MESSAGES_INIT;
        struct policy *p;
        int r, finished;

        assert(policy_new(&p) == 0);
        r = parse(p, (const char *)data, first, "first");
        if (r == 0 && end)
                r = parse(p, (const char *)end + 1, size - first - 1, "second");
        /* after errors, too: it makes the checks that they leave possible */
        finished = policy_finish(p, &errors);
        assert((finished < 0) == (r < 0 || errors.n > 0));
        if (finished == 0)
                classify(p);
        messages_done(&errors);
        policy_unref(p);
        return 0;
}
