/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A drop-in of the policy that has one [node] section and nothing else, as "numatier set" writes
 * it. */

#include "base/messages.h"
#include "policy/policy.h"

struct rule_key {
        const char *key, *value;
};

/* The text of such a file: what it held before (old; NULL: there was none) with these keys set.
 * file: its path, for messages. 0; -EBADMSG: old is no such file (reported in errors); -ENOMEM. */
int rule_file_print(const char *old, const char *file, const char *name,
                    const struct rule_key *keys, size_t n, struct messages *errors, char **ret);

/* The rule that a policy has from that file, or NULL. */
const struct node_rule *rule_file_find(const struct policy *p, const char *file);
