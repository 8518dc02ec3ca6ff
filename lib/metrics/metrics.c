/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/metrics.h"

#include <assert.h>
#include <inttypes.h>

#define KIB       1024U
#define MIB       1048576.0
#define NODE_TEXT 16

/* Which name stands for the number in a label. */
static const char *name_node(unsigned node, char buf[static NODE_TEXT])
{
        snprintf(buf, NODE_TEXT, "%u", node);
        return buf;
}

static void add_number(struct exposition *e, const struct metric_label *labels,
                       struct view_number n, unsigned factor)
{
        if (n.known && n.value >= 0)
                exposition_add_integer(e, labels, (uint64_t)n.value * factor);
}

/* numatier itself */

static void print_problems(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family problems = {
                "numatier_read_problems",
                METRIC_GAUGE,
                NULL,
                "Facts about the machine that numatier could not read or understand.",
        };

        exposition_begin(e, &problems);
        exposition_add_integer(e, NO_LABELS, m->problems);
}

static void print_build(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family build = {
                "numatier_build",
                METRIC_INFO,
                NULL,
                "The version of numatier.",
        };

        exposition_begin(e, &build);
        exposition_add_integer(e, LABELS({ "version", m->version }), 1);
}

static void print_policy_hash(struct exposition *e, const struct metric_family *family,
                              uint64_t hash)
{
        char text[17];

        snprintf(text, sizeof(text), "%016" PRIx64, hash);
        exposition_begin(e, family);
        exposition_add_integer(e, LABELS({ "hash", text }), 1);
}

static void print_policy(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family valid = {
                "numatier_policy_valid",
                METRIC_GAUGE,
                NULL,
                "Whether the files of the policy have no error (1) or some (0).",
        };
        static const struct metric_family policy = {
                "numatier_policy",
                METRIC_INFO,
                NULL,
                "The policy in the files, by a hash of what it says.",
        };
        static const struct metric_family of_daemon = {
                "numatier_daemon_policy",
                METRIC_INFO,
                NULL,
                "The policy that was in force at the last pass of numatierd or numatier apply.",
        };

        exposition_begin(e, &valid);
        if (!m->policy_unreadable)
                exposition_add_integer(e, NO_LABELS, m->policy_valid);
        if (m->policy_valid)
                print_policy_hash(e, &policy, m->policy);
        if (m->daemon_policy != 0)
                print_policy_hash(e, &of_daemon, m->daemon_policy);
}

static void print_reload(const struct state_activity *a, struct exposition *e)
{
        static const struct metric_family result = {
                "numatier_policy_last_reload_successful",
                METRIC_GAUGE,
                NULL,
                "Whether numatierd accepted the policy that it loaded last (1) or refused it and "
                "kept the one before (0).",
        };
        static const struct metric_family time = {
                "numatier_policy_last_reload_success_timestamp_seconds",
                METRIC_GAUGE,
                "seconds",
                "When numatierd last loaded a policy and accepted it.",
        };

        if (a->policy_loaded == 0)
                return;
        exposition_begin(e, &result);
        exposition_add_integer(e, NO_LABELS, !a->policy_refused);
        exposition_begin(e, &time);
        exposition_add_integer(e, NO_LABELS, a->policy_loaded);
}

static void print_activity(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family runs = {
                "numatier_daemon_running",
                METRIC_GAUGE,
                NULL,
                "Whether numatierd runs.",
        };
        static const struct metric_family moves = {
                "numatier_moves",
                METRIC_COUNTER,
                NULL,
                "Moves of nodes into another tier that numatier made since boot.",
        };
        static const struct metric_family failed = {
                "numatier_failed_moves",
                METRIC_COUNTER,
                NULL,
                "Moves of nodes that the kernel refused or did not carry out since boot.",
        };

        exposition_begin(e, &runs);
        if (m->daemon_runs.known)
                exposition_add_integer(e, NO_LABELS, m->daemon_runs.value);
        if (!m->knows_activity)
                return;
        exposition_begin(e, &moves);
        exposition_add_integer(e, NO_LABELS, m->activity.moves);
        exposition_begin(e, &failed);
        exposition_add_integer(e, NO_LABELS, m->activity.failed_moves);
        print_reload(&m->activity, e);
}

