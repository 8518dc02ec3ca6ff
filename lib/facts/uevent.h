/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One uevent of the kernel, as it stands in its text (lib/kobject_uevent.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum uevent_action {
        UEVENT_ADD,
        UEVENT_REMOVE,
        UEVENT_ONLINE,
        UEVENT_OFFLINE,
        UEVENT_ACTIONS,
};

enum uevent_subject {
        UEVENT_BLOCK, /* memoryM */
        UEVENT_NODE,  /* nodeN */
        UEVENT_TIER,  /* memory_tierK */
        UEVENT_SUBJECTS,
};

struct uevent {
        enum uevent_action action;
        enum uevent_subject subject;
        uint64_t number; /* of the block, node or tier */
};

/* Reads the text of a uevent, parts that are each ended by a NUL. False: it is none of the above,
 * or a repetition that a program asked for (udevadm trigger): nothing has changed. */
bool uevent_parse(const char *text, size_t size, struct uevent *ret);
