/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The options that both programs share: which machine to look at, and under which policy. */

#include <stdbool.h>

#include "policy/policy.h"
#include "sysroot/sysroot.h"

/* Exit status, beside EXIT_SUCCESS and EXIT_FAILURE. */
#define EXIT_USAGE   2
#define EXIT_DIFFERS 3

struct input {
        const char *root;    /* --root DIR, or NULL */
        const char *machine; /* --machine FILE, or NULL; not together with root */
        const char *config;  /* --config FILE, or NULL */
};

/* Opens the root that the options name ("/" by default). Says on standard error what is wrong.
 * 0 or a negative errno. */
int input_open_root(const struct input *in, struct sysroot **ret);

/* Loads the policy: --config, else the system's own (of /, whatever the root). Says on standard
 * error, line by line, what is wrong. 0 or a negative errno. */
int input_load_policy(const struct input *in, struct policy **ret);
