/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which [node] section applies to a node. */

#include "facts/machine.h"
#include "policy/policy.h"

/* The first rule of the policy of which every match holds, else the built-in rule if the node is a
 * GPU's memory, or NULL: none, or rules_are_unreadable(). A node with several devices matches if
 * any of them does. */
const struct node_rule *rules_find(const struct policy *p, const struct node *node);

/* Whether that depends on the node's devices, and they cannot be read now. */
bool rules_are_unreadable(const struct policy *p, const struct node *node);

/* Whether every match of that one rule holds for the node, or that cannot be known now. */
bool rule_may_match(const struct node_rule *r, const struct node *node);

/* "kind = gpu, ignore = yes": part of every policy, tried after all [node] sections. It is in no
 * file. */
const struct node_rule *rules_builtin_gpu(void);

/* The section that matches every GPU, so that the built-in rule is never reached; or NULL. */
const struct node_rule *rules_find_gpu_override(const struct policy *p);

/* What of a [node] section matches a node's memory wherever it goes: the serial number of a CXL
 * device of it, else its PCI address, else the number of the node. */
struct rule_identity {
        const char *key; /* "cxl-serial" */
        char value[26];
};
void rules_identify(const struct node *node, struct rule_identity *ret);

/* The same as a line of the policy: "cxl-serial = 0x1234". */
#define RULE_MATCH_MAX 64
const char *rules_suggest_match(const struct node *node, char buf[static RULE_MATCH_MAX]);

/* What corrects a wrong value of a node: "a [node NAME] section with node = 1", and keys after it.
 */
#define RULE_SUGGESTION_MAX 256
const char *rules_suggest_section(const struct node *node, const char *keys,
                                  char buf[static RULE_SUGGESTION_MAX]);

/* "numatier measure 1, or " and the same. */
const char *rules_suggest(const struct node *node, const char *keys,
                          char buf[static RULE_SUGGESTION_MAX]);
