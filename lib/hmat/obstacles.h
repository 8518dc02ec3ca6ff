/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why the running kernel does not use the installed table, or the next one will not. */

#include "hmat/installed.h"

enum hmat_obstacle {
        OBSTACLE_DAMAGED,
        OBSTACLE_IDS,      /* the firmware's HMAT has other OEM IDs: the kernel adds a second HMAT,
                              and never reads it */
        OBSTACLE_REVISION, /* the firmware's HMAT has the same OEM revision, or a higher one */
        OBSTACLE_LOCKDOWN, /* the kernel has refused it, or it may */
        OBSTACLE_REFUSED,  /* the kernel says that the file in the initrd is wrong */
        OBSTACLE_UNIFIED,  /* the initrd is part of a unified kernel image */
        OBSTACLE_INITRD,   /* the initrd does not have it */
        OBSTACLE_EARLIER,  /* the initrd has another HMAT */
        OBSTACLE_SWITCHED_OFF, /* numa=nohmat and the like */
        OBSTACLE_BOOT,         /* the machine was not rebooted since */
        OBSTACLES,
};

/* A bit for each. 0 if the kernel uses the table, if none is installed, or if it is not known which
 * one the kernel has (used.state). */
unsigned hmat_find_obstacles(const struct installed *i);

/* "lockdown": stable, for scripts. */
const char *hmat_obstacle_name(enum hmat_obstacle o);

/* One or more sentences. NULL: no memory. */
char *hmat_obstacle_print(const struct installed *i, enum hmat_obstacle o);
