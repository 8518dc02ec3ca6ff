/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/effective.h"

#include "policy/keys.h"
#include "testing.h"

static struct policy *policy;
static struct effective *effective;

static void forget(void)
{
        effective = effective_free(effective);
        policy = policy_unref(policy);
}

static void add(const char *text, const char *file)
{
        struct messages errors = MESSAGES_INIT;

        if (!policy)
                assert(policy_new(&policy) == 0);
        assert(policy_parse(policy, text, strlen(text), file, &errors) == 0);
}

static void finish(void)
{
        struct messages errors = MESSAGES_INIT;

        assert(policy_finish(policy, &errors) == 0);
        assert(effective_new(policy, &effective) == 0);
}

static void assert_key(const char *file, int line, enum policy_section section, const char *name,
                       const char *key, const char *value, const char *from, unsigned from_line)
{
        const struct effective_section *s = effective_get(effective, section, name);
        const struct effective_key *k = s ? effective_get_key(s, key) : NULL;

        assert(k);
        assert_same(file, line, k->value, value);
        assert_same(file, line, k->file ?: "(none)", from);
        assert(k->line == from_line);
}
#define expect(...) assert_key(__FILE__, __LINE__, __VA_ARGS__)

/* A key that files set comes from the last; the others are built in. */
static void test_places(void)
{
        forget();
        add("[tier a]\nmax-latency=2x\nmin-bandwidth = 0.5x # c\n[tier b]\n[apply]\ndemotion = "
            "yes\n",
            "one");
        add("\n[apply]\ndemotion = no\n[tier a]\nmax-latency =\n[daemon]\nsettle = 1s\n", "two");
        finish();
        expect(SECTION_TIER, "a", "min-bandwidth", "0.5x", "one", 3);
        expect(SECTION_TIER, "a", "max-latency", "", "two", 5); /* taken back */
        expect(SECTION_APPLY, NULL, "demotion", "no", "two", 3);
        expect(SECTION_APPLY, NULL, "manual", "restore", "(none)", 0);
        expect(SECTION_DAEMON, NULL, "settle", "1s", "two", 7);
        assert(effective_get(effective, SECTION_TIER, "a")->n_keys == 2);
        assert(effective_get(effective, SECTION_TIER, "a")->line == 4);
        assert(effective_get(effective, SECTION_TIER, "b")->n_keys == 0);
        assert(!effective_get(effective, SECTION_TIER, "c"));
}

/* As they are tried: those of later files first, and two files may use the same name. */
static void test_nodes(void)
{
        forget();
        add("[tier a]\n[node x]\nnode = 1\ntier = a\n[node y]\nnode = 2\ntier = a\n", "one");
        add("# the same line\n[node x]\nnode = 3\nignore = yes\n", "two");
        finish();
        assert(effective->sections[2].section == SECTION_NODE);
        assert_streq(effective->sections[2].file, "two");
        assert_streq(effective_get_key(&effective->sections[2], "node")->value, "3");
        assert_streq(effective_get_key(&effective->sections[3], "node")->value, "1");
        assert(effective->sections[2].n_keys == 2 && effective->sections[3].n_keys == 2);
        assert_streq(effective->sections[4].name, "y");
        for (size_t i = 2; i < 5; i++)
                assert(!effective->sections[i].shadowed_by);
}

static const char *find_shadow(const char *rules, size_t rule)
{
        const struct effective_section *s;

        forget();
        add("[tier a]\n", "one");
        add(rules, "two");
        finish();
        s = &effective->sections[2 + rule];
        assert(s->section == SECTION_NODE);
        return s->shadowed_by ? s->shadowed_by->name : "none";
}

/* A section is never used if one before it matches the same and more. */
static void test_shadowed(void)
{
        assert_streq(find_shadow("[node x]\nkind=cxl\ntier=a\n[node y]\nkind=cxl\nnode=1\n"
                                 "latency=9ns\n",
                                 1),
                     "x");
        assert_streq(find_shadow("[node x]\nkind=cxl\nnode=1\ntier=a\n[node y]\nkind=cxl\n"
                                 "tier=a\n",
                                 1),
                     "none");
        assert_streq(find_shadow("[node x]\nkind=cxl\ntier=a\n[node y]\nkind=pmem\ntier=a\n", 1),
                     "none");
        assert_streq(find_shadow("[node x]\nnode=1\ntier=a\n[node y]\nnode=1\nignore=yes\n", 0),
                     "none");
}

/* Whoever adds a key adds its default here, too; and it is what policy_new() has. */
static void test_defaults(void)
{
        static const enum policy_section sections[] = { SECTION_POLICY, SECTION_APPLY,
                                                        SECTION_ONLINE, SECTION_DAEMON };
        struct policy *fresh;
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        for (size_t i = 0; i < ELEMENTSOF(sections); i++) {
                char names[KEY_NAMES_MAX], *rest;

                fprintf(f, "[%s]\n", effective_word(sections[i]));
                (void)key_names(sections[i], names);
                for (char *name = strtok_r(names, ", ", &rest); name;
                     name = strtok_r(NULL, ", ", &rest)) {
                        assert(effective_get_default(sections[i], name));
                        fprintf(f, "%s = %s\n", name, effective_get_default(sections[i], name));
                }
        }
        assert(fclose(f) == 0);
        forget();
        add(text, "defaults");
        assert(policy_new(&fresh) == 0);
        assert(policy->method == fresh->method && policy->n_sources == fresh->n_sources);
        assert(memcmp(policy->sources, fresh->sources, sizeof(fresh->sources)) == 0);
        assert(policy->baseline_auto == fresh->baseline_auto);
        assert(policy->hysteresis == fresh->hysteresis && policy->interface == fresh->interface);
        assert(policy->keep_manual == fresh->keep_manual && policy->demotion == fresh->demotion);
        assert(policy->min_ttl == fresh->min_ttl && policy->online == fresh->online);
        assert(policy->numa_balancing == fresh->numa_balancing);
        assert(policy->has_promote_rate_limit == fresh->has_promote_rate_limit);
        assert(policy->weighted_interleave == fresh->weighted_interleave);
        assert(policy->settle_usec == fresh->settle_usec);
        assert(policy->settle_max_usec == fresh->settle_max_usec);
        assert(policy->rescan_usec == fresh->rescan_usec);
        policy_unref(fresh);
        free(text);
}

int main(void)
{
        test_places();
        test_nodes();
        test_shadowed();
        test_defaults();
        forget();
}
