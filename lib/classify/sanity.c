/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "classify/sanity.h"

#include <assert.h>
#include <stdarg.h>

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

/* The table that a value is from. Linux may put a CXL region's values where HMAT's are:
 * drivers/cxl/core/region.c, cxl_region_update_coordinates() */
enum table {
        TABLE_HMAT,
        TABLE_HMAT_OR_CDAT,
        TABLE_CDAT,
        TABLES,
};

static const char *const table_names[] = {
        [TABLE_HMAT] = "HMAT",
        [TABLE_HMAT_OR_CDAT] = "HMAT or CDAT",
        [TABLE_CDAT] = "CDAT",
};
static_assert(ELEMENTSOF(table_names) == TABLES, "a name for each table");

static enum table find_table(const struct node_assignment *n, const struct figure *f)
{
        if (f->source == SOURCE_CDAT)
                return TABLE_CDAT;
        return n->node->kind == KIND_CXL ? TABLE_HMAT_OR_CDAT : TABLE_HMAT;
}

/* The text and the correction are lost if there is no memory: as a message would be. */
/* The nodes of one cause, and the first of them: its values stand for the others'. */
struct finding {
        const struct node_assignment *first;
        struct nodeset nodes;
        unsigned variant; /* what tells causes of one check apart; below VARIANTS */
};

#define VARIANTS (1U << PERF_VALUES)

/* "node 1", "nodes 1-3" */
#define NODES_STRING_MAX (NODESET_STRING_MAX + 8)
static const char *format_nodes(const struct finding *f, char buf[static NODES_STRING_MAX])
{
        char list[NODESET_STRING_MAX];

        snprintf(buf, NODES_STRING_MAX, "node%s %s", plural(nodeset_count(&f->nodes)),
                 nodeset_format(&f->nodes, list));
        return buf;
}

static bool is_one(const struct finding *f)
{
        return nodeset_count(&f->nodes) == 1;
}

/* "numatier measure 1, or a [node NAME] section with node = 1 and KEYS" */
static char *print_correction(const struct finding *f, const char *keys)
{
        char suggestion[RULE_SUGGESTION_MAX];

        return text_new("%s%s", rules_suggest(f->first->node, keys, suggestion),
                        is_one(f) ? "" : ", and so for each node");
}

/* CXL memory is no faster than DRAM. */
static bool is_cxl_fast(const struct assignment *a, const struct node_assignment *n,
                        unsigned *ret_variant)
{
        const struct figure *latency = &n->figures.latency, *dram = &a->baseline_figures.latency;

        *ret_variant = find_table(n, latency);
        return n->node->kind == KIND_CXL && is_from_firmware(latency) && is_from_firmware(dram) &&
               latency->value < dram->value;
}

static void report_cxl_fast(const struct assignment *a, const struct finding *f,
                            struct sanity_bug *bug)
{
        char l[UNIT_STRING_MAX], d[UNIT_STRING_MAX], nodes[NODES_STRING_MAX], example[48] = "";

        if (!is_one(f))
                snprintf(example, sizeof(example), "; node %u:", f->first->node->id);
        bug->text =
                text_new("Firmware bug: %s has CXL memory (%s%s %s) faster than the DRAM of node "
                         "%u (%s)",
                         table_names[f->variant], format_nodes(f, nodes), *example ? example : ",",
                         format_latency(f->first->figures.latency.value, l), a->baseline->id,
                         format_latency(a->baseline_figures.latency.value, d));
        bug->correction = print_correction(f, " and latency = ...");
}

/* How many times the baseline's latency and how many times less than its bandwidth. */
static void compare_with_baseline(const struct assignment *a, const struct node_assignment *n,
                                  double *ret_later, double *ret_narrower)
{
        *ret_later = n->figures.latency.value / a->baseline_figures.latency.value;
        *ret_narrower = a->baseline_figures.bandwidth.value / n->figures.bandwidth.value;
}

static bool is_contradiction(const struct assignment *a, const struct node_assignment *n,
                             unsigned *ret_variant)
{
        const struct figure *latency = &n->figures.latency, *bandwidth = &n->figures.bandwidth;
        const struct figures *base = &a->baseline_figures;
        double later, narrower;

        if (n->node == a->baseline || !is_from_firmware(latency) || !is_from_firmware(bandwidth) ||
            !is_from_firmware(&base->latency) || !is_from_firmware(&base->bandwidth))
                return false;
        *ret_variant = find_table(n, latency);
        compare_with_baseline(a, n, &later, &narrower);
        return later >= DISAGREEMENT * narrower || narrower >= DISAGREEMENT * later;
}