/* Nodes. What a node without memory has is of no interest here. */

#define foreach_memory(n, m)                                                                       \
        for (const struct view_node *n = (m)->view->nodes;                                         \
             n && n < (m)->view->nodes + (m)->view->n_nodes; n++)                                  \
                if (n->has_memory)

static void print_node_info(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family info = {
                "numatier_node",
                METRIC_INFO,
                NULL,
                "A node with memory: its tier by the policy, its kind, and the source of its "
                "latency (or bandwidth).",
        };
        char node[NODE_TEXT];

        exposition_begin(e, &info);
        foreach_memory (n, m)
                exposition_add_integer(
                        e,
                        LABELS({ "node", name_node(n->node, node) }, { "tier", n->tier },
                               { "kind", n->kind },
                               { "source", n->latency.source ?: n->bandwidth.source }),
                        1);
}

static void print_node_number(const struct metrics *m, struct exposition *e,
                              const struct metric_family *family, size_t offset, unsigned factor)
{
        char node[NODE_TEXT];

        exposition_begin(e, family);
        foreach_memory (n, m) {
                const struct view_number *number = (const void *)((const char *)n + offset);

                add_number(e, LABELS({ "node", name_node(n->node, node) }), *number, factor);
        }
}

static void print_misplaced(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family misplaced = {
                "numatier_node_misplaced",
                METRIC_GAUGE,
                NULL,
                "Whether a node is in another memory tier than the policy wants (1) or not (0).",
        };
        char node[NODE_TEXT];

        exposition_begin(e, &misplaced);
        foreach_memory (n, m)
                if (n->present_tier.known && n->wanted_tier.known)
                        exposition_add_integer(e, LABELS({ "node", name_node(n->node, node) }),
                                               n->present_tier.value != n->wanted_tier.value);
}

static void print_places(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family tier = {
                "numatier_node_tier",
                METRIC_GAUGE,
                NULL,
                "The N of the memory_tierN that a node is in now (present), and that the policy "
                "wants it in (wanted).",
        };
        char node[NODE_TEXT];

        exposition_begin(e, &tier);
        foreach_memory (n, m) {
                (void)name_node(n->node, node);
                add_number(e, LABELS({ "node", node }, { "state", "present" }), n->present_tier, 1);
                add_number(e, LABELS({ "node", node }, { "state", "wanted" }), n->wanted_tier, 1);
        }
        print_misplaced(m, e);
}

static void print_node_sizes(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family size = {
                "numatier_node_size_bytes",
                METRIC_GAUGE,
                "bytes",
                "Memory of a node that is online.",
        };
        static const struct metric_family free = {
                "numatier_node_free_bytes",
                METRIC_GAUGE,
                "bytes",
                "Memory of a node that is free.",
        };

        print_node_number(m, e, &size, offsetof(struct view_node, size_kib), KIB);
        print_node_number(m, e, &free, offsetof(struct view_node, free_kib), KIB);
}

/* The sum over all nodes in slower tiers than n: where its pages can be demoted to
 * (mm/memory-tiers.c:node_get_allowed_targets). Unknown if any of it is. */
static struct view_number sum_below(const struct metrics *m, const struct view_node *n,
                                    size_t offset)
{
        struct view_number sum = { .known = n->present_tier.known };

        foreach_memory (other, m) {
                const struct view_number *number = (const void *)((const char *)other + offset);
                bool below = other->present_tier.known &&
                             other->present_tier.value > n->present_tier.value;

                sum.known = sum.known && other->present_tier.known && (!below || number->known);
                sum.value += below ? number->value : 0;
        }
        return sum;
}

