/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about the kernel's settings beside the tiers. */

#include "apply/freeze.h"
#include "base/units.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"

/* Bandwidths that differ by less do not make weights worth while. */
#define BANDWIDTH_RATIO 1.5

/* It is on by default from Linux 6.17 on, and matters only where somebody would use DAMON. */
void check_damon_stat(const struct subject *s, struct diagnosis *d)
{
        const struct health *h = s->health;

        if (!h->damon_stat.present || h->damon_stat.value == 0 || tiers_count(s) < 2)
                return;
        finding_begin(d, SEVERITY_NOTE, "damon_stat holds DAMON");
        finding_add_file(d, "sys/module/damon_stat/parameters/enabled", "Y");
        if (h->nr_kdamonds.present)
                finding_add_file(d, "sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds", "%u",
                                 h->nr_kdamonds.value);
        finding_add_consequence(d, "Programs that move pages between nodes by DAMON cannot start: "
                                   "the kernel says \"Device or resource busy\".");
        finding_add_remedy(d, "If such a program is to run:");
        finding_add_command(d, "echo N >/sys/module/damon_stat/parameters/enabled");
}

static const struct weight *get_weight(const struct machine *m, unsigned node)
{
        for (size_t i = 0; i < m->n_weights; i++)
                if (m->weights[i].node == node)
                        return &m->weights[i];
        return NULL;
}

/* Whether all nodes that count have the same weight; the highest and lowest bandwidth of them. */
static bool have_equal_weights(const struct subject *s, double *ret_least, double *ret_most)
{
        const struct assignment *a = s->snapshot->assignment;
        const struct weight *first = NULL;

        *ret_least = *ret_most = 0;
        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node_assignment *n = &a->nodes[i];
                const struct figure *f = &n->figures.bandwidth;
                const struct weight *w = get_weight(s->snapshot->machine, n->node->id);

                if (!node_counts(n) || !figure_is_known(f) || f->relative)
                        continue;
                if (!w || (first && first->value != w->value))
                        return false;
                first = w;
                *ret_most = f->value > *ret_most ? f->value : *ret_most;
                *ret_least = *ret_least == 0 || f->value < *ret_least ? f->value : *ret_least;
        }
        return first != NULL;
}

void check_interleave_default(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        char least[UNIT_STRING_MAX], most[UNIT_STRING_MAX];
        double low, high;

        if (m->n_weights < 2 || m->weights_unreadable ||
            s->snapshot->policy->weighted_interleave != WEIGHTS_LEAVE ||
            !have_equal_weights(s, &low, &high) || high < low * BANDWIDTH_RATIO)
                return;
        finding_begin(d, SEVERITY_NOTE,
                      "Weighted interleaving has the same weight for all nodes, "
                      "whose bandwidths differ");
        for (size_t i = 0; i < m->n_weights; i++) {
                char path[SYSROOT_PATH_MAX];

                if (!machine_get_node(m, m->weights[i].node))
                        continue;
                snprintf(path, sizeof(path), WEIGHT_DIR "/node%u", m->weights[i].node);
                finding_add_file(d, path, "%u", m->weights[i].value);
        }
        finding_add_consequence(d,
                                "Programs that interleave by weight (MPOL_WEIGHTED_INTERLEAVE) use "
                                "all nodes alike, from %s to %s.",
                                format_bandwidth(low, least), format_bandwidth(high, most));
        finding_add_setting(s, d, "To set weights by bandwidth", SECTION_APPLY,
                            "weighted-interleave", "by-bandwidth");
}

/* Nodes have a finding of their own, and so has the guard if it is needed now. */
static bool is_setting(const struct subject *s, const struct plan_write *w)
{
        return w->kind != WRITE_NODE_TIER &&
               (w->guard != GUARD_RAISE ||
                freeze_find_risk(s->snapshot->assignment) != FREEZE_CAN_BE_GUARDED);
}

/* What the policy sets beside tiers, and nobody has written. */
void check_settings_differ(const struct subject *s, struct diagnosis *d)
{
        const struct plan *p = s->snapshot->plan;
        size_t n = 0;

        for (size_t i = 0; i < p->n_writes; i++)
                n += is_setting(s, &p->writes[i]);
        if (n == 0)
                return;
        finding_begin(d, SEVERITY_WARNING, "%zu setting%s from the policy", n,
                      n == 1 ? " differs" : "s differ");
        for (size_t i = 0; i < p->n_writes; i++)
                if (is_setting(s, &p->writes[i]))
                        finding_add_file(d, p->writes[i].path, "%s; the policy wants %s: %s",
                                         p->writes[i].before, p->writes[i].value,
                                         p->writes[i].reason);
        finding_add_consequence(d, "The machine does not work as the policy says.");
        finding_add_writer(s, d);
}

void check_settings_held(const struct subject *s, struct diagnosis *d)
{
        const struct plan *p = s->snapshot->plan;

        if (p->n_held == 0)
                return;
        finding_begin(d, SEVERITY_WARNING, "%zu setting%s of the policy %s held back", p->n_held,
                      plural(p->n_held), p->n_held == 1 ? "is" : "are");
        for (size_t i = 0; i < p->n_held; i++)
                finding_add_file(d, p->held[i].path, "%s; the policy wants %s: %s",
                                 p->held[i].before, p->held[i].value, p->held[i].reason);
        finding_add_consequence(d, "It is not safe to write now, or the kernel has ignored it "
                                   "before: the machine does not work as the policy says.");
        finding_add_remedy(d, "Do what the reason asks for, or take the setting out of the policy. "
                              "\"numatier plan\" shows the whole plan.");
}
