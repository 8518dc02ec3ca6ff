/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which [node] section speaks of a node. */

#include "facts/machine.h"
#include "policy/policy.h"

/* The first rule of the policy of which every match holds, else the built-in rule if the node is a
 * GPU's memory, or NULL. A node with several devices is meant if any of them is. */
const struct node_rule *rules_find(const struct policy *p, const struct node *node);

/* "kind = gpu, ignore = yes": part of every policy, tried after all [node] sections. It has no
 * file.
 */
const struct node_rule *rules_builtin_gpu(void);

/* The section that matches every GPU, so that the built-in rule is never reached; or NULL. */
const struct node_rule *rules_find_gpu_override(const struct policy *p);

/* The match that a rule about this very memory would have ("cxl-serial = 0x1234", "node = 1"). */
#define RULE_MATCH_MAX 64
const char *rules_suggest_match(const struct node *node, char buf[static RULE_MATCH_MAX]);
