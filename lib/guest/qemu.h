/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A guest as a command line of QEMU. */

#include "guest/guest.h"

/* A shell script: its remarks as comments, then qemu-system-x86_64 with one option a line, and the
 * script's own arguments at the end. 0 or -ENOMEM; the caller frees the text. */
int guest_format_qemu(const struct guest *g, char **ret);
