/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Moves the pages of processes, one after the other, as far as the nodes have room. */

#include "cli/bar.h"
#include "placement/areas.h"
#include "placement/process.h"
#include "placement/targets.h"

struct move_session {
        struct sysroot *root;
        struct mover mover;
        struct nodeset full; /* nodes of mover.to that turned out to have no memory */
        struct targets targets;
        uint64_t since_kib; /* moved since targets was read */
        uint64_t rate, start_usec;
        uint64_t wanted_kib; /* of all processes; as numa_maps says */
        bool has_bound;      /* some of the mappings take memory from certain nodes only */
        struct bar bar;
};

/* Moves the pages of one process. 0; -EINTR: a signal arrived; -ENOSPC: the nodes have no room;
 * -ESRCH: the process has ended; or another error of the system. */
int move_session_run(struct move_session *s, const struct process *p, const struct areas *a);

/* Of what was wanted, how much was found, and whether it was moved or not. */
uint64_t move_session_get_done(const struct move_session *s);

void move_session_done(struct move_session *s);
