/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/metrics.h"

#include "testing.h"

/* A machine of rows alone: node 0 in tier 4, nodes 1 and 2 in slower ones, node 3 without memory.
 */
static struct view_node nodes[] = {
        { .node = 0,
          .has_memory = true,
          .tier = "dram",
          .kind = "dram",
          .present_tier = { true, 4 },
          .wanted_tier = { true, 4 },
          .size_kib = { true, 100 },
          .free_kib = { true, 50 },
          .latency = { .value = { true, 120 }, .source = "hmat" } },
        { .node = 1,
          .has_memory = true,
          .tier = "c\"x\\l",
          .kind = "cxl",
          .present_tier = { true, 6 },
          .wanted_tier = { true, 5 },
          .size_kib = { true, 200 },
          .free_kib = { true, 7 },
          .bandwidth = { .value = { true, 2 }, .source = "cdat" } },
        { .node = 2,
          .has_memory = true,
          .present_tier = { true, 6 },
          .size_kib = { true, 1 },
          .free_kib = { true, 1 } },
        { .node = 3, .present_tier = { true, 4 } },
};
static struct view_tier tiers[] = {
        { .name = "dram", .nodes = { { 1 } }, .size_kib = { true, 100 } },
};
static struct node_counts node_counts[] = {
        { .node = 0,
          .counts = { [COUNT_DEMOTED_KSWAPD] = { true, 11 }, [COUNT_PROMOTED] = { true, 3 } } },
        { .node = 1 },
};

static char *print(const struct metrics *m)
{
        struct exposition e = { 0 };
        char *text;
        size_t size;

        e.f = open_memstream(&text, &size);
        assert(e.f);
        metrics_print(m, &e);
        assert(fclose(e.f) == 0);
        assert(strstr(text, "# EOF\n") == text + strlen(text) - 6);
        return text;
}

static bool has(const char *text, const char *line)
{
        return strstr(text, line) != NULL;
}

static void test_machine(void)
{
        struct view view = { .nodes = nodes, .n_nodes = 4, .tiers = tiers, .n_tiers = 1 };
        struct counts counts = { .nodes = node_counts, .n_nodes = 2 };
        struct metrics m = {
                .version = "1", .view = &view, .counts = &counts, .policy_valid = true
        };
        char *text = print(&m);

        assert(has(text, "\nnumatier_node_info{node=\"0\",tier=\"dram\",kind=\"dram\",source="
                         "\"hmat\"} 1\n"));
        assert(has(text, "\nnumatier_node_info{node=\"1\",tier=\"c\\\"x\\\\l\",kind=\"cxl\",source="
                         "\"cdat\"} 1\n"));
        assert(has(text, "\nnumatier_node_info{node=\"2\"} 1\n") && !has(text, "node=\"3\""));
        assert(has(text, "\nnumatier_node_misplaced{node=\"0\"} 0\n"));
        assert(has(text, "\nnumatier_node_misplaced{node=\"1\"} 1\n"));
        assert(!has(text, "\nnumatier_node_misplaced{node=\"2\"}"));
        assert(has(text, "\nnumatier_node_latency_seconds{node=\"0\",source=\"hmat\"} 1.2e-07\n"));
        assert(!has(text, "\nnumatier_node_latency_seconds{node=\"1\""));
        assert(has(text, "\nnumatier_node_bandwidth_bytes_per_second{node=\"1\",source=\"cdat\"} "
                         "2097152\n"));
        assert(has(
                text,
                "\nnumatier_demoted_pages_total{node=\"0\",tier=\"dram\",cause=\"kswapd\"} 11\n"));
        assert(!has(text, "cause=\"direct\"") && !has(text, "numatier_machine_"));
        assert(has(text, "\nnumatier_node_below_size_bytes{node=\"0\"} 205824\n"));
        assert(has(text, "\nnumatier_node_below_free_bytes{node=\"0\"} 8192\n"));
        assert(has(text, "\nnumatier_node_below_size_bytes{node=\"2\"} 0\n"));
        assert(has(text, "\nnumatier_tier_size_bytes{tier=\"dram\"} 102400\n"));
        assert(!has(text, "numatier_tier_free_bytes")); /* unknown: not even the family */
        assert(!has(text, "numatier_daemon") && !has(text, "numatier_moves"));
        assert(!has(text, "numatier_findings"));
        free(text);
}

