/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is asked for a guest: which nodes, how many CPUs, how much memory. */

#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"

struct guest_wish {
        unsigned *nodes; /* numbers of this host's nodes, in the order of the guest's; n_nodes 0:
                            not said */
        unsigned *cpus;  /* one for all nodes, or one for each; n_cpus 0: not said */
        uint64_t *mib;   /* the same; more than 0 */
        size_t n_nodes, n_cpus, n_mib;
};

/* Parses lists with commas: nodes "0,2-3", CPUs "4,4,0", sizes "4G,512MiB". NULL: not said. A size
 * is a whole number of MiB. 0, -EINVAL (reported in errors), -ENOMEM; guest_wish_done() in any
 * case. */
int guest_wish_parse(const char *nodes, const char *cpus, const char *memory,
                     struct guest_wish *ret, struct messages *errors);

void guest_wish_done(struct guest_wish *w);