static void report_contradiction(const struct assignment *a, const struct finding *f,
                                 struct sanity_bug *bug)
{
        char l[UNIT_STRING_MAX], b[UNIT_STRING_MAX], nodes[NODES_STRING_MAX],
                whose[48] = "its latency";
        double later, narrower;

        compare_with_baseline(a, f->first, &later, &narrower);
        if (!is_one(f))
                snprintf(whose, sizeof(whose), "the latency of node %u", f->first->node->id);
        bug->text = text_new(
                "Firmware bug: %s contradicts itself about %s: %s is %s that of node %u, "
                "its bandwidth %s",
                table_names[f->variant], format_nodes(f, nodes), whose, format_multiple(later, l),
                a->baseline->id, format_multiple(1 / narrower, b));
        bug->correction = print_correction(f, ", latency = ... and bandwidth = ...");
}

/* HMAT describes the node, and leaves values out. One that gives no value at all is no data. */
static bool is_incomplete(const struct assignment *a, const struct node_assignment *n,
                          unsigned *ret_variant)
{
        unsigned missing = 0, given = 0;

        (void)a;
        if (n->node->remembered)
                return false;
        for (unsigned v = 0; v < PERF_VALUES; v++) {
                enum source s = perf_value_is_latency(v) ? n->figures.latency.source
                                                         : n->figures.bandwidth.source;

                if (figure_is_known(&n->figures.candidates[SOURCE_HMAT][v]))
                        given++;
                else if (s != SOURCE_USER && s != SOURCE_MEASURED)
                        missing |= 1U << v;
        }
        *ret_variant = missing;
        return given > 0 && missing != 0;
}

static void report_incomplete(const struct assignment *a, const struct finding *f,
                              struct sanity_bug *bug)
{
        char names[64] = "", nodes[NODES_STRING_MAX];

        (void)a;
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (f->variant & 1U << v)
                        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
                                 *names ? ", " : "", perf_value_name(v));
        bug->text = text_new("Firmware bug: HMAT describes %s and gives no %s",
                             format_nodes(f, nodes), names);
        bug->correction = print_correction(f, ", latency = ... and bandwidth = ...");
}

/* The latency that is not used, or NULL. An administrator who gave another has corrected it. */
static const struct figure *find_distrusted(const struct node_assignment *n, unsigned v)
{
        enum source used = n->figures.values[v].source;

        if (used == SOURCE_USER || used == SOURCE_MEASURED)
                return NULL;
        for (unsigned s = 0; s < SOURCES; s++)
                if (n->figures.candidates[s][v].distrusted)
                        return &n->figures.candidates[s][v];
        return NULL;
}

static bool is_in_picoseconds(const struct assignment *a, const struct node_assignment *n,
                              unsigned *ret_variant)
{
        (void)a;
        for (unsigned v = 0; v < PERF_VALUES; v++)
                if (find_distrusted(n, v)) {
                        *ret_variant = v;
                        return true;
                }
        return false;
}

static void report_picoseconds(const struct assignment *a, const struct finding *f,
                               struct sanity_bug *bug)
{
        const struct figure *value = find_distrusted(f->first, f->variant);
        char l[UNIT_STRING_MAX], nodes[NODES_STRING_MAX], example[48] = "";

        (void)a;
        if (!is_one(f))
                snprintf(example, sizeof(example), " (node %u)", f->first->node->id);
        bug->text =
                text_new("Kernel bug: the %s of %s, %s%s, is not used: kernels before 7 add the "
                         "picoseconds of a CXL link to nanoseconds",
                         perf_value_name((enum perf_value)f->variant), format_nodes(f, nodes),
                         format_latency(value->value, l), example);
        bug->correction = print_correction(f, " and latency = ...");
}

static bool deviates(double value, double reference)
{
        double difference = value > reference ? value - reference : reference - value;

        return difference > reference * DRAM_TOLERANCE;
}

static void report_dram(const struct node_assignment *first, const struct node_assignment *other,
                        enum perf_value v, struct sanity_bug *bug)
{
        const struct figure *reference = &first->figures.values[v];
        char match[RULE_MATCH_MAX];

