/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Moves pages of a process in batches (move_pages(2)), and counts what becomes of each. */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/nodeset.h"

enum move_outcome {
        MOVE_DONE,
        MOVE_SHARED,    /* other processes use it too */
        MOVE_BUSY,      /* somebody holds it, or it cannot be moved at all */
        MOVE_NO_MEMORY, /* the node had none, or no huge page */
        MOVE_GONE,      /* it was freed or swapped out meanwhile, or moved by somebody else */
        MOVE_OUTCOMES,
};

typedef long (*move_pages_fn)(int pid, unsigned long count, void **pages, const int *nodes,
                              int *status, int flags);

/* A transparent huge page has 512 pages, or 8192 where pages are of 64 KiB. */
#define BATCH_MAX 8192U

/* Pages of one size, at ascending addresses. */
struct batch {
        void *pages[BATCH_MAX];
        size_t n;
        uint64_t page_kib;
};

struct mover {
        pid_t pid;
        struct nodeset from, to; /* no node in both */
        bool shared;             /* move also what other processes use; for root */
        move_pages_fn move;
        const volatile sig_atomic_t *stop; /* not 0: no further call; or NULL */
        uint64_t folio;       /* the size of a transparent huge page in bytes; 0: not yet read */
        uintptr_t busy_block; /* the last that had a busy page, a multiple of folio */
        unsigned n_busy;      /* tries in a row that found one there, and moved nothing */
        uint64_t kib[MOVE_OUTCOMES];
};

/* Keeps the pages that are on a node of from. 0; -ESRCH: the
 * process has ended; -EPERM; or what else the system says. */
int mover_select(struct mover *m, struct batch *b);

/* Moves them to one node of to. Pages of which the outcome is known are taken out of the batch and
 * counted. 0: none is left; -EINTR: stopped; -ENOMEM: that node is full; -EACCES: the cpuset of the
 * process does not allow that node; and as above. */
int mover_move(struct mover *m, struct batch *b, unsigned node);

/* Counts what is left of a batch, and empties it. */
void mover_give_up(struct mover *m, struct batch *b, enum move_outcome outcome);
