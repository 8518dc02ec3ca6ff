/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the policy wants for each memory block: online in which zone, offline, or nothing. */

#include <stdbool.h>

#include "base/util.h"
#include "facts/block-devices.h"
#include "facts/block-table.h"
#include "facts/machine.h"
#include "policy/policy.h"

struct wanted {
        enum policy_online online;    /* never ONLINE_UNSET */
        const struct node_rule *rule; /* the [node] section that says it, or NULL: [online] does, or
                                         nobody (then it is ONLINE_LEAVE) */
        bool unreadable;   /* it depends on facts that cannot be read now: online is ONLINE_LEAVE */
        bool is_hot_added; /* its device was plugged in, or may be; else it is boot memory */
        bool may_go; /* it may be taken offline because of the policy: boot memory never is, nor
                        what may be boot memory (ACPI memory beside CPUs) */
        const char *device; /* its device's name (block_device_name()), or NULL */
};

/* Whether the policy wants anything for any block. If not, none has to be read. */
bool wanted_any(const struct policy *p);

/* Decides for each block of the table, in its order. The first [node] section that matches the
 * block's device and node decides (classify/rules.h), also if it does not say online: then [online]
 * does. For boot memory and for GPUs, whose driver brings their memory online, only a section that
 * says online decides. What is returned is freed by the caller, and refers to p and d. 0 or
 * -ENOMEM. */
int wanted_decide(const struct policy *p, const struct machine *m, const struct block_table *t,
                  const struct block_devices *d, struct wanted **ret);

/* The same for a dax device that has no blocks (yet), at its target node. */
struct wanted wanted_for_device(const struct policy *p, const struct machine *m,
                                const struct block_device *device);

/* The block turned out to be boot memory, though a device has it. */
void wanted_mark_boot_memory(struct wanted *w);
