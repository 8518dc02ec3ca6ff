/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A progress bar on standard error, if that is a terminal. SIGINT and SIGTERM remove it and end the
 * process. */

/* Call once, before any other function of this file. */
void progress_init(void);

/* For measure_options. */
void progress_show(unsigned node, unsigned round, unsigned rounds, void *userdata);

void progress_clear(void);
