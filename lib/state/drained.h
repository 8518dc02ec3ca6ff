/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The nodes whose memory was taken offline on purpose ("numatier drain"): nobody brings it online
 * until "numatier online", or until the next boot. A node whose memory was removed from the machine
 * is forgotten: what is plugged in afterwards is other memory. */

#include "base/messages.h"
#include "base/nodeset.h"
#include "sysroot/sysroot.h"

#define DRAINED_PATH "run/numatier/drained"
/* Who changes the file holds this lock (daemon/common/lock.h), as do drain and online while they
 * work. */
#define DRAINED_LOCK_PATH "run/numatier/drain.lock"

/* A missing file is an empty set. What is not understood is reported in problems: -EBADMSG; other
 * errors are those of reading. ret is untouched on error. */
int drained_load(struct sysroot *root, struct messages *problems, struct nodeset *ret);

/* 0, or an error of writing. */
int drained_save(struct sysroot *root, const struct nodeset *nodes);
