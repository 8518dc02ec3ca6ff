/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about the policy, and about numatier itself. */

#include "base/units.h"
#include "classify/notices.h"
#include "classify/rules.h"
#include "doctor/checks.h"
#include "doctor/nodes.h"
#include "facts/knobs.h"
#include "state/state.h"

/* "FILE:LINE: SECTION.KEY: what was expected": where, and what. */
static void add_error(const char *error, struct diagnosis *d)
{
        const char *colon = strstr(error, ": ");
        _cleanup_(freep) char *where = colon ? strndup(error, (size_t)(colon - error)) : NULL;

        if (where && strpbrk(where, "/:"))
                finding_add_evidence(d, where, "%s", colon + 2);
        else
                finding_add_evidence(d, "the policy", "%s", error);
}

void check_policy_invalid(const struct subject *s, struct diagnosis *d)
{
        const struct messages *errors = s->policy_errors;

        if (!errors)
                return;
        finding_begin(d, SEVERITY_ERROR,
                      s->policy_is_missing ? "There is no policy" : "The policy is refused");
        for (size_t i = 0; i < errors->n; i++)
                add_error(errors->items[i], d);
        finding_add_consequence(d, "numatierd does not start with this policy; if it runs, it goes "
                                   "by the previous one. Nothing that depends on the policy was "
                                   "checked here.");
        if (s->policy_is_missing) {
                finding_add_remedy(
                        d, "Install numatier again, or write a policy (numatierd.conf(5)).");
                return;
        }
        finding_add_remedy(d, "Correct these lines, then:");
        finding_add_command(d, "numatier check && systemctl reload-or-restart numatierd");
}

/* The vendor's policy has tiers for all kinds of machines, and one without conditions takes the
 * rest: that they are empty is normal. */
static bool is_unused(const struct tier_policy *t, const struct assigned_tier *assigned)
{
        bool conditional = false;

        for (size_t k = 0; k < CONDITION_KINDS; k++)
                conditional = conditional || t->conditions[k].set;
        return conditional && t->file && is_administrators(t->file) &&
               nodeset_count(&assigned->nodes) == 0;
}

void check_policy_tier_unused(const struct subject *s, struct diagnosis *d)
{
        const struct assignment *a = s->snapshot->assignment;
        const struct policy *p = s->snapshot->policy;
        bool begun = false;

        if (p->method != METHOD_THRESHOLDS || a->n_tiers != p->n_tiers)
                return;
        for (size_t i = 0; i < p->n_tiers; i++) {
                const struct tier_policy *t = &p->tiers[i];
                char where[512];

                if (!is_unused(t, &a->tiers[i]))
                        continue;
                if (!begun)
                        finding_begin(d, SEVERITY_NOTE,
                                      "The policy has tiers that no node of this "
                                      "machine belongs in");
                begun = true;
                snprintf(where, sizeof(where), "%s:%u", t->file, t->line);
                finding_add_evidence(d, where, "[tier %s]", t->name);
        }
        if (!begun)
                return;
        finding_add_consequence(d, "None, if the policy is for other machines, too, or for memory "
                                   "that is added later.");
        finding_add_remedy(d, "If a node should be in it, \"numatier explain NODE\" shows which "
                              "condition it does not meet.");
}

/* The node of a device that none of its memory may be online of. */
static unsigned find_node(const struct subject *s, size_t device)
{
        const struct block_devices *all = s->devices;

        for (size_t i = 0; i < all->n_blocks; i++)
                if (all->of[i] == device)
                        return s->health->blocks->blocks[i].node;
        return all->items[device].target; /* DAX_NO_TARGET is no node's number */
}

/* A device has a node of the machine only while its memory is online. */
static bool matches_device(const struct node_rule *r, const struct subject *s, size_t i)
{
        const struct node_device *device = &s->devices->items[i].device;
        struct node n = {
                .id = find_node(s, i),
                .has_memory = true,
                .kind = device->kind,
                .devices = (struct node_device *)device,
                .n_devices = 1,
        };

        if (device->unreadable)
                node_mark_unreadable(&n, FACT_DEVICES);
        return rule_may_match(r, &n);
}

static bool matches_any(const struct node_rule *r, const struct subject *s)
{
        const struct machine *m = s->snapshot->machine;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (rule_may_match(r, &m->nodes[i]))
                        return true;
        for (size_t i = 0; s->devices && i < s->devices->n; i++)
                if (matches_device(r, s, i))
                        return true;
        return false;
}

/* Memory that has no node now may be what the section means. */
static bool has_absent_memory(const struct subject *s)
{
        const struct block_table *t = s->health->blocks;

        for (size_t i = 0; t && i < t->n; i++)
                if (t->blocks[i].state == BLOCK_OFFLINE)
                        return true;
        for (size_t i = 0; i < s->health->n_dax; i++) {
                const struct health_dax *dax = &s->health->dax[i];

                if (dax->size == 0 && !dax->unreadable)
                        continue; /* each region has such a device, from which others are made */
                if (!dax->driver || !streq(dax->driver, "kmem") ||
                    (dax->state.value && streq(dax->state.value, "unplugged")))
                        return true;
        }
        return nodeset_count(&s->drained) > 0;
}

/* A kind of memory is for all machines, a serial number for one. */
static bool means_one(const struct node_rule *r)
{
        return r->has_node || r->has_cxl_serial || r->pci_address || r->region || r->dax ||
               r->firmware_node;
}

