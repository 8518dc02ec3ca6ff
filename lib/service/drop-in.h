/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The drop-in that gives a unit of systemd its memory: text from what is asked, and back.
 *
 *     # numatier service: policy=bind confine=yes tiers=cxl,far
 *     [Service]
 *     NUMAPolicy=bind
 *     NUMAMask=
 *     NUMAMask=1-2
 *     AllowedMemoryNodes=
 *     AllowedMemoryNodes=1-2
 *
 * The first line says what was asked, so that it can be checked later whether the nodes are still
 * those of the tiers. */

#include <stdbool.h>
#include <stddef.h>

#include "base/messages.h"
#include "base/nodeset.h"
#include "service/unit-name.h"

/* As systemd.exec(5) has them. */
enum service_policy {
        SERVICE_UNSET, /* it is left as the unit has it */
        SERVICE_DEFAULT,
        SERVICE_PREFERRED, /* of one node: systemd does not start a service with several */
        SERVICE_BIND,
        SERVICE_INTERLEAVE,
        SERVICE_LOCAL,
        SERVICE_POLICIES,
};

/* "bind"; SERVICE_UNSET: "unset". */
const char *service_policy_word(enum service_policy p);

/* "bind" and so on. 0 or -EINVAL. */
int service_policy_parse(const char *word, enum service_policy *ret);

/* Whether it goes with nodes: NUMAMask=. */
bool service_policy_has_nodes(enum service_policy p);

struct service_drop_in {
        /* What was asked */
        char *tiers; /* "cxl,far", or NULL: none */
        enum service_policy asked_policy;
        bool confine;

        /* What it sets */
        enum service_policy policy;
        struct nodeset mask;    /* empty: none is set */
        struct nodeset allowed; /* the same */
        bool mask_is_all;       /* NUMAMask=all: somebody has edited it */
};

/* The text of a drop-in. 0 or -ENOMEM. */
int service_drop_in_format(const struct service_drop_in *d, const char *unit, enum unit_kind kind,
                           char **ret);

/* Whether numatier wrote a drop-in: its first line says so. */
bool service_drop_in_is_ours(const char *text, size_t size);

/* Reads what a file of ours sets, as systemd does. what begins messages: the file's path. 0;
 * -EBADMSG: it is not as numatier writes it, or somebody has edited it and made an error (said in
 * errors, with the line); -ENOMEM. */
int service_drop_in_parse(const char *text, size_t size, const char *what, struct messages *errors,
                          struct service_drop_in **ret);

/* What a capture keeps of such a file: the lines that are read here. Of a file that is not ours, a
 * line that says that there is one. 0 or -ENOMEM. */
int service_drop_in_filter(const char *text, size_t size, char **ret);

struct service_drop_in *service_drop_in_free(struct service_drop_in *d);
DEFINE_CLEANUP(struct service_drop_in *, service_drop_in_free)