        bug->first = first->node;
        nodeset_add(&bug->nodes, first->node->id);
        nodeset_add(&bug->nodes, other->node->id);
        bug->text =
                text_new("HMAT has the DRAM of node %u and of node %u differ by more than 10%% (%s "
                         "%.10g and %.10g): from 6.12 on Linux then places no node by HMAT",
                         first->node->id, other->node->id, perf_value_name(v), reference->value,
                         other->figures.values[v].value);
        bug->correction = text_new("a [node NAME] section with %s and %s = %.10g%s",
                                   rules_suggest_match(other->node, match),
                                   perf_value_is_latency(v) ? "latency" : "bandwidth",
                                   reference->value, perf_value_is_latency(v) ? "ns" : "MiB/s");
}

static bool differs(const struct node_assignment *first, const struct node_assignment *other,
                    enum perf_value v)
{
        const struct figure *f = &other->figures.values[v], *reference = &first->figures.values[v];

        return f->source == SOURCE_HMAT && reference->source == SOURCE_HMAT &&
               deviates(f->value, reference->value);
}

/* Linux compares all DRAM with the first node's. If one differs too much, Linux does not use HMAT
 * for the rest of the boot. */
static bool find_unequal_dram(const struct assignment *a, struct sanity_bug *bug)
{
        const struct node_assignment *first = NULL;

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];

                if (!n->node->has_cpu || !n->node->has_memory)
                        continue;
                first = first ?: n;
                for (enum perf_value v = 0; v < PERF_VALUES; v++)
                        if (differs(first, n, v)) {
                                report_dram(first, n, v, bug);
                                return true;
                        }
        }
        return false;
}

/* A check of one node, and the report for all nodes of one cause. */
static const struct check {
        enum sanity_kind kind;
        bool (*fails)(const struct assignment *a, const struct node_assignment *n,
                      unsigned *ret_variant);
        void (*report)(const struct assignment *a, const struct finding *f, struct sanity_bug *bug);
} checks[] = {
        { SANITY_INCOMPLETE, is_incomplete, report_incomplete },
        { SANITY_PICOSECONDS, is_in_picoseconds, report_picoseconds },
        { SANITY_CXL_FAST, is_cxl_fast, report_cxl_fast },
        { SANITY_CONTRADICTION, is_contradiction, report_contradiction },
};

static void pass_on(struct sanity_bug *bug, sanity_fn fn, void *userdata)
{
        if (bug->text && bug->correction)
                fn(bug, userdata);
        free(bug->text);
        free(bug->correction);
}

static void run_check(const struct assignment *a, const struct check *check, sanity_fn fn,
                      void *userdata)
{
        struct finding findings[VARIANTS] = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];
                unsigned variant = 0;

                if (!n->node->has_memory || n->cause == CAUSE_IGNORED ||
                    n->cause == CAUSE_UNREADABLE || n->node->unsettled ||
                    !check->fails(a, n, &variant))
                        continue;
                assert(variant < VARIANTS);
                findings[variant].variant = variant;
                findings[variant].first = findings[variant].first ?: n;
                nodeset_add(&findings[variant].nodes, n->node->id);
        }
        for (unsigned v = 0; v < VARIANTS; v++) {
                struct sanity_bug bug = { .kind = check->kind, .nodes = findings[v].nodes };

                if (!findings[v].first)
                        continue;
                bug.first = findings[v].first->node;
                check->report(a, &findings[v], &bug);
                pass_on(&bug, fn, userdata);
        }
}

void sanity_find(const struct assignment *a, sanity_fn fn, void *userdata)
{
        struct sanity_bug dram = { .kind = SANITY_DRAM_DIFFERS };

        if (find_unequal_dram(a, &dram))
                pass_on(&dram, fn, userdata);
        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                run_check(a, &checks[i], fn, userdata);
}

static void add_message(const struct sanity_bug *bug, void *userdata)
{
        messages_add(userdata, "%s. %s: %s", bug->text,
                     bug->kind == SANITY_DRAM_DIFFERS ? "If it is not so" : "To correct it",
                     bug->correction);
}

void sanity_check(const struct assignment *a, struct messages *bugs)
{
        sanity_find(a, add_message, bugs);
}