static void print_below(const struct metrics *m, struct exposition *e,
                        const struct metric_family *family, size_t offset)
{
        char node[NODE_TEXT];

        exposition_begin(e, family);
        foreach_memory (n, m)
                add_number(e, LABELS({ "node", name_node(n->node, node) }), sum_below(m, n, offset),
                           KIB);
}

static void print_room(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family size = {
                "numatier_node_below_size_bytes",
                METRIC_GAUGE,
                "bytes",
                "Memory of all nodes that are in slower tiers than a node: where its pages can be "
                "demoted to.",
        };
        static const struct metric_family free = {
                "numatier_node_below_free_bytes",
                METRIC_GAUGE,
                "bytes",
                "Free memory of all nodes that are in slower tiers than a node.",
        };

        print_below(m, e, &size, offsetof(struct view_node, size_kib));
        print_below(m, e, &free, offsetof(struct view_node, free_kib));
}

static void print_node_value(const struct metrics *m, struct exposition *e,
                             const struct metric_family *family, size_t offset, double factor)
{
        char node[NODE_TEXT];

        exposition_begin(e, family);
        foreach_memory (n, m) {
                const struct view_value *v = (const void *)((const char *)n + offset);

                if (v->value.known)
                        exposition_add_real(e,
                                            LABELS({ "node", name_node(n->node, node) },
                                                   { "source", v->source }),
                                            v->value.value * factor);
        }
}

static void print_node_values(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family latency = {
                "numatier_node_latency_seconds",
                METRIC_GAUGE,
                "seconds",
                "The latency by which a node is classified: the worse of read and write.",
        };
        static const struct metric_family bandwidth = {
                "numatier_node_bandwidth_bytes_per_second",
                METRIC_GAUGE,
                "bytes_per_second",
                "The bandwidth by which a node is classified: the worse of read and write.",
        };

        print_node_value(m, e, &latency, offsetof(struct view_node, latency), 1e-9);
        print_node_value(m, e, &bandwidth, offsetof(struct view_node, bandwidth), MIB);
}

/* Pages that the kernel moved */

static const char *const causes[] = {
        [COUNT_DEMOTED_KSWAPD] = "kswapd",
        [COUNT_DEMOTED_DIRECT] = "direct",
        [COUNT_DEMOTED_KHUGEPAGED] = "khugepaged",
        [COUNT_DEMOTED_PROACTIVE] = "proactive",
        [COUNT_PROMOTED] = NULL, /* there is one only */
};

static bool is_any_known(const struct count counts[static COUNTS], enum count_kind first,
                         enum count_kind last)
{
        for (enum count_kind k = first; k <= last; k++)
                if (counts[k].known)
                        return true;
        return false;
}

/* node and tier may be NULL. */
static void print_counts(struct exposition *e, const char *node, const char *tier,
                         const struct count counts[static COUNTS], enum count_kind first,
                         enum count_kind last)
{
        for (enum count_kind k = first; k <= last; k++)
                if (counts[k].known)
                        exposition_add_integer(
                                e,
                                LABELS({ "node", node }, { "tier", tier }, { "cause", causes[k] }),
                                counts[k].value);
}

/* Of each node; or of the machine, where the kernel does not count for each. Never both, as their
 * sum would be wrong. */
static void print_pages(const struct metrics *m, struct exposition *e,
                        const struct metric_family *of_node, const struct metric_family *of_machine,
                        enum count_kind first, enum count_kind last)
{
        bool any = false;
        char node[NODE_TEXT];

        exposition_begin(e, of_node);
        foreach_memory (n, m) {
                const struct node_counts *c = counts_get_node(m->counts, n->node);

                if (!c)
                        continue;
                any = any || is_any_known(c->counts, first, last);
                print_counts(e, name_node(n->node, node), n->tier, c->counts, first, last);
        }
        exposition_begin(e, of_machine);
        if (!any)
                print_counts(e, NULL, NULL, m->counts->machine, first, last);
}

