/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/rule-file.h"

#include <errno.h>

static const char header[] = "# Written by \"numatier set\"; \"numatier clear\" removes it.\n";

/* Only what can be written again is taken for such a file. */
static int load_old(const char *old, const char *file, struct messages *errors, struct policy **ret)
{
        _cleanup_(policy_unrefp) struct policy *p = NULL;
        int r;

        r = policy_new(&p);
        if (r < 0)
                return r;
        r = policy_parse(p, old, strlen(old), file, errors);
        if (r < 0)
                return r;
        for (size_t i = 0; i < p->n_settings && r == 0; i++)
                if (p->settings[i].section != SECTION_NODE)
                        r = -EBADMSG;
        if (r < 0 || p->n_rules != 1 || p->n_tiers != 0) {
                messages_add(errors, "%s: expected one [node] section and nothing else", file);
                return -EBADMSG;
        }
        *ret = TAKE_PTR(p);
        return 0;
}

static bool is_among(const char *key, const struct rule_key *keys, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (streq(keys[i].key, key))
                        return true;
        return false;
}

int rule_file_print(const char *old, const char *file, const char *name,
                    const struct rule_key *keys, size_t n, struct messages *errors, char **ret)
{
        _cleanup_(policy_unrefp) struct policy *p = NULL;
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f;

        if (old) {
                int r = load_old(old, file, errors, &p);

                if (r < 0)
                        return r;
        }
        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        fprintf(f, "%s[node %s]\n", header, name);
        for (size_t i = 0; p && i < p->n_settings; i++)
                if (!is_among(p->settings[i].key, keys, n))
                        fprintf(f, "%s = %s\n", p->settings[i].key, p->settings[i].value);
        for (size_t i = 0; i < n; i++)
                fprintf(f, "%s = %s\n", keys[i].key, keys[i].value);
        if (fclose(f) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

const struct node_rule *rule_file_find(const struct policy *p, const char *file)
{
        for (size_t i = 0; i < p->n_rules; i++)
                if (streq(p->rules[i].file, file))
                        return &p->rules[i];
        return NULL;
}
