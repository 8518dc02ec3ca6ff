/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The socket on which the kernel sends its uevents. */

#include <stdbool.h>

#include "facts/uevent.h"

/* A file descriptor, or a negative errno. */
int socket_open(void);

/* Calls fn for each uevent that has come and matters. Returns whether the kernel dropped some. */
bool socket_receive(int fd, void (*fn)(const struct uevent *e, void *userdata), void *userdata);
