/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine and its assignment, for tests that look at one after the other. */

#include "classify/assign.h"
#include "state/recall.h"
#include "testing.h"

static struct sysroot *root;
static struct machine *machine;
static struct policy *policy;
static struct assignment *assignment;
static struct messages messages;

static void forget(void)
{
        assignment = assignment_free(assignment);
        machine = machine_free(machine);
        policy = policy_unref(policy);
        root = sysroot_free(root);
        messages_done(&messages);
}

static void begin(const char *machine_text, const char *policy_text)
{
        forget();
        root = root_from(machine_text);
        policy = policy_from(policy_text);
        assert(machine_read(root, TIERS_READ, NULL, NULL, &messages, &machine) == 0);
}
