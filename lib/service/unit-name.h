/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of systemd's units (systemd.unit(5)), as far as a unit can have memory of its own. */

#include <stdbool.h>

#include "base/messages.h"

#define UNIT_NAME_SIZE 256 /* of a buffer; systemd's UNIT_NAME_MAX */

enum unit_kind {
        UNIT_SERVICE,
        UNIT_SLICE, /* a group of units: it can be confined, and has no memory policy */
        UNIT_SCOPE, /* programs that systemd did not start: the same */
        UNIT_KINDS,
};

/* "Service", "Slice", "Scope": the section of such a unit's file. */
const char *unit_kind_section(enum unit_kind kind);

/* The name in full: ".service" is added where there is no suffix of a unit, as systemctl does. 0;
 * or -EINVAL: no unit can have that name, or a unit of that kind has no memory of its own (said in
 * errors). */
int unit_name_complete(const char *text, char ret[static UNIT_NAME_SIZE], enum unit_kind *ret_kind,
                       struct messages *errors);

/* Whether it ends as the name of any unit does: systemctl then adds nothing. */
bool unit_name_has_suffix(const char *name);

/* Whether that is the complete name of a unit that unit_name_complete() takes. */
bool unit_name_is_complete(const char *name, enum unit_kind *ret_kind);

/* "getty@.service": the unit of which others are instances. It does not run itself. */
bool unit_name_is_template(const char *name);

/* A name as a word of a shell command, in quotes if the shell would change it. instances: of a
 * template, all its instances ("getty@*.service"), as systemctl restart takes them. */
#define UNIT_WORD_SIZE (UNIT_NAME_SIZE + 3)
const char *unit_name_format(const char *name, bool instances, char buf[static UNIT_WORD_SIZE]);
