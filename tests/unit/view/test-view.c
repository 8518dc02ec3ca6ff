/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view/view.h"

#include <errno.h>

#include "reconcile.h"
#include "testing.h"
#include "view/tier-list.h"

#define NODE "sys/devices/system/node/"

/* Node 0 has CPUs, node 1 memory alone, node 2 CPUs alone. */
static const char machine[] =
        NODE "online: 0-2\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0,2\n" NODE
             "node0/meminfo: Node 0 MemTotal: 1024 kB\n" NODE
             "node1/meminfo: Node 1 MemTotal: 2048 kB\n" NODE
             "node2/meminfo: Node 2 MemTotal: 0 kB\n" NODE "node0/distance: 10 20 30\n" NODE
             "node0/memory_side_cache/index1/size: 16384\n" NODE
             "node0/memory_side_cache/index1/line_size: 64\n" NODE
             "node0/memory_side_cache/index1/indexing: 1\n" NODE
             "node0/memory_side_cache/index1/write_policy: 0\n"
             "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0-1\n";

static const char policy[] = "[tier dram]\nmax-latency = 1.5x\n[tier far]\n"
                             "[node x]\nnode = 0\nlatency = 77ns\n";

static struct view *make_view(const char *text, const char *policy_text)
{
        _cleanup_(sysroot_freep) struct sysroot *root = root_from(text);
        _cleanup_(policy_unrefp) struct policy *p = policy_from(policy_text);
        _cleanup_(state_freep) struct state *state = NULL;
        _cleanup_(snapshot_unrefp) struct snapshot *s = NULL;
        struct messages problems = MESSAGES_INIT;
        struct view *v;

        assert(state_load(root, &problems, &state) == 0 && problems.n == 0);
        assert(reconcile(root, p, TIERS_READ, RECONCILE_PLAN, state, NULL, &s) == 0);
        assert(view_new(s, false, &v) == 0);
        return v; /* and the snapshot goes: the view has texts of its own */
}

static void test_known(void)
{
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);
        const struct view_node *n = view_get_node(v, 0);

        assert(v->n_nodes == 3 && v->n_tiers == 2 && v->has_tiers && !v->live);
        assert_streq(n->tier, "dram");
        assert(n->present_tier.known && n->present_tier.value == 4);
        assert(n->latency.value.known && n->latency.value.value == 77);
        assert(!n->latency.multiple.known);
        assert_streq(n->latency.source, "user");
        assert(!n->bandwidth.value.known && !n->bandwidth.source);
        assert(n->size_kib.known && n->size_kib.value == 1024 && n->has_cpu && n->is_baseline);
        assert(v->n_caches == 1 && v->caches[0].size_kib == 16);
        assert_streq(v->caches[0].indexing, "indexed");
        assert_streq(v->caches[0].write_policy, "write-back");
}

/* Nothing is known of the memory of a node that has none, and it has no source. */
static void test_no_memory(void)
{
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);
        const struct view_node *n = view_get_node(v, 2);

        assert(!n->has_memory && !n->kind && !n->devices && !n->tier);
        assert(!n->latency.source && !n->bandwidth.source);
        assert(!n->latency.value.known && !n->latency.multiple.known);
        assert(!n->wanted_tier.known && !n->present_tier.known && !n->original_tier.known);
        assert(!view_get_node(v, 3));
}

/* A size that cannot be read is not 0. */
static void test_unreadable_size(void)
{
        _cleanup_(view_freep) struct view *v =
                make_view(NODE "online: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE
                               "node0/meminfo ! EIO\n",
                          policy);

        assert(view_get_node(v, 0)->has_memory && !view_get_node(v, 0)->size_kib.known);
}

/* What only SLIT says is a multiple, and marked. */
static void test_multiple(void)
{
        _cleanup_(view_freep) struct view *v = make_view(
                machine, "[tier dram]\nmax-latency = 1.5x\n[tier far]\nmax-latency = 5x\n");
        const struct view_node *n = view_get_node(v, 1);

        assert(!n->latency.value.known && n->latency.multiple.known);
        assert(n->latency.multiple.value == 2 && n->by_slit_alone);
        assert_streq(n->latency.source, "slit");
        assert(!view_get_node(v, 0)->by_slit_alone);
}