static void print_all_pages(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family demoted = {
                "numatier_demoted_pages",
                METRIC_COUNTER,
                "pages",
                "Pages that the kernel demoted from a node since boot, by who freed memory.",
        };
        static const struct metric_family machine_demoted = {
                "numatier_machine_demoted_pages",
                METRIC_COUNTER,
                "pages",
                "Pages that the kernel demoted since boot, where it does not count them for each "
                "node (before Linux 6.7).",
        };
        static const struct metric_family promoted = {
                "numatier_promoted_pages",
                METRIC_COUNTER,
                "pages",
                "Pages that the kernel promoted to a node since boot.",
        };
        static const struct metric_family machine_promoted = {
                "numatier_machine_promoted_pages",
                METRIC_COUNTER,
                "pages",
                "Pages that the kernel promoted since boot, where it does not count them for each "
                "node.",
        };

        print_pages(m, e, &demoted, &machine_demoted, COUNT_DEMOTED_KSWAPD,
                    COUNT_DEMOTED_PROACTIVE);
        print_pages(m, e, &promoted, &machine_promoted, COUNT_PROMOTED, COUNT_PROMOTED);
}

/* Tiers */

static void print_tier_number(const struct metrics *m, struct exposition *e,
                              const struct metric_family *family, size_t offset)
{
        exposition_begin(e, family);
        for (size_t i = 0; i < m->view->n_tiers; i++) {
                const struct view_tier *t = &m->view->tiers[i];
                const struct view_number *number = (const void *)((const char *)t + offset);

                add_number(e, LABELS({ "tier", t->name }), *number, KIB);
        }
}

static void print_tiers(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family nodes = {
                "numatier_tier_nodes",
                METRIC_GAUGE,
                NULL,
                "Nodes that belong in a tier by the policy.",
        };
        static const struct metric_family size = {
                "numatier_tier_size_bytes",
                METRIC_GAUGE,
                "bytes",
                "Memory of all nodes that belong in a tier.",
        };
        static const struct metric_family free = {
                "numatier_tier_free_bytes",
                METRIC_GAUGE,
                "bytes",
                "Free memory of all nodes that belong in a tier.",
        };

        exposition_begin(e, &nodes);
        for (size_t i = 0; i < m->view->n_tiers; i++)
                exposition_add_integer(e, LABELS({ "tier", m->view->tiers[i].name }),
                                       nodeset_count(&m->view->tiers[i].nodes));
        print_tier_number(m, e, &size, offsetof(struct view_tier, size_kib));
        print_tier_number(m, e, &free, offsetof(struct view_tier, free_kib));
}

/* doctor */

static void print_findings(const struct metrics *m, struct exposition *e)
{
        static const struct metric_family findings = {
                "numatier_findings",
                METRIC_GAUGE,
                NULL,
                "What numatier doctor found wrong.",
        };
        static const struct metric_family unchecked = {
                "numatier_unchecked",
                METRIC_GAUGE,
                NULL,
                "What numatier doctor could not check.",
        };

        if (!m->diagnosis)
                return;
        exposition_begin(e, &findings);
        for (enum severity s = 0; s < SEVERITIES; s++)
                exposition_add_integer(e, LABELS({ "severity", severity_name(s) }),
                                       diagnosis_count(m->diagnosis, s));
        exposition_begin(e, &unchecked);
        exposition_add_integer(e, NO_LABELS, m->diagnosis->unchecked.n);
}

void metrics_print(const struct metrics *m, struct exposition *e)
{
        print_build(m, e);
        print_policy(m, e);
        print_problems(m, e);
        print_activity(m, e);
        print_node_info(m, e);
        print_places(m, e);
        print_node_sizes(m, e);
        print_room(m, e);
        print_node_values(m, e);
        print_all_pages(m, e);
        print_tiers(m, e);
        print_findings(m, e);
        exposition_end(e);
}