void check_policy_node_unmatched(const struct subject *s, struct diagnosis *d)
{
        const struct policy *p = s->snapshot->policy;

        for (size_t i = 0; i < p->n_rules; i++) {
                const struct node_rule *r = &p->rules[i];
                bool sure = means_one(r) && !has_absent_memory(s);
                char where[512];

                if (!r->file || matches_any(r, s))
                        continue;
                finding_begin(d, sure ? SEVERITY_WARNING : SEVERITY_NOTE,
                              "The section [node %s] of the policy matches nothing", r->name);
                snprintf(where, sizeof(where), "%s:%u", r->file, r->line);
                finding_add_evidence(d, where, "[node %s]", r->name);
                finding_add_consequence(d, "What it says of a node is not used: no node of this "
                                           "machine has all that it asks for.");
                finding_add_remedy(d, "If the memory is there, compare the section with what this "
                                      "shows, else remove it:");
                finding_add_command(d, "numatier explain NODE");
        }
}

/* What the policy sets and this kernel does not have. A recording may lack files. */
void check_policy_unsupported(const struct subject *s, struct diagnosis *d)
{
        const struct machine *m = s->snapshot->machine;
        const struct policy *p = s->snapshot->policy;
        const struct {
                bool set;
                const struct knob *knob;
                const char *key, *path;
        } settings[] = {
                { p->demotion != SWITCH_LEAVE && p->demotion != SWITCH_NO, &m->demotion, "demotion",
                  DEMOTION_PATH },
                { p->min_ttl == MIN_TTL_SET && p->min_ttl_ms > 0, &m->min_ttl, "min-ttl",
                  MIN_TTL_PATH },
                { p->numa_balancing == BALANCING_TIERING, &m->numa_balancing, "numa-balancing",
                  BALANCING_PATH },
                { p->has_promote_rate_limit, &m->promote_rate_limit, "promotion-rate-limit",
                  PROMOTE_RATE_PATH },
        };
        bool begun = false;

        for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
                if (!settings[i].set || settings[i].knob->present || settings[i].knob->unreadable)
                        continue;
                if (!begun)
                        finding_begin(d, SEVERITY_WARNING,
                                      "The policy sets what this kernel does "
                                      "not have");
                begun = true;
                finding_add_file(d, settings[i].path, "absent; the policy has %s", settings[i].key);
        }
        if (!begun)
                return;
        finding_add_consequence(d, "These settings have no effect.");
        finding_add_remedy(d, "Take them out of the policy, or use a kernel that has them.");
}

void check_policy_baseline(const struct subject *s, struct diagnosis *d)
{
        const struct policy *p = s->snapshot->policy;
        const struct node *n = machine_get_node(s->snapshot->machine, p->baseline);

        if (p->baseline_auto || (n && n->has_memory))
                return;
        finding_begin(d, SEVERITY_WARNING, "The baseline of the policy, node %u, %s", p->baseline,
                      n ? "has no memory" : "is not online");
        finding_add_file(d, NODE_DIR "/has_memory", "does not have node %u", p->baseline);
        finding_add_consequence(d,
                                "Limits such as 2x refer to another node, which numatier chooses: "
                                "all nodes may be classified in another way.");
        finding_add_setting(s, d, "Let numatier choose", SECTION_POLICY, "baseline", "auto");
}

void check_values_alone(const struct subject *s, struct diagnosis *d)
{
        const struct assignment *a = s->snapshot->assignment;
        const struct node_assignment *n = notices_find_lone(a);
        char latency[UNIT_STRING_MAX], path[SYSROOT_PATH_MAX];

        if (!n)
                return;
        finding_begin(d, SEVERITY_WARNING,
                      "The latency of node %u is known, and that of node %u, the baseline, is not",
                      n->node->id, a->baseline->id);
        snprintf(path, sizeof(path), NODE_DIR "/node%u", n->node->id);
        finding_add_file(d, path, "%s (%s)", format_latency(n->figures.latency.value, latency),
                         source_name(n->figures.latency.source));
        snprintf(path, sizeof(path), NODE_DIR "/node%u", a->baseline->id);
        finding_add_file(d, path, "latency unknown");
        finding_add_consequence(d, "The two cannot be compared: the limits of the policy that are "
                                   "multiples of the baseline are skipped.");
        finding_add_remedy(d, "Measure the baseline, too:");
        finding_add_command(d, "numatier measure %u", a->baseline->id);
}

void check_service_down(const struct subject *s, struct diagnosis *d)
{
        if (s->service != SERVICE_DOWN)
                return;
        finding_begin(d, SEVERITY_WARNING, "numatierd is enabled and does not run");
        finding_add_file(d, "sys/fs/cgroup/system.slice/numatierd.service", "no process");
        finding_add_consequence(d,
                                "Nodes that are added, and what others change, stay as they are.");
        finding_add_remedy(d, "See why, then start it:");
        finding_add_command(d, "systemctl status numatierd");
        finding_add_command(d, "systemctl start numatierd");
}

void check_state_damaged(const struct subject *s, struct diagnosis *d)
{
        if (!s->state_problems || s->state_problems->n == 0)
                return;
        finding_begin(d, SEVERITY_WARNING, "What numatier remembers of this boot is damaged");
        for (size_t i = 0; i < s->state_problems->n; i++)
                add_error(s->state_problems->items[i], d);
        finding_add_consequence(d, "\"numatier restore\" may not know all original values.");
        finding_add_remedy(d,
                           "The next boot begins anew. Until then, a copy of the damaged lines is "
                           "in /run/numatier, in a file whose name has \"damaged\" in it.");
}
