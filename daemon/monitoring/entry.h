/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An entry of the journal as a change. */

#include <stddef.h>

#include "monitoring/change.h"

/* What systemd itself (PID 1) says of a unit whose process ended in a bad way. */
#define ENTRY_UNIT_FAILED "d9b373ed55a64feb8242e02dbe79a49c"

/* A field of the entry, to be freed by the caller, or NULL: it has none. */
typedef char *(*entry_get_fn)(const char *name, void *userdata);

/* Texts that there is no memory for are missing: texts.failed says so. */
void entry_read(entry_get_fn get, void *userdata, uint64_t usec, struct change *ret);

/* The kind of an entry with that MESSAGE_ID: "node_moved"; "message" for any other. */
const char *entry_kind(const char *message_id);
