/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The state of numatier 0.1: one file, STATE_OLD_PATH. It is read once, so that an upgrade within
 * one boot loses no original. */

#include "state/state.h"

/* Adds what a text of that form says. Each line that is not understood is reported in errors as
 * "name:line: ..."; the others count. 0, -EBADMSG, -ENOMEM. */
int upgrade_parse(struct state *s, const char *text, const char *name, struct messages *errors);
