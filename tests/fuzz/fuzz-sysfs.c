/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "apply/difference.h"
#include "apply/plan.h"
#include "classify/assign.h"
#include "facts/settings.h"
#include "fuzz.h"
#include "state/recall.h"

/* A kernel that answers every read with a piece of the input: every reader meets every kind
 * of text that it cannot understand. */
struct input {
        const uint8_t *data;
        size_t size, at;
};

static uint8_t take_byte(struct input *in)
{
        return in->at < in->size ? in->data[in->at++] : 0;
}

static ssize_t input_read(void *data, const char *path, char *buf, size_t size)
{
        static const int errors[] = { -ENOENT, -ENODEV, -EACCES, -EAGAIN, -EFBIG, -EIO };
        struct input *in = data;
        uint8_t length = take_byte(in);

        if (length >= 256 - sizeof(errors) / sizeof(*errors))
                return errors[255 - length];
        if (length >= size)
                return -EFBIG;
        for (uint8_t i = 0; i < length; i++)
                buf[i] = (char)take_byte(in);
        buf[length] = '\0';
        return length;
}

static int input_link(void *data, const char *path, char *buf, size_t size)
{
        ssize_t n = input_read(data, path, buf, size);

        return n < 0 ? (int)n : 0;
}

static int input_write(void *data, const char *path, const char *value)
{
        return -EINVAL;
}

static int input_list(void *data, const char *path, sysroot_entry_fn fn, void *userdata)
{
        char name[32];

        for (uint8_t n = take_byte(data) % 8; n > 0; n--) {
                uint8_t length = take_byte(data) % (sizeof(name) - 1);
                int r;

                for (uint8_t i = 0; i < length; i++)
                        name[i] = (char)(take_byte(data) ?: 'x');
                name[length] = '\0';
                r = fn(name, userdata);
                if (r != 0)
                        return r;
        }
        return 0;
}

static void input_free(void *data)
{
}

static void check_write(const struct machine *m, const struct plan_write *w)
{
        const struct node *n = machine_get_node(m, w->node);

        assert(startswith(w->path, "sys/") || startswith(w->path, "proc/sys/"));
        assert(*w->value && !strchr(w->value, '\n'));
        if (w->kind == WRITE_NODE_TIER) {
                assert(n && n->has_memory && n->present_tier != TIER_UNKNOWN);
                assert(w->wanted_tier <= MEMORY_TIER_MAX && w->wanted_tier != n->present_tier);
        }
        if (w->kind == WRITE_WEIGHT)
                assert(n && atoi(w->value) >= 1 && atoi(w->value) <= 255);
}

/* The slowest tier that holds a node with CPUs. */
static uint32_t top_tier(const struct machine *m, const uint32_t *tiers)
{
        uint32_t top = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && m->nodes[i].has_cpu && tiers[i] > top)
                        top = tiers[i];
        return top;
}

/* No write makes a node top-tier whose pages may hold access times. */
static void check_top_tier(const struct machine *m, const struct plan *plan)
{
        uint32_t *old = calloc(m->n_nodes, sizeof(*old)), *new = calloc(m->n_nodes, sizeof(*new));

        assert(old && new);
        for (size_t i = 0; i < m->n_nodes; i++)
                new[i] = m->nodes[i].present_tier;
        for (size_t w = 0; w < plan->n_writes; w++) {
                const struct node *n = machine_get_node(m, plan->writes[w].node);

                if (plan->writes[w].kind != WRITE_NODE_TIER)
                        continue;
                memcpy(old, new, m->n_nodes * sizeof(*new));
                new[n - m->nodes] = plan->writes[w].wanted_tier;
                for (size_t i = 0; i < m->n_nodes; i++)
                        assert(!m->nodes[i].has_memory || old[i] <= top_tier(m, old) ||
                               new[i] > top_tier(m, new));
        }
        free(old);
        free(new);
}

/* Only what is unreadable is kept, and only from a pass in which the node was there. */
static void check_facts(const struct machine *m, const struct machine *previous)
{
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                assert((n->kept & ~n->unreadable) == 0);
                assert(n->kept == 0 || (previous && machine_get_node(previous, n->id)));
                assert(!node_is_unreadable(n, FACT_DISTANCE) || !n->distance);
        }
}

static void check_tiers(const struct assignment *a)
{
        for (size_t i = 1; i < a->n_tiers; i++)
                assert(a->tiers[i].wanted_tier == TIER_UNKNOWN ||
                       a->tiers[i - 1].wanted_tier == TIER_UNKNOWN ||
                       a->tiers[i - 1].wanted_tier < a->tiers[i].wanted_tier);
}

/* Whatever the machine, what comes of it can be written. */
static void classify(const struct machine *m, const char *text)
{
        struct messages messages = MESSAGES_INIT;
        struct assignment *a;
        struct policy *policy;
        struct state *state;
        struct plan *plan;

        assert(policy_new(&policy) == 0 && state_new(&state) == 0);
        assert(policy_parse(policy, text, strlen(text), "fuzz", &messages) == 0);
        assert(policy_finish(policy, &messages) == 0);
        assert(assignment_new(m, policy, NULL, &messages, &a) == 0);
        check_tiers(a);
        assert(plan_new(a, state, &messages, &plan) == 0);
        for (size_t i = 0; i < plan->n_writes; i++)
                check_write(m, &plan->writes[i]);
        if (!m->module_clears && machine_is_tiering(m))
                check_top_tier(m, plan);
        plan_free(plan);
        assignment_free(a);
        state_free(state);
        policy_unref(policy);
        messages_done(&messages);
}

#define KNOBS                                                                                      \
        "[apply]\ndemotion=yes\nmin-ttl=auto\nnuma-balancing=tiering\nweighted-interleave=by-"     \
        "bandwidth\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct sysroot_ops ops = {
                .read = input_read,
                .write = input_write,
                .link = input_link,
                .list = input_list,
                .free = input_free,
        };
        struct input input = { data, size, 0 };
        struct messages problems = MESSAGES_INIT;
        struct machine *m = NULL, *previous = NULL;
        struct sysroot *root;

        assert(sysroot_new(&ops, &input, &root) == 0);
        /* twice: the second pass may keep values of the first */
        (void)machine_read(root, TIERS_READ, NULL, NULL, &problems, &previous);
        if (previous)
                check_facts(previous, NULL);
        if (machine_read(root, TIERS_READ, NULL, previous, &problems, &m) == 0)
                check_facts(m, previous);
        if (m && machine_read_knobs(root, m, &problems) == 0) {
                machine_read_guard(root, m, &problems);
                classify(m, "[tier hbm]\nmin-bandwidth=2x\n[tier dram]\nmax-latency=1.5x\n"
                            "min-read-bandwidth=1GiB/s\n[tier far]\n" KNOBS);
                classify(m, "[policy]\nmethod=adistance\n");
        }
        machine_free(previous);
        machine_free(m);
        messages_done(&problems);
        sysroot_free(root);
        return 0;
}
