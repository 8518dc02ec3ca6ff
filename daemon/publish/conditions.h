/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What has been reported already. A condition that lasts is reported when it appears and not in
 * every pass. When it went away and comes back, it is reported again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conditions_set {
        uint64_t *hashes;
        size_t n, allocated;
};

struct conditions {
        struct conditions_set last;    /* those met in the last pass */
        struct conditions_set current; /* those met so far in this one */
};

/* What identifies a condition: the id of its message and the text, without what changes while the
 * condition lasts: quoted contents of files, and numbers that are neither part of a name (node1,
 * 6.12) nor the number of a node. */
uint64_t conditions_hash(const char *id, const char *text);

/* Notes that a condition is there. Returns whether it is new: met neither in the last pass nor
 * before in this one. Without memory it counts as new. */
bool conditions_note(struct conditions *c, uint64_t hash);

/* Ends a pass: what was not noted in it is forgotten, unless keep says that the pass ended early;
 * what it did not come to may still be there then. */
void conditions_end(struct conditions *c, bool keep);

void conditions_done(struct conditions *c);
