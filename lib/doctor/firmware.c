/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about what firmware says of memory. */

#include "classify/adistance.h"
#include "classify/rules.h"
#include "classify/sanity.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"

#define CXL_DIR "sys/bus/cxl/devices"

static bool is_shown(const struct node *n)
{
        return n->access_present[ACCESS_CPU] || n->access_present[ACCESS_LOCAL];
}

static bool has_perf(const struct node *n)
{
        return perf_is_known(&n->access[ACCESS_CPU]) || perf_is_known(&n->access[ACCESS_LOCAL]);
}

/* Whether nothing but SLIT says how fast the node is. */
static bool is_guessed(const struct node_assignment *n)
{
        const enum source latency = n->figures.latency.source,
                          bandwidth = n->figures.bandwidth.source;

        return (!figure_is_known(&n->figures.latency) || latency == SOURCE_SLIT) &&
               (!figure_is_known(&n->figures.bandwidth) || bandwidth == SOURCE_SLIT) &&
               !figures_find_unreadable(&n->figures);
}

/* Of the nodes whose values decide, those that have none, with files for them or without. */
static struct nodeset find_guessed(const struct subject *s, bool shown)
{
        const struct assignment *a = s->snapshot->assignment;
        struct nodeset described = nodes_find_described(s), guessed = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = a->nodes[i].node;

                if (nodeset_has(&described, n->id) && is_guessed(&a->nodes[i]) && !has_perf(n) &&
                    is_shown(n) == shown)
                        nodeset_add(&guessed, n->id);
        }
        return guessed;
}

/* A section that matches the node already may be tried before one in a drop-in. */
static const struct node_rule *find_section(const struct subject *s, unsigned node)
{
        const struct node_assignment *n = assignment_get_node(s->snapshot->assignment, node);

        return n && n->rule && n->rule->file ? n->rule : NULL;
}

/* Measures; or, in the policy, names the tier of the first. */
static void add_measure(const struct subject *s, const struct nodeset *nodes, struct diagnosis *d)
{
        const struct node *first = machine_get_node(s->snapshot->machine, nodeset_next(nodes, 0));
        char match[RULE_MATCH_MAX];

        finding_add_remedy(d, "Measure the memory, when the machine has little else to do:");
        finding_add_command(d, "numatier measure");
        nodeset_foreach (id, nodes) {
                const struct node_rule *rule = find_section(s, id);

                if (rule)
                        finding_add_remedy(d, "Or name a tier for node %u in [node %s] in %s:%u.",
                                           id, rule->name, rule->file, rule->line);
        }
        if (first && !find_section(s, first->id))
                finding_add_policy(d, "Or say what it is, with a tier of the policy for NAME",
                                   "node slow", "%s\n    tier = NAME",
                                   rules_suggest_match(first, match));
}

void check_hmat_absent(const struct subject *s, struct diagnosis *d)
{
        struct nodeset nodes = find_guessed(s, false);
        bool absent = s->health->has_hmat.present && s->health->has_hmat.value == 0;
        char text[NODES_TEXT_MAX];

        if (nodeset_count(&nodes) == 0)
                return;
        finding_begin(d, SEVERITY_WARNING,
                      absent ? "Firmware has no HMAT table: nothing says how fast %s %s"
                             : "Nothing says how fast %s %s",
                      nodes_format(&nodes, text), nodes_are(&nodes));
        if (absent)
                finding_add_file(d, HMAT_PATH, "absent");
        nodeset_foreach (id, &nodes) {
                char path[SYSROOT_PATH_MAX];

                snprintf(path, sizeof(path), NODE_DIR "/node%u/access1", id);
                finding_add_file(d, path, "absent");
        }
        finding_add_consequence(d,
                                "Linux cannot know the tier of this memory. numatier goes by the "
                                "distance table (SLIT), which is a guess.");
        add_measure(s, &nodes, d);
}

/* One finding for all bugs of a kind: each its own. */
struct bug_search {
        const struct subject *subject;
        struct diagnosis *diagnosis;
        unsigned kinds; /* a bit for each enum sanity_kind */
        const char *consequence;
};

/* bug->correction: "numatier measure 1, or a [node NAME] section ...". All of its nodes are to be
 * measured. */