static void test_warnings(void)
{
        _cleanup_(view_freep) struct view *v = make_view(
                "sys/devices/system/node/node1/access1/initiators/read_latency: much\n" NODE
                "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
                "node0/meminfo: Node 0 MemTotal: 1 kB\n" NODE
                "node1/meminfo: Node 1 MemTotal: 1 kB\n",
                policy);

        assert(v->n_warnings > 0 && !v->has_tiers && !view_lacks_tiers(v));
        assert_streq(v->warnings[0].kind, "problem");
        assert(strstr(v->warnings[0].text, "read_latency"));
}

/* A kernel that has no tiers lacks them only if the policy wants several. */
static void test_no_tiers(void)
{
        static const char text[] =
                NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
                     "node0/meminfo: Node 0 MemTotal: 1 kB\n" NODE
                     "node1/meminfo: Node 1 MemTotal: 1 kB\n" NODE "node0/distance: 10 20\n";
        _cleanup_(view_freep) struct view *several =
                make_view(text, "[tier a]\nmax-latency = 1.5x\n[tier b]\nmax-latency = 5x\n");
        _cleanup_(view_freep) struct view *one = make_view(text, "[tier a]\n");

        assert(!several->has_tiers && view_lacks_tiers(several));
        assert(!one->has_tiers && !view_lacks_tiers(one));
}

static void test_tables(void)
{
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);
        struct view_table t;

        for (unsigned i = 0; i < VIEW_ROWS; i++) {
                t = view_get_table(v, i);
                assert(t.name && t.n_fields > 0);
                assert(t.single == (i == VIEW_ROWS_SETTINGS) && (!t.single || t.n_rows == 1));
        }
        t = view_get_table_of_node(v, VIEW_ROWS_NODES, 1);
        assert(t.n_rows == 1 && *(const unsigned *)view_table_get(&t, 0, 0) == 1);
        assert(view_get_table_of_node(v, VIEW_ROWS_CACHES, 0).n_rows == 1);
        assert(view_get_table_of_node(v, VIEW_ROWS_CACHES, 1).n_rows == 0);
        assert(view_get_table_of_node(v, VIEW_ROWS_DEVICES, 0).n_rows == 0);
}

/* A sum of which a part is not known is not known. */
static void test_free(void)
{
        static const char text[] =
                NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
                     "node0/meminfo:\n  Node 0 MemTotal: 9 kB\n  Node 0 MemFree: 5 kB\n" NODE
                     "node1/meminfo:\n  Node 1 MemTotal: 7 kB\n  Node 1 MemFree: 4 kB\n" NODE
                     "node0/distance: 10 20\n"
                     "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0-1\n";
        _cleanup_(view_freep) struct view *v = make_view(text, "[tier a]\n");
        _cleanup_(view_freep) struct view *other = make_view(machine, "[tier a]\n");

        assert(v->nodes[0].free_kib.known && v->nodes[0].free_kib.value == 5);
        assert(v->tiers[0].size_kib.known && v->tiers[0].size_kib.value == 16);
        assert(v->tiers[0].free_kib.known && v->tiers[0].free_kib.value == 9);
        assert(!other->nodes[0].free_kib.known && !other->tiers[0].free_kib.known);
        assert(other->tiers[0].size_kib.known && other->tiers[0].size_kib.value == 3072);
}

/* Where pages go follows from the present tiers, not from those that the policy wants. */
static void test_targets(void)
{
        static const char text[] =
                NODE "online: 0-1\n" NODE "has_memory: 0-1\n" NODE "has_cpu: 0\n" NODE
                     "node0/meminfo: Node 0 MemTotal: 9 kB\n" NODE
                     "node1/meminfo: Node 1 MemTotal: 7 kB\n" NODE "node0/distance: 10 20\n"
                     "sys/devices/virtual/memory_tiering/memory_tier4/nodelist: 0\n"
                     "sys/devices/virtual/memory_tiering/memory_tier9/nodelist: 1\n";
        _cleanup_(view_freep) struct view *v = make_view(text, "[tier a]\n");

        assert(v->nodes[0].targets.known && nodeset_has(&v->nodes[0].targets.nodes, 1));
        assert(v->nodes[1].targets.known && nodeset_count(&v->nodes[1].targets.nodes) == 0);
        assert(nodeset_count(&v->nodes[0].targets_across) == 0);
}

