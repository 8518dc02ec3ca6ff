/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers one request of HTTP: for a socket of systemd with Accept=yes. */

#include "cli/cli.h"

/* Reads the request from in, and writes the answer to out: both may be one connection. A client
 * that is slow is answered with an error, or given up. Returns the exit status: of numatier,
 * whatever the client did. */
int scrape_answer(const struct arguments *a, int in, int out);
