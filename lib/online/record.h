/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What numatier remembers of memory blocks until the next boot: which were online before, so that
 * one that is offline now was taken offline by somebody; what numatier itself made of them; and
 * which it took offline only in order to bring them online in another zone. Whoever holds the lock
 * (daemon/common/lock.h) writes it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/messages.h"
#include "base/util.h"
#include "policy/policy.h"
#include "sysroot/sysroot.h"

#define ONLINE_RECORD_PATH "run/numatier/online"

enum record_state {
        RECORD_SEEN, /* it was online */
        RECORD_MADE, /* it was as record_block.online says (movable, kernel or no), by numatier or
                        of itself: who changes it afterwards does so on purpose */
        RECORD_PENDING, /* numatier takes it offline: to bring it online so, or (no) for good */
        RECORD_STATES,
};

struct record_block {
        uint64_t number;
        uint64_t identity; /* of its directory (sysroot_identify()): a number is used again when
                              other memory is plugged in */
        enum record_state state;
        enum policy_online online; /* ONLINE_UNSET if it was only seen */
};

struct online_record {
        struct record_block *blocks; /* by number */
        size_t n, allocated;
        bool changed; /* since it was saved */
        bool damaged; /* something is missing: which blocks were online is not known */
};

#define RECORD_BLOCKS_MAX (1U << 20)

/* Parses the text of the file. What is not understood is reported in problems and left out. 0 or
 * -ENOMEM. */
int online_record_parse(const char *text, size_t size, const char *name, struct messages *problems,
                        struct online_record **ret);
/* The text, to be freed by the caller. 0 or -ENOMEM. */
int online_record_format(const struct online_record *r, char **ret);

/* A missing file is an empty record. 0, -ENOMEM, or an error of reading (reported in problems). */
int online_record_load(struct sysroot *root, struct messages *problems, struct online_record **ret);
/* Does nothing if nothing changed. 0, or an error of writing. */
int online_record_save(struct sysroot *root, struct online_record *r);

struct online_record *online_record_free(struct online_record *r);
DEFINE_CLEANUP(struct online_record *, online_record_free)

/* What is remembered of this block, or NULL: nothing, or only of an earlier one of its number. */
const struct record_block *online_record_get(const struct online_record *r, uint64_t number,
                                             uint64_t identity);

/* Whether some block is between two zones. */
bool online_record_has_pending(const struct online_record *r);

/* 0 or -ENOMEM. */
int online_record_set(struct online_record *r, const struct record_block *b);
