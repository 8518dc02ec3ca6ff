/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the programs' command lines share: which machine is meant, which policy, which node. */

#include <stdbool.h>

#include "common/exit.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

struct input {
        const char *program; /* begins each error; NULL: "numatier" */
        const char *root;    /* --root DIR, or NULL */
        const char *machine; /* --machine FILE, or NULL; not together with root */
        const char *config;  /* --config FILE, or NULL */
};

/* Opens the root that the options name ("/" by default). Reports errors on standard error. 0 or a
 * negative errno. */
int input_open_root(const struct input *in, struct sysroot **ret);

/* Loads the policy: --config, else the system's own (of /, whatever the root). Reports errors on
 * standard error, one line each. 0 or a negative errno. */
int input_load_policy(const struct input *in, struct policy **ret);

/* Loads the policy and then opens the root, as above. If both are in "/", it is opened once. */
int input_open(const struct input *in, struct policy **ret_policy, struct sysroot **ret_root);

/* A node as people write it: "1" or "node1". 0 or -EINVAL. */
int input_parse_node(const char *text, unsigned *ret);