static void add_correction(const struct sanity_bug *bug, struct diagnosis *d)
{
        const char *section = strstr(bug->correction, "a [node NAME] section");

        finding_add_remedy(d, "Measure the memory, when the machine has little else to do:");
        nodeset_foreach (id, &bug->nodes)
                finding_add_command(d, "numatier measure %u", id);
        if (section)
                finding_add_remedy(d, "Or give numatier the right values in the policy: %s",
                                   section);
}

static void add_bug(const struct sanity_bug *bug, void *userdata)
{
        const struct bug_search *search = userdata;
        struct diagnosis *d = search->diagnosis;
        const char *text = startswith(bug->text, "Firmware bug: ")
                                   ?: startswith(bug->text, "Kernel bug: ") ?: bug->text;

        if (!(search->kinds & 1U << bug->kind))
                return;
        finding_begin(d, SEVERITY_WARNING, "%c%s", text[0] == 't' ? 'T' : text[0], text + 1);
        if (is_shown(bug->first))
                finding_add_access(d, bug->first);
        for (size_t i = 0; i < bug->first->n_devices; i++) {
                const struct node_device *device = &bug->first->devices[i];
                char path[SYSROOT_PATH_MAX];

                if (!device->region || !perf_is_known(&device->access[ACCESS_CPU]))
                        continue;
                snprintf(path, sizeof(path), CXL_DIR "/%s/access1/read_latency", device->region);
                finding_add_file(d, path, "%u", device->access[ACCESS_CPU].v[READ_LATENCY]);
        }
        finding_add_consequence(d, "%s", search->consequence);
        add_correction(bug, d);
}

static void find_bugs(const struct subject *s, unsigned kinds, const char *consequence,
                      struct diagnosis *d)
{
        struct bug_search search = { s, d, kinds, consequence };

        sanity_find(s->snapshot->assignment, add_bug, &search);
}

void check_hmat_zero(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        struct nodeset nodes = find_guessed(s, true);
        char text[NODES_TEXT_MAX];

        if (!nodes_have_cpuless(s))
                return; /* nobody needs them */
        find_bugs(s, 1U << SANITY_INCOMPLETE,
                  "A value that is missing cannot be compared, by Linux or by numatier: the node's "
                  "tier may be wrong.",
                  d);
        if (nodeset_count(&nodes) == 0)
                return;
        finding_begin(d, SEVERITY_WARNING, "HMAT describes %s and gives no value",
                      nodes_format(&nodes, text));
        nodeset_foreach (id, &nodes)
                finding_add_access(d, machine_get_node(m, id));
        finding_add_consequence(d, "0 means unknown: Linux cannot know the tier of this memory. "
                                   "numatier goes by the distance table (SLIT), which is a guess.");
        add_measure(s, &nodes, d);
}

void check_hmat_contradictory(const struct subject *s, struct diagnosis *d)
{
        find_bugs(s, 1U << SANITY_CONTRADICTION,
                  "One of the two is wrong, and the node's tier may be wrong, too.", d);
}

void check_cxl_values(const struct subject *s, struct diagnosis *d)
{
        find_bugs(s, 1U << SANITY_PICOSECONDS,
                  "Linux puts this memory into a tier that is far too slow. numatier does not use "
                  "the value, and goes by the next source that knows one.",
                  d);
        find_bugs(s, 1U << SANITY_CXL_FAST,
                  "No CXL memory is faster than DRAM. Hot pages may be put on the slower memory.",
                  d);
}

/* From 6.7 on Linux places nodes by HMAT (mm/memory-tiers.c, drivers/acpi/numa/hmat.c). */
static bool kernel_uses_hmat(const struct machine *m)
{
        unsigned major, minor;

        return !m->kernel || sscanf(m->kernel, "%u.%u", &major, &minor) != 2 || major > 6 ||
               (major == 6 && minor >= 7);
}

/* Whether the node is one of those that Linux compares, and HMAT has it: its raw values. */
static const struct perf *get_dram(const struct node *n)
{
        return n->has_cpu && n->has_memory && n->access_present[ACCESS_CPU] && !n->remembered
                       ? &n->access[ACCESS_CPU]
                       : NULL;
}