static const char *find_interleave(const char *weights)
{
        _cleanup_(freep) char *text = NULL;
        _cleanup_(view_freep) struct view *v = NULL;

        assert(asprintf(&text, "%s%s", machine, weights) > 0);
        /* a policy that sets it has the settings read */
        v = make_view(text, "[tier a]\n[apply]\npromotion-rate-limit = 1MiB/s\n");
        return v->settings->weighted_interleave ?: "none";
}

static void test_settings(void)
{
        static const char weight[] = "sys/kernel/mm/mempolicy/weighted_interleave/";
        _cleanup_(freep) char *text = NULL;
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);

        assert(!v->settings->daemon_pid.known && !v->settings->demotion.known);
        assert_streq(find_interleave(""), "none");
        assert(asprintf(&text, "%snode0: 1\n%snode1: 1\n", weight, weight) > 0);
        assert_streq(find_interleave(text), "equal");
        free(text);
        assert(asprintf(&text, "%snode0: 3\n%snode1: 1\n", weight, weight) > 0);
        assert_streq(find_interleave(text), "by_node");
        free(text);
        assert(asprintf(&text, "%snode0: 3\n%snode1: 1\n%sauto: true\n", weight, weight, weight) >
               0);
        assert_streq(find_interleave(text), "automatic");
}

/* Of 8 blocks, 2 were so before, 3 are now, one failed, one vanished, and one is still to come. */
static void test_memory(void)
{
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);
        struct online_group group = {
                .node = 1,
                .online = ONLINE_MOVABLE,
                .device = "dax0.0",
                .total = 8,
                .count = { [CASE_GOOD] = 2, [CASE_ACT] = 6 },
                .done = 3,
                .failed = 1,
                .gone = 1,
                .error = -EBUSY,
                .failed_block = 35,
        };
        struct online_plan p = { .groups = &group, .n_groups = 1 };
        struct messages problems = MESSAGES_INIT;
        size_t before = v->n_warnings;

        messages_add(&problems, "a problem");
        assert(view_set_memory(v, &p, &problems) == 0);
        messages_done(&problems);
        assert(v->n_memory == 1 && v->memory[0].node == 1 && v->memory[0].blocks == 7);
        assert(v->memory[0].as_wanted == 5 && v->memory[0].planned == 1);
        assert(v->memory[0].done == 3 && v->memory[0].failed == 1 && !v->memory[0].section);
        assert(strstr(v->memory[0].reason, "memory35"));
        assert(v->n_warnings == before + 1);
        assert_streq(v->warnings[before].text, "a problem");
}

static void test_tier_list(void)
{
        _cleanup_(view_freep) struct view *v = make_view(machine, policy);
        struct messages errors = MESSAGES_INIT;
        char text[NODESET_STRING_MAX];
        struct nodeset nodes = { 0 };

        assert(tier_list_find_nodes(v, "dram", &nodes, &errors) == 0);
        assert_streq(nodeset_format(&nodes, text), "0");
        assert(tier_list_find_nodes(v, "far,dram", &nodes, &errors) == 0);
        assert_streq(nodeset_format(&nodes, text), "0-1");
        assert(errors.n == 0);
        assert(tier_list_find_nodes(v, "dram,cxl", &nodes, &errors) == -EINVAL);
        assert(messages_have(&errors, "tier \"cxl\": the policy has no such tier; expected one of "
                                      "dram, far"));
        assert(tier_list_find_nodes(v, "", &nodes, &errors) == -EINVAL);
        assert_streq(nodeset_format(&nodes, text), "0-1");
        messages_done(&errors);
}

static void test_empty_tier(void)
{
        _cleanup_(view_freep) struct view *v =
                make_view(machine, "[tier hbm]\nmin-bandwidth = 2x\n[tier dram]\n");
        struct messages errors = MESSAGES_INIT;
        struct nodeset nodes;

        assert(tier_list_find_nodes(v, "hbm", &nodes, &errors) == -ENOENT);
        assert(messages_have(&errors, "tier \"hbm\": no node with memory belongs in it"));
        messages_done(&errors);
}

int main(void)
{
        test_tier_list();
        test_empty_tier();
        test_memory();
        test_free();
        test_targets();
        test_settings();
        test_known();
        test_no_memory();
        test_unreadable_size();
        test_multiple();
        test_warnings();
        test_no_tiers();
        test_tables();
        return 0;
}
