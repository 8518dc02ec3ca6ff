/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What has been said already. A condition that lasts is told when it appears and not at every look;
 * when it went away and comes back it is told again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conditions_set {
        uint64_t *hashes;
        size_t n, allocated;
};

struct conditions {
        struct conditions_set last;    /* those met in the last round */
        struct conditions_set current; /* those met so far in this one */
};

/* Notes that a condition is there. Returns whether it is news: neither met in the last round nor
 * yet in this one. Out of memory it is news. */
bool conditions_note(struct conditions *c, uint64_t hash);

/* Ends a round: what was not noted in it is forgotten, unless keep says that the round was cut
 * short, and what it did not come to may well be there still. */
void conditions_end(struct conditions *c, bool keep);

void conditions_done(struct conditions *c);
