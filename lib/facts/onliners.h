/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who else brings hot-added memory online, besides numatier: the kernel itself, rules of udev, and
 * daxctl. No pass reads this. */

#include <stdbool.h>
#include <stddef.h>

#include "base/messages.h"
#include "base/util.h"
#include "sysroot/sysroot.h"

enum onliner_kind {
        ONLINER_KERNEL, /* auto_online_blocks */
        ONLINER_BOOT,   /* memhp_default_state= on the kernel's command line: what
                           auto_online_blocks began with. Not if that is "offline" by now. */
        ONLINER_UDEV,   /* a rule */
        ONLINER_DAXCTL, /* daxctl's rule starts it for each dax device, and this section of its
                           configuration says that it makes the device into memory */
        ONLINER_KINDS,
};

struct onliner {
        enum onliner_kind kind;
        char *path;    /* "/etc/udev/rules.d/80-hotplug.rules" */
        unsigned line; /* from 1; 0: the file has one line only */
        char *text;    /* what stands there, a line of the file or a whole rule */
        char *state; /* "online", "online_kernel", "online_movable"; NULL: that is decided when the
                        rule is applied */
        bool conditional; /* the rule has conditions that are not evaluated here: it may never apply
                           */
};

/* Where a block goes that is brought "online" without a zone, beside memory that has none yet
 * (mm/memory_hotplug.c:zone_for_pfn_range): a block within another zone's range follows that. */
enum plain_zone {
        PLAIN_KERNEL,  /* online_policy is contig-zones, or there is none */
        PLAIN_MOVABLE, /* the same, with movable_node on the kernel's command line */
        PLAIN_EITHER,  /* auto-movable; or this is not known */
};

struct onliners {
        struct onliner *items; /* in the order of their kinds */
        size_t n, allocated;
        bool incomplete;       /* there may be others: something could not be read */
        enum plain_zone plain; /* read only if one of them has the state "online" */
};

/* Finds them. What cannot be read is reported in problems. 0 or -ENOMEM. */
int onliners_read(struct sysroot *root, struct messages *problems, struct onliners *ret);

void onliners_done(struct onliners *o);

/* The parsers. path is for the results only. 0 or -ENOMEM. */

/* Adds each rule of a udev rules file that brings a new memory block online. has_daxctl (may be
 * NULL) becomes true if a rule starts daxctl for a new dax device. */
int onliners_parse_rules(struct onliners *o, const char *path, const char *text, bool *has_daxctl);

/* Adds each section of a configuration of daxctl that makes a dax device into online memory. */
int onliners_parse_daxctl(struct onliners *o, const char *path, const char *text);

/* Whether a capture keeps only parts of this file (path without a leading slash), since its other
 * lines may hold anything; and the text with those lines emptied. NULL in ret: nothing is left. 0
 * or -ENOMEM. */
bool onliners_must_filter(const char *path);
int onliners_filter(const char *path, const char *text, char **ret);
