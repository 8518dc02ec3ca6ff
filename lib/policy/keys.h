/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The table of the policy's keys: what each is called, what it takes, and what it sets. */

#include <stddef.h>

#include "policy/policy.h"

/* Where the parser is: what a key is about. */
struct place {
        struct policy *policy;
        const char *file; /* the policy's own copy of the name */
        unsigned line;
        size_t tier, rule; /* the index that the section has in the policy */
};

struct key {
        enum policy_section section;
        const char *name;
        int (*set)(struct place *p, const char *value);
        const char *expected; /* "a latency such as 120ns" */
};

/* So many keys there are at most: a bit for each fits into a uint64_t. */
#define KEYS_MAX 64

/* The key of that name, or NULL. */
const struct key *key_find(enum policy_section section, const char *name);

/* Its number: below KEYS_MAX. */
unsigned key_number(const struct key *key);

/* Sets the key to a value without surrounding white space. An empty value is wrong, except in a
 * [tier] section: it takes back what an earlier file set. 0, -EINVAL, -ENOMEM. */
int key_set(const struct key *key, struct place *p, const char *value);

/* The names of a section's keys, separated by commas. */
#define KEY_NAMES_MAX 512
const char *key_names(enum policy_section section, char buf[static KEY_NAMES_MAX]);
