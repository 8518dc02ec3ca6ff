/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/effective.h"

#include <assert.h>
#include <errno.h>

#include "policy/keys.h"

/* policy_new() in the words of the policy. */
static const struct {
        enum policy_section section;
        const char *key, *value;
} defaults[] = {
        { SECTION_POLICY, "method", "thresholds" },
        { SECTION_POLICY, "sources", "user measured hmat cdat slit" },
        { SECTION_POLICY, "baseline", "auto" },
        { SECTION_POLICY, "hysteresis", "5%" },
        { SECTION_APPLY, "interface", "auto" },
        { SECTION_APPLY, "manual", "restore" },
        { SECTION_APPLY, "demotion", "leave" },
        { SECTION_APPLY, "min-ttl", "auto" },
        { SECTION_APPLY, "numa-balancing", "leave" },
        { SECTION_APPLY, "promotion-rate-limit", "leave" },
        { SECTION_APPLY, "weighted-interleave", "leave" },
        { SECTION_ONLINE, "online", "leave" },
        { SECTION_DAEMON, "settle", "500ms" },
        { SECTION_DAEMON, "settle-max", "5s" },
        { SECTION_DAEMON, "rescan", "60s" },
};

/* Keys of a [node] section that say what follows. All others say which node is meant. */
static const char *const consequences[] = {
        "tier",          "ignore",    "online",         "latency",         "read-latency",
        "write-latency", "bandwidth", "read-bandwidth", "write-bandwidth",
};

const char *effective_word(enum policy_section section)
{
        static const char *const words[] = {
                [SECTION_NONE] = "",         [SECTION_POLICY] = "policy",
                [SECTION_TIER] = "tier",     [SECTION_NODE] = "node",
                [SECTION_APPLY] = "apply",   [SECTION_ONLINE] = "online",
                [SECTION_DAEMON] = "daemon",
        };

        static_assert(ELEMENTSOF(words) == SECTIONS, "a word for each section");
        assert(section < SECTIONS);
        return words[section];
}

const char *effective_get_default(enum policy_section section, const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(defaults); i++)
                if (defaults[i].section == section && streq(defaults[i].key, key))
                        return defaults[i].value;
        return NULL;
}

const struct effective_key *effective_get_key(const struct effective_section *s, const char *key)
{
        for (size_t i = 0; i < s->n_keys; i++)
                if (streq(s->keys[i].key, key))
                        return &s->keys[i];
        return NULL;
}

const struct effective_section *effective_get(const struct effective *e,
                                              enum policy_section section, const char *name)
{
        for (size_t i = 0; i < e->n; i++) {
                const struct effective_section *s = &e->sections[i];

                if (s->section == section && (!name || streq(s->name, name)))
                        return s;
        }
        return NULL;
}

/* The last one counts, in the place of the first. The caller has made room. */
static void put_key(struct effective_section *s, const struct effective_key *key)
{
        struct effective_key *old = (struct effective_key *)effective_get_key(s, key->key);

        if (old)
                *old = *key;
        else
                s->keys[s->n_keys++] = *key;
}

static void put_settings(const struct policy *p, size_t tier, struct effective_section *s)
{
        for (size_t i = 0; i < p->n_settings; i++) {
                const struct policy_setting *setting = &p->settings[i];
                const struct effective_key key = { setting->key, setting->value, setting->file,
                                                   setting->line };

                if (setting->section != s->section ||
                    (s->section == SECTION_TIER && setting->tier != tier) ||
                    (s->section == SECTION_NODE &&
                     (setting->file != s->file || setting->section_line != s->line)))
                        continue;
                put_key(s, &key);
        }
}

static int add_keys(const struct policy *p, size_t tier, struct effective_section *s)
{
        s->keys = calloc(p->n_settings + ELEMENTSOF(defaults), sizeof(*s->keys));
        if (!s->keys)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(defaults); i++) {
                const struct effective_key key = { .key = defaults[i].key,
                                                   .value = defaults[i].value };

                if (defaults[i].section == s->section)
                        put_key(s, &key);
        }
        put_settings(p, tier, s);
        return 0;
}

static bool is_match(const char *key)
{
        for (size_t i = 0; i < ELEMENTSOF(consequences); i++)
                if (streq(key, consequences[i]))
                        return false;
        return true;
}

/* Whether all that a selects is selected by b's keys, too: then where b matches, a does. Values are
 * compared as they stand there: if they are only written differently, it is not noticed. */
static bool shadows(const struct effective_section *a, const struct effective_section *b)
{
        for (size_t i = 0; i < a->n_keys; i++) {
                const struct effective_key *key = effective_get_key(b, a->keys[i].key);

                if (is_match(a->keys[i].key) && (!key || !streq(key->value, a->keys[i].value)))
                        return false;
        }
        return true;
}

/* first: the index of the first rule's section. */
static void mark_shadowed(const struct policy *p, struct effective_section *first)
{
        for (size_t i = 1; i < p->n_rules; i++)
                for (size_t j = 0; j < i && !first[i].shadowed_by; j++)
                        if (shadows(&first[j], &first[i]))
                                first[i].shadowed_by = &p->rules[j];
}

static int add_section(const struct policy *p, const struct effective_section *section, size_t tier,
                       struct effective *e)
{
        e->sections[e->n] = *section;
        return add_keys(p, tier, &e->sections[e->n++]);
}

static int add_tiers(const struct policy *p, struct effective *e)
{
        for (size_t i = 0; i < p->n_tiers; i++) {
                const struct tier_policy *t = &p->tiers[i];
                const struct effective_section section = {
                        .section = SECTION_TIER, .name = t->name, .file = t->file, .line = t->line
                };

                if (add_section(p, &section, i, e) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int add_rules(const struct policy *p, struct effective *e)
{
        size_t first = e->n;

        for (size_t i = 0; i < p->n_rules; i++) {
                const struct node_rule *r = &p->rules[i];
                const struct effective_section section = {
                        .section = SECTION_NODE, .name = r->name, .file = r->file, .line = r->line
                };

                if (add_section(p, &section, 0, e) < 0)
                        return -ENOMEM;
        }
        mark_shadowed(p, e->sections + first);
        return 0;
}

static int fill(const struct policy *p, struct effective *e)
{
        static const enum policy_section order[] = {
                SECTION_POLICY, SECTION_TIER,   SECTION_NODE,
                SECTION_APPLY,  SECTION_ONLINE, SECTION_DAEMON
        };

        static_assert(ELEMENTSOF(order) == SECTIONS - 1, "all sections");
        e->sections = calloc(p->n_tiers + p->n_rules + ELEMENTSOF(order), sizeof(*e->sections));
        if (!e->sections)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                const struct effective_section section = { .section = order[i] };
                int r;

                if (order[i] == SECTION_TIER)
                        r = add_tiers(p, e);
                else if (order[i] == SECTION_NODE)
                        r = add_rules(p, e);
                else
                        r = add_section(p, &section, 0, e);
                if (r < 0)
                        return r;
        }
        return 0;
}

int effective_new(const struct policy *p, struct effective **ret)
{
        _cleanup_(effective_freep) struct effective *e = calloc(1, sizeof(*e));
        int r;

        r = e ? fill(p, e) : -ENOMEM;
        if (r == 0)
                *ret = TAKE_PTR(e);
        return r;
}

struct effective *effective_free(struct effective *e)
{
        if (!e)
                return NULL;
        for (size_t i = 0; i < e->n; i++)
                free(e->sections[i].keys);
        free(e->sections);
        free(e);
        return NULL;
}
