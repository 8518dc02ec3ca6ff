/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What numatier asks of systemd, by systemctl(1): this program does not link libsystemd. */

#include <stdbool.h>

#include "service/unit-name.h"

/* Whether systemd knows a unit, and whether it runs. */
struct unit_status {
        char id[UNIT_NAME_SIZE]; /* its name, of which others may be aliases */
        bool is_alias;           /* it was asked for by another name */
        char load[32];           /* "loaded", "not-found", "masked"... */
        char active[32];         /* "active", "inactive"... */
        bool stale;              /* its files are newer than what systemd has read */
};

/* Both: 0; or reports on standard error (systemctl may have said why before) and -EIO, or the error
 * of running it. */

/* Of a template, that of one of its instances. */
int systemctl_get_status(const char *unit, struct unit_status *ret);

/* Has systemd read all unit files again. */
int systemctl_reload(void);

static inline bool unit_is_running(const struct unit_status *s)
{
        return !streq(s->active, "inactive") && !streq(s->active, "failed");
}
