/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sends standard output through a pager, as systemd's tools do: only to a terminal, the pager being
 * $NUMATIER_PAGER, $PAGER or less. */

void pager_open(void);

/* Waits until the reader is through. Does nothing without a pager. */
void pager_close(void);
