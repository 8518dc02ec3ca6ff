/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which memory "numatier set" and "clear" mean: what of a [node] section matches it, and the file
 * for that. */

#include "classify/rules.h"
#include "cli/dropin.h"
#include "policy/rule-file.h"

struct set_target {
        struct rule_identity identity;
        bool has_node;           /* the identity is not enough: another node has it, too */
        char node[12];           /* "": a match was given, and not a node */
        struct rule_key keys[2]; /* the same as keys of the policy */
        size_t n;
};

/* text: "1", "node1", or a match of the policy: "cxl-serial=0x1234". Of a node, what identifies its
 * memory is found on the machine. 0, or a negative errno: an error is then added. The target must
 * not be moved. */
int set_target_find(const char *text, const struct machine *m, struct messages *errors,
                    struct set_target *ret);

/* The file, below the root: of this boot, or for good. */
void set_target_path(const struct set_target *t, bool runtime, char ret[static DROPIN_PATH_MAX]);

/* Whether set wrote the file of that name for this memory: for a node also what was written while
 * the device was, or was not, that node's alone; for a match all that has it. */
bool set_target_owns(const struct set_target *t, bool runtime, const char *name);

/* The name of the section. */
#define SET_NAME_MAX 49
void set_target_name(const struct set_target *t, char ret[static SET_NAME_MAX]);
