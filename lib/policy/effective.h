/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The policy as it is in force, for people: sections and keys in order, each with the file and line
 * it comes from. Nothing decides by this. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

struct effective_key {
        const char *key;
        const char *value; /* "": it takes back what an earlier file set ([tier] only) */
        const char *file;  /* NULL: the built-in default */
        unsigned line;
};

struct effective_section {
        enum policy_section section;
        const char *name; /* of [tier NAME] or [node NAME]; NULL for others */
        const char *file; /* where it was (last) begun; NULL for those without a name: they may be
                             in several files, or in none */
        unsigned line;
        const struct node_rule *shadowed_by; /* the [node] section that matches all that this one
                                                matches, and is tried first; or NULL */
        struct effective_key *keys;
        size_t n_keys;
};

struct effective {
        struct effective_section
                *sections; /* [policy], tiers, nodes, [apply], [online], [daemon] */
        size_t n;
};

/* Refers to the policy. 0 or -ENOMEM. */
int effective_new(const struct policy *p, struct effective **ret);

struct effective *effective_free(struct effective *e);
DEFINE_CLEANUP(struct effective *, effective_free)

/* "policy", "tier" */
const char *effective_word(enum policy_section section);

/* What a key has where no file sets it, in the words of the policy; NULL: nothing ([tier] and
 * [node] sections). */
const char *effective_get_default(enum policy_section section, const char *key);

/* The section of that kind and name (NULL: of kinds without), or NULL. */
const struct effective_section *effective_get(const struct effective *e,
                                              enum policy_section section, const char *name);
const struct effective_key *effective_get_key(const struct effective_section *s, const char *key);
