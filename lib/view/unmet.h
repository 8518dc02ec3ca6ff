/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a node that is in another tier than the policy wants is not moved: the same words for
 * everyone who shows a snapshot. */

#include <stdbool.h>
#include <stddef.h>

#include "snapshot.h"

enum unmet_cause {
        UNMET_HAZARD,       /* the kernel could panic; the difference itself says more */
        UNMET_POLICY,       /* interface = none */
        UNMET_NO_OFFSET,    /* interface = adistance_offset, and the kernel has none */
        UNMET_NO_INTERFACE, /* the kernel has none */
        UNMET_NO_FILE,      /* it has one, but not for this node */
        UNMET_IGNORED,      /* it was used, and the kernel did nothing */
        UNMET_CAUSES,
};

enum unmet_cause unmet_get_cause(const struct snapshot *s, const struct plan_unmet *u);

/* The name for scripts: "no_interface". */
const char *unmet_cause_name(enum unmet_cause c);

/* A clause that follows a colon or an "and": "the policy says interface = none". */
const char *unmet_cause_text(enum unmet_cause c);

/* What the daemon adds to the text of UNMET_NO_INTERFACE: it cannot see the modules of its kernel.
 */
#define UNMET_SEE_NUMATIER ", and \"numatier\" shows what is missing"

/* The nodes that are not moved for this cause. */
struct nodeset unmet_get_nodes(const struct snapshot *s, enum unmet_cause c);

/* The nodes that belong elsewhere, and whose file cannot be read now, or is missing though the
 * module is loaded. The plan has nothing for them: the file is probably about to come or to go. A
 * policy with interface = none does not need it. */
struct nodeset unmet_get_unclear(const struct snapshot *s);
#define UNMET_UNCLEAR "the files that move nodes are missing, or cannot be read now"
