/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The nodes whose memory was taken offline on purpose ("numatier drain"): nobody brings it online
 * until "numatier online", or until the next boot. A node whose memory was removed from the machine
 * is forgotten: what is plugged in afterwards is other memory. */

#include "base/messages.h"
#include "base/nodeset.h"
#include "sysroot/sysroot.h"

#define DRAINED_PATH "run/numatier/drained"
/* Who changes one of the files holds this lock alone (daemon/common/lock.h), as do drain and online
 * while they work. numatierd and numatier apply share it while they change a block. */
#define DRAINED_LOCK_PATH "run/numatier/drain.lock"

/* A missing file is an empty set. What is not understood is reported in problems: -EBADMSG; other
 * errors are those of reading. ret is untouched on error. */
int drained_load(struct sysroot *root, struct messages *problems, struct nodeset *ret);

/* 0, or an error of writing. */
int drained_save(struct sysroot *root, const struct nodeset *nodes);

/* The nodes whose memory was brought online with "numatier online --zone": as long as it is online,
 * it stays in that zone, also if the policy wants another zone or "no". Until "numatier online"
 * without --zone, until the memory is removed, or until the next boot. */
#define ZONED_PATH "run/numatier/zoned"

int zoned_load(struct sysroot *root, struct messages *problems, struct nodeset *ret);
int zoned_save(struct sysroot *root, const struct nodeset *nodes);
