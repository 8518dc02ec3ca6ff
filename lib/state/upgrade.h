/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of numatier 0.1: one file, STATE_OLD_PATH. It is read once, so that an upgrade within
 * one boot loses no original. */

#include "state/state.h"

/* Adds what a text of that form says. Each line that is not understood is reported in errors as
 * "name:line: ..."; the others count. 0, -EBADMSG, -ENOMEM. */
int upgrade_parse(struct state *s, const char *text, size_t size, const char *name,
                  struct messages *errors);

/* Adds what an old state says to a state that already has files of its own, which count. 0 or
 * -ENOMEM. */
int upgrade_merge(struct state *s, const struct state *old);
