/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The writes of online/slice.h in a program: with a limit of time, since the kernel tries without
 * end to take a block offline while one of its pages cannot be moved, and gives up only for a
 * signal. */

#include <stdbool.h>

#include "online/slice.h"

struct onlining {
        struct online_memory memory;
        const char *path;    /* of the root, or NULL for / */
        int lock_fd;         /* while a block is changed */
        bool stop;           /* set from another thread: no further block */
        unsigned limit_msec; /* how long the kernel may try to take a block offline; 0: half a
                                minute */
};

void onlining_done(struct onlining *o);

/* From another thread, or from this one. */
void onlining_stop(struct onlining *o);

/* online_slice() with these writes. */
int onlining_run(struct sysroot *root, const struct policy *p, const struct machine *m,
                 struct onlining *o, uint64_t budget_usec, struct online_result **ret);

/* The same to the end, in a program that SIGINT, SIGTERM and SIGHUP would end: instead, the block
 * that is being changed becomes online again, and then it ends with o->stop. */
int onlining_run_in_foreground(struct sysroot *root, const struct policy *p,
                               const struct machine *m, struct onlining *o,
                               struct online_result **ret);

/* The same without any write. */
int onlining_plan(struct sysroot *root, const struct policy *p, const struct machine *m,
                  struct online_result **ret);

/* Whether the record names a block that numatier took offline, and did not bring back: it is
 * brought back, whatever the policy says. The first slice loads the record to keep it; where there
 * is none yet, it is read. */
bool onlining_is_any_pending(struct sysroot *root, const struct onlining *o);

/* EXIT_DIFFERS: something is left to do, or the node is in use. What somebody else wanted, or may
 * not be changed, is not. EXIT_FAILURE: something failed. */
int onlining_get_exit_status(const struct online_plan *p);

/* Forgets drained and zoned nodes that have no memory any more (online_result.vanished), unless
 * "numatier drain" or "online" works just now. path: the directory of --root, or NULL for /. */
void onlining_forget_drained(struct sysroot *root, const char *path,
                             const struct nodeset *vanished);
