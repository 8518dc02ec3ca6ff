/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shows standard output in a pager, as systemd's tools do: only on a terminal that is not "dumb".
 * The pager is $NUMATIER_PAGER, $PAGER or less. */

/* From now on standard output is collected. Does nothing if no pager is wanted. */
void pager_open(void);

/* Shows what was collected, and waits until the reader is done. Without a pager that runs it is
 * printed as it is. Does nothing without pager_open(). */
void pager_close(void);