/* Before Linux 6.7, demotion is counted for the machine alone. */
static void test_old_kernel(void)
{
        struct node_counts promoted[] = { { .node = 0,
                                            .counts = { [COUNT_PROMOTED] = { true, 3 } } } };
        struct view view = { .nodes = nodes, .n_nodes = 1 };
        struct counts counts = {
                .nodes = promoted,
                .n_nodes = 1,
                .machine = { [COUNT_DEMOTED_DIRECT] = { true, 9 }, [COUNT_PROMOTED] = { true, 3 } },
        };
        struct metrics m = { .version = "1", .view = &view, .counts = &counts };
        char *text = print(&m);

        assert(has(text, "\nnumatier_machine_demoted_pages_total{cause=\"direct\"} 9\n"));
        assert(!has(text, "numatier_demoted_pages"));
        assert(has(text, "\nnumatier_promoted_pages_total{node=\"0\",tier=\"dram\"} 3\n"));
        assert(!has(text, "numatier_machine_promoted"));
        assert(has(text, "\nnumatier_policy_valid 0\n") && !has(text, "numatier_policy_info"));
        free(text);
        m.policy_unreadable = true;
        text = print(&m);
        assert(!has(text, "numatier_policy_valid"));
        free(text);
}

/* What is below is not known if the place of any node is not. */
static void test_unknown_tier(void)
{
        struct view_node some[] = { nodes[0], nodes[1] };
        struct view view = { .nodes = some, .n_nodes = 2 };
        struct counts counts = { 0 };
        struct metrics m = { .version = "1", .view = &view, .counts = &counts };
        char *text;

        some[1].present_tier.known = false;
        text = print(&m);
        assert(!has(text, "numatier_node_below") &&
               !has(text, "numatier_node_misplaced{node=\"1\"}"));
        free(text);
}

static void test_daemon(void)
{
        struct view view = { 0 };
        struct counts counts = { 0 };
        struct finding findings[] = { { .severity = SEVERITY_WARNING } };
        struct diagnosis diagnosis = { .findings = findings, .n_findings = 1 };
        struct metrics m = {
                .version = "1",
                .view = &view,
                .counts = &counts,
                .policy_valid = true,
                .policy = 0xabc,
                .daemon_policy = 0xdef,
                .knows_activity = true,
                .activity = { .moves = 5,
                              .failed_moves = 2,
                              .policy_loaded = 77,
                              .policy_refused = true },
                .daemon_runs = { true, true },
                .diagnosis = &diagnosis,
        };
        char *text = print(&m);

        assert(has(text, "\nnumatier_policy_info{hash=\"0000000000000abc\"} 1\n"));
        assert(has(text, "\nnumatier_daemon_policy_info{hash=\"0000000000000def\"} 1\n"));
        assert(has(text, "\nnumatier_moves_total 5\n") &&
               has(text, "\nnumatier_failed_moves_total 2\n"));
        assert(has(text, "\nnumatier_policy_last_reload_successful 0\n"));
        assert(has(text, "\nnumatier_policy_last_reload_success_timestamp_seconds 77\n"));
        assert(has(text, "\nnumatier_daemon_running 1\n"));
        assert(has(text, "\nnumatier_findings{severity=\"error\"} 0\n"));
        assert(has(text, "\nnumatier_findings{severity=\"warning\"} 1\n"));
        free(text);
}

int main(void)
{
        test_machine();
        test_old_kernel();
        test_unknown_tier();
        test_daemon();
        return 0;
}
