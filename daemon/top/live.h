/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The full-screen display: until a key or a signal ends it. */

#include "top/model.h"

struct input;

/* An exit status. */
int live_run(const struct input *in, struct model *m);
