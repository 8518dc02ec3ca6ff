/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about NUMA balancing, which promotes pages. */

#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"

#define BALANCING_NORMAL_BIT 1U

static unsigned count_cpu_nodes(const struct machine *m)
{
        unsigned count = 0;

        for (size_t i = 0; i < m->n_nodes; i++)
                count += m->nodes[i].has_cpu || m->nodes[i].has_offline_cpu;
        return count;
}

static bool nodes_are_placed(const struct plan *p)
{
        for (size_t i = 0; i < p->n_writes; i++)
                if (p->writes[i].kind == WRITE_NODE_TIER)
                        return false;
        return p->n_unmet == 0;
}

static void add_how_to_switch_on(const struct subject *s, struct diagnosis *d)
{
        finding_add_setting(s, d, "To promote hot pages", SECTION_APPLY, "numa-balancing",
                            "tiering");
        finding_add_remedy(d, "The service needs a capability for that: see THE SERVICE in "
                              "numatierd(8).");
        if (!nodes_are_placed(s->snapshot->plan)) {
                finding_add_remedy(d, "It moves the nodes first: once this mode was on, some can "
                                      "no longer be moved safely before the next boot.");
                return;
        }
        finding_add_remedy(d, "To switch it on until the next boot:");
        finding_add_command(d, "sysctl -w kernel.numa_balancing=2");
}

/* Linux switches it on at boot if there is more than one node by then
 * (mm/mempolicy.c:check_numabalancing_enable). On a machine whose only node with CPUs was all there
 * was, nobody chose that it is off; where there are more, somebody did. */
void check_balancing_off(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        struct nodeset slow = tiers_find_slow(s);
        bool demotes = m->demotion.present && m->demotion.value > 0;
        char text[NODES_TEXT_MAX], option[16];

        if (!m->numa_balancing.present || m->numa_balancing.value != 0 ||
            nodeset_count(&slow) == 0 || s->snapshot->policy->numa_balancing != BALANCING_LEAVE ||
            (!demotes && count_cpu_nodes(m) > 1))
                return;
        if (health_find_option(s->health, "numa_balancing", option, sizeof(option)) &&
            streq(option, "disable") && !demotes)
                return;
        finding_begin(d, SEVERITY_WARNING, "NUMA balancing is off, and %s %s in a slower tier",
                      nodes_format(&slow, text), nodes_are(&slow));
        finding_add_file(d, BALANCING_PATH, "0");
        if (m->demotion.present)
                finding_add_file(d, DEMOTION_PATH, "%s", demotes ? "true" : "false");
        finding_add_consequence(d, "No page that is used often is promoted from slow memory%s.",
                                demotes ? ", so that what was demoted stays there" : "");
        if (count_cpu_nodes(m) == 1)
                finding_add_consequence(d, "Linux switches NUMA balancing on at boot only if there "
                                           "is more than one node by then.");
        add_how_to_switch_on(s, d);
}

/* Values that do nothing, or less than they seem to. */
void check_tiering_useless(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        struct nodeset slow = tiers_find_slow(s);
        bool normal = m->numa_balancing.value & BALANCING_NORMAL_BIT;

        if (!machine_is_tiering(m) || !tiers_are_known(s) || nodeset_count(&slow) > 0)
                return;
        finding_begin(d, normal ? SEVERITY_NOTE : SEVERITY_WARNING,
                      "NUMA balancing is in tiering mode, and no node is in a slower tier");
        finding_add_file(d, BALANCING_PATH, "%u", m->numa_balancing.value);
        finding_add_consequence(d, "In this mode, Linux promotes pages out of slower tiers, and "
                                   "there are none.");
        if (!normal && count_cpu_nodes(m) > 1)
                finding_add_consequence(d, "Pages are not moved to the node whose CPUs use them "
                                           "either, which is what normal mode does.");
        if (s->snapshot->policy->numa_balancing == BALANCING_TIERING)
                finding_add_setting(s, d,
                                    "If no slow memory is to be added, let the policy leave "
                                    "it",
                                    SECTION_APPLY, "numa-balancing", "leave");
        finding_add_remedy(d, "If no slow memory is to be added:");
        finding_add_command(d, "sysctl -w kernel.numa_balancing=1");
}
