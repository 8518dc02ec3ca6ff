/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The journal's entries of numatierd: those that systemd's journal itself says are the service's,
 * and what systemd says of the service. Fields that any program may set do not decide. */

#include <stdint.h>
#include <systemd/sd-journal.h>

#include "base/util.h"
#include "monitoring/change.h"

/* From now on; or (lines is not 0) first the last that many. 0 or a negative errno: -EACCES, if no
 * file of the journal may be read, and -ENOENT if there is none. */
int journal_open(unsigned lines, sd_journal **ret);

/* Calls fn for each entry that has come. 0 or a negative errno. */
int journal_read(sd_journal *j, void (*fn)(const struct change *c, void *userdata), void *userdata);

static inline sd_journal *journal_close(sd_journal *j)
{
        sd_journal_close(j);
        return NULL;
}
DEFINE_CLEANUP(sd_journal *, journal_close)
