/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/sanity.h"

#include "base/units.h"
#include "classify/rules.h"

/* Latency and bandwidth, each beside the baseline's, may not disagree by more than this. */
#define DISAGREEMENT 10

/* mm/memory-tiers.c:mt_set_default_dram_perf */
#define DRAM_TOLERANCE 0.1

static bool is_from_firmware(const struct figure *f)
{
        return figure_is_known(f) && !f->relative &&
               (f->source == SOURCE_HMAT || f->source == SOURCE_CDAT);
}

/* Linux may put a CXL region's figures where HMAT's are: drivers/cxl/core/region.c,
 * cxl_region_update_coordinates() */
static const char *table_name(const struct node_assignment *n, const struct figure *f)
{
        if (f->source == SOURCE_CDAT)
                return "CDAT";
        return n->node->kind == KIND_CXL ? "HMAT or CDAT" : "HMAT";
}

static void check_cxl(const struct assignment *a, const struct node_assignment *n,
                      struct messages *bugs)
{
        const struct figure *latency = &n->figures.latency, *dram = &a->baseline_figures.latency;
        char l[UNIT_STRING_MAX], d[UNIT_STRING_MAX], match[RULE_MATCH_MAX];

        if (n->node->kind != KIND_CXL || !is_from_firmware(latency) || !is_from_firmware(dram) ||
            latency->value >= dram->value)
                return;
        messages_add(bugs,
                     "Firmware bug: %s has CXL memory (node %u, %s) faster than the DRAM of node "
                     "%u (%s). To correct it: numatier measure %u, or a [node NAME] section with "
                     "%s and latency = ...",
                     table_name(n, latency), n->node->id, format_latency(latency->value, l),
                     a->baseline->id, format_latency(dram->value, d), n->node->id,
                     rules_suggest_match(n->node, match));
}

static void check_agreement(const struct assignment *a, const struct node_assignment *n,
                            struct messages *bugs)
{
        const struct figure *latency = &n->figures.latency, *bandwidth = &n->figures.bandwidth;
        const struct figures *base = &a->baseline_figures;
        char l[UNIT_STRING_MAX], b[UNIT_STRING_MAX], match[RULE_MATCH_MAX];
        double later, narrower;

        if (n->node == a->baseline || !is_from_firmware(latency) || !is_from_firmware(bandwidth) ||
            !is_from_firmware(&base->latency) || !is_from_firmware(&base->bandwidth))
                return;
        later = latency->value / base->latency.value;
        narrower = base->bandwidth.value / bandwidth->value;
        if (later < DISAGREEMENT * narrower && narrower < DISAGREEMENT * later)
                return;
        messages_add(bugs,
                     "Firmware bug: %s contradicts itself about node %u: its latency is %s that of "
                     "node %u, its bandwidth %s. To correct it: numatier measure %u, or a [node "
                     "NAME] section with %s, latency = ... and bandwidth = ...",
                     table_name(n, latency), n->node->id, format_multiple(later, l),
                     a->baseline->id, format_multiple(1 / narrower, b), n->node->id,
                     rules_suggest_match(n->node, match));
}

/* HMAT describes the node, and leaves figures out: all of them, or some. */
static void check_zeros(const struct node_assignment *n, struct messages *bugs)
{
        const struct node *node = n->node;
        char names[64] = "", match[RULE_MATCH_MAX];
        unsigned zeros = 0;

        if ((!node->access_present[ACCESS_CPU] && !node->access_present[ACCESS_LOCAL]) ||
            node->remembered)
                return;
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                enum source s = perf_value_is_latency(v) ? n->figures.latency.source
                                                         : n->figures.bandwidth.source;

                if (s == SOURCE_USER || s == SOURCE_MEASURED ||
                    figure_is_known(&n->figures.candidates[SOURCE_HMAT][v]))
                        continue;
                snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
                         zeros++ > 0 ? ", " : "", perf_value_name(v));
        }
        if (zeros == 0)
                return;
        messages_add(bugs,
                     "Firmware bug: HMAT describes node %u and gives no %s. To correct it: "
                     "numatier measure %u, or a [node NAME] section with %s, latency = ... and "
                     "bandwidth = ...",
                     node->id, zeros == PERF_VALUES ? "figure at all" : names, node->id,
                     rules_suggest_match(node, match));
}

static void check_picoseconds(const struct node_assignment *n, struct messages *bugs)
{
        for (unsigned v = 0; v < PERF_VALUES; v++)
                for (unsigned s = 0; s < SOURCES; s++) {
                        const struct figure *f = &n->figures.candidates[s][v];
                        enum source used = n->figures.values[v].source;
                        char l[UNIT_STRING_MAX], match[RULE_MATCH_MAX];

                        if (!f->distrusted || used == SOURCE_USER || used == SOURCE_MEASURED)
                                continue;
                        messages_add(bugs,
                                     "Kernel bug: the %s of node %u, %s, is not used: kernels "
                                     "before 7 add the picoseconds of a CXL link to nanoseconds. "
                                     "To correct it: numatier measure %u, or a [node NAME] section "
                                     "with %s and latency = ...",
                                     perf_value_name(v), n->node->id, format_latency(f->value, l),
                                     n->node->id, rules_suggest_match(n->node, match));
                        return;
                }
}

static bool deviates(double value, double reference)
{
        double difference = value > reference ? value - reference : reference - value;

        return difference > reference * DRAM_TOLERANCE;
}

/* Linux compares all DRAM with the first node's, and one that differs too much makes it take no
 * notice of HMAT for the rest of the boot. */
static void check_dram(const struct assignment *a, struct messages *bugs)
{
        const struct node_assignment *first = NULL;

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_cpu || !n->node->has_memory)
                        continue;
                first = first ?: n;
                for (unsigned v = 0; v < PERF_VALUES; v++) {
                        const struct figure *f = &n->figures.values[v],
                                            *reference = &first->figures.values[v];
                        char match[RULE_MATCH_MAX];

                        if (f->source != SOURCE_HMAT || reference->source != SOURCE_HMAT ||
                            !deviates(f->value, reference->value))
                                continue;
                        messages_add(
                                bugs,
                                "HMAT has the DRAM of node %u and of node %u differ by more than "
                                "10%% (%s %.10g and %.10g): from 6.12 on Linux then places no node "
                                "by HMAT. If it is not so: a [node NAME] section with %s and %s = "
                                "%.10g%s",
                                first->node->id, n->node->id, perf_value_name(v), reference->value,
                                f->value, rules_suggest_match(n->node, match),
                                perf_value_is_latency(v) ? "latency" : "bandwidth",
                                reference->value, perf_value_is_latency(v) ? "ns" : "MiB/s");
                        return;
                }
        }
}

void sanity_check(const struct assignment *a, struct messages *bugs)
{
        check_dram(a, bugs);
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_memory || n->cause == CAUSE_IGNORED ||
                    n->cause == CAUSE_UNREADABLE || n->node->unsettled)
                        continue;
                check_zeros(n, bugs);
                check_picoseconds(n, bugs);
                check_cxl(a, n, bugs);
                check_agreement(a, n, bugs);
        }
}
