/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor/nodes.h"

#include "base/units.h"
#include "facts/knobs.h"
#include "policy/effective.h"

const char *nodes_format(const struct nodeset *nodes, char buf[static NODES_TEXT_MAX])
{
        char list[NODESET_STRING_MAX];

        snprintf(buf, NODES_TEXT_MAX, "node%s %s", plural(nodeset_count(nodes)),
                 nodeset_format(nodes, list));
        return buf;
}

bool node_counts(const struct node_assignment *n)
{
        return n->node->has_memory && n->cause != CAUSE_IGNORED && n->node->kind != KIND_GPU &&
               !n->node->may_be_gpu;
}

bool tiers_are_known(const struct subject *s)
{
        return s->snapshot->machine->has_tiers && s->snapshot->machine->tiers_known;
}

unsigned tiers_count(const struct subject *s)
{
        const struct assignment *a = s->snapshot->assignment;
        unsigned count = 0;

        for (size_t i = 0; i < a->n_nodes; i++) {
                uint32_t tier = a->nodes[i].node->present_tier;
                bool first = true;

                if (!node_counts(&a->nodes[i]) || tier == TIER_UNKNOWN)
                        continue;
                for (size_t j = 0; j < i; j++)
                        if (node_counts(&a->nodes[j]) && a->nodes[j].node->present_tier == tier)
                                first = false;
                count += first;
        }
        return count;
}

uint32_t tiers_find_top(const struct subject *s)
{
        const struct machine *m = s->snapshot->machine;
        uint32_t top = TIER_UNKNOWN;

        for (size_t i = 0; i < m->n_nodes; i++) {
                const struct node *n = &m->nodes[i];

                if (n->has_cpu && n->has_memory && n->present_tier != TIER_UNKNOWN &&
                    (top == TIER_UNKNOWN || n->present_tier > top))
                        top = n->present_tier;
        }
        return top;
}

struct nodeset tiers_find_slow(const struct subject *s)
{
        const struct assignment *a = s->snapshot->assignment;
        uint32_t top = tiers_find_top(s);
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++) {
                const struct node *n = a->nodes[i].node;

                if (node_counts(&a->nodes[i]) && n->present_tier != TIER_UNKNOWN &&
                    top != TIER_UNKNOWN && n->present_tier > top)
                        nodeset_add(&nodes, n->id);
        }
        return nodes;
}

static bool is_described(const struct node_assignment *n)
{
        return node_counts(n) && !n->node->has_cpu && !n->node->has_offline_cpu &&
               !n->node->unsettled && n->cause != CAUSE_RULE && n->cause != CAUSE_UNREADABLE &&
               n->cause != CAUSE_UNSETTLED;
}

struct nodeset nodes_find_described(const struct subject *s)
{
        const struct assignment *a = s->snapshot->assignment;
        struct nodeset nodes = { 0 };

        for (size_t i = 0; i < a->n_nodes; i++)
                if (is_described(&a->nodes[i]))
                        nodeset_add(&nodes, a->nodes[i].node->id);
        return nodes;
}

bool nodes_have_cpuless(const struct subject *s)
{
        const struct machine *m = s->snapshot->machine;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].has_memory && !m->nodes[i].has_cpu &&
                    !m->nodes[i].has_offline_cpu && m->nodes[i].kind != KIND_GPU &&
                    !m->nodes[i].may_be_gpu)
                        return true;
        return false;
}

void finding_add_access(struct diagnosis *d, const struct node *n)
{
        unsigned c = n->access_present[ACCESS_CPU] ? ACCESS_CPU : ACCESS_LOCAL;
        const uint32_t *v = n->access[c].v;
        char path[SYSROOT_PATH_MAX];

        snprintf(path, sizeof(path), NODE_DIR "/node%u/access%u/initiators", n->id, c);
        finding_add_file(d, path, "latency %u read, %u write; bandwidth %u read, %u write",
                         v[READ_LATENCY], v[WRITE_LATENCY], v[READ_BANDWIDTH], v[WRITE_BANDWIDTH]);
}

void finding_add_writer(const struct subject *s, struct diagnosis *d)
{
        if (s->service == SERVICE_RUNNING) {
                finding_add_remedy(d, "numatierd runs, and writes this in its next pass. At once:");
                finding_add_command(d, "systemctl reload numatierd");
                finding_add_remedy(d, "If it stays, look for the reason:");
                finding_add_command(d, "journalctl -b -u numatierd");
                return;
        }
        finding_add_remedy(d, "Start the service, which writes this now and after each boot:");
        finding_add_command(d, "systemctl enable --now numatierd");
        finding_add_remedy(d, "Or write it once:");
        finding_add_command(d, "numatier apply");
}

bool is_administrators(const char *file)
{
        return startswith(file, "/etc/") || startswith(file, "/run/");
}

static const struct policy_setting *find_setting(const struct policy *p,
                                                 enum policy_section section, const char *key)
{
        for (size_t i = p->n_settings; i > 0; i--)
                if (p->settings[i - 1].section == section && streq(p->settings[i - 1].key, key))
                        return &p->settings[i - 1];
        return NULL;
}

void finding_add_setting(const struct subject *s, struct diagnosis *d, const char *sentence,
                         enum policy_section section, const char *key, const char *value)
{
        const struct policy_setting *setting = find_setting(s->snapshot->policy, section, key);

        if (setting && streq(setting->value, value))
                return;
        if (setting && is_administrators(setting->file))
                finding_add_remedy(d,
                                   "%s: change \"%s = %s\" to \"%s = %s\" in %s:%u, then run "
                                   "\"systemctl reload-or-restart numatierd\".",
                                   sentence, key, setting->value, key, value, setting->file,
                                   setting->line);
        else
                finding_add_policy(d, sentence, effective_word(section), "%s = %s", key, value);
}

void finding_add_demotion_off(const struct subject *s, struct diagnosis *d)
{
        const enum policy_switch demotion = s->snapshot->policy->demotion;

        if (demotion != SWITCH_LEAVE && demotion != SWITCH_NO) {
                finding_add_setting(s, d, "Or switch demotion off", SECTION_APPLY, "demotion",
                                    "no");
                return;
        }
        finding_add_remedy(d, "Or switch demotion off:");
        finding_add_command(d, "echo false >/" DEMOTION_PATH);
}