/* The node because of which the kernel gives HMAT up, and the one it is compared with. */
static bool find_disabling(const struct machine *m, const struct node **ret_first,
                           const struct node **ret_other)
{
        struct adistance_reference reference = { 0 };

        *ret_first = NULL;
        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct perf *perf = get_dram(&m->nodes[i]);

                if (!perf)
                        continue;
                *ret_first = *ret_first ?: &m->nodes[i];
                adistance_add_dram(&reference, perf);
                if (reference.disabled) {
                        *ret_other = &m->nodes[i];
                        return true;
                }
        }
        return false;
}

static bool has_sums(const struct perf *p)
{
        return p->v[READ_LATENCY] + p->v[WRITE_LATENCY] > 0 &&
               p->v[READ_BANDWIDTH] + p->v[WRITE_BANDWIDTH] > 0;
}

/* The rule of the kernel, computed from what it shows. It says so in its log as well, if that still
 * reaches back to the boot. */
void check_hmat_disabled(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        const struct node *first, *other = NULL;
        bool matters = nodes_have_cpuless(s);
        const struct node_rule *rule;
        char match[RULE_MATCH_MAX];

        if (!kernel_uses_hmat(m) || !find_disabling(m, &first, &other))
                return;
        if (!has_sums(&other->access[ACCESS_CPU]))
                finding_begin(d, matters ? SEVERITY_WARNING : SEVERITY_NOTE,
                              "Linux does not use HMAT: it has no values for the DRAM of node %u",
                              other->id);
        else
                finding_begin(d, matters ? SEVERITY_WARNING : SEVERITY_NOTE,
                              "Linux does not use HMAT: its values for the DRAM of nodes %u and %u "
                              "differ by more than 10%%",
                              first->id, other->id);
        finding_add_access(d, first);
        if (first != other)
                finding_add_access(d, other);
        finding_add_consequence(d, "Until the next boot, Linux places no node by HMAT or CDAT: %s.",
                                matters ? "slow memory may be in the tier of DRAM"
                                        : "slow memory that is added later will not be known as "
                                          "such");
        finding_add_remedy(d, "numatier places nodes by the policy all the same, if it can move "
                              "them. If the DRAM does not really differ, ask the vendor of the "
                              "firmware for a correct HMAT.");
        if (!has_sums(&first->access[ACCESS_CPU]) || first == other) {
                finding_add_remedy(d, "To correct it for numatier:");
                finding_add_command(d, "numatier measure");
                return;
        }
        rule = find_section(s, other->id);
        if (rule) {
                finding_add_remedy(d,
                                   "To correct it for numatier, write latency = %uns and "
                                   "bandwidth = %uMiB/s into [node %s] in %s:%u.",
                                   first->access[ACCESS_CPU].v[READ_LATENCY],
                                   first->access[ACCESS_CPU].v[READ_BANDWIDTH], rule->name,
                                   rule->file, rule->line);
                return;
        }
        finding_add_policy(d, "To correct it for numatier", "node other",
                           "%s\n    latency = %uns\n    bandwidth = %uMiB/s",
                           rules_suggest_match(other, match),
                           first->access[ACCESS_CPU].v[READ_LATENCY],
                           first->access[ACCESS_CPU].v[READ_BANDWIDTH]);
}

/* It is normal where firmware sets CXL memory up. */
void check_decoder_locked(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        bool begun = false;

        for (size_t i = 0; i < m->n_nodes; i++)
                for (size_t j = 0; j < m->nodes[i].n_devices; j++) {
                        const struct node_device *device = &m->nodes[i].devices[j];

                        for (size_t k = 0; k < device->n_memdevs; k++) {
                                const struct memdev *memdev = &device->memdevs[k];
                                char path[SYSROOT_PATH_MAX];

                                if (!memdev->locked)
                                        continue;
                                if (!begun)
                                        finding_begin(d, SEVERITY_NOTE,
                                                      "Firmware has locked the decoders of CXL "
                                                      "memory");
                                begun = true;
                                snprintf(path, sizeof(path), CXL_DIR "/%s/locked",
                                         memdev->decoder ?: memdev->name);
                                finding_add_file(d, path, "1 (%s, node %u)", memdev->name,
                                                 m->nodes[i].id);
                        }
                }
        if (!begun)
                return;
        finding_add_consequence(d,
                                "Linux cannot change or remove the regions of these devices: the "
                                "memory can be taken offline, but the device cannot be pulled "
                                "out before the next reset.");
        finding_add_remedy(d, "If Linux is to set the devices up, say so in the setup of the "
                              "firmware.");
}
