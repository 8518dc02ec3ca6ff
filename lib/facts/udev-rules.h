/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Finds the rules of udev that bring new memory online (udev(7)). Rules are followed as far as
 * their keys are known for a new memory block or a new dax device; other conditions count as "may
 * hold". */

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct udev_hit {
        bool is_daxctl;         /* the rule starts daxctl for a new dax device */
        unsigned line, n_lines; /* where the rule begins, from 1, and how long it is */
        const char *text;       /* the rule in one line */
        const char *state;      /* what is written to the block's state; NULL: not known */
        bool conditional;       /* it has, or is reached by, conditions that may hold or not */
};

/* A return other than 0 ends the walk and is passed on. */
typedef int (*udev_hit_fn)(const struct udev_hit *hit, void *userdata);

/* Walks over a rules file. 0, -ENOMEM, or what fn returned. */
int udev_rules_walk(const char *text, udev_hit_fn fn, void *userdata);
