/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether the initrds can be made again without filling the disk. */

#include <stdint.h>

struct boot_room {
        uint64_t free;    /* bytes that a program of root can write */
        uint64_t largest; /* bytes of the largest initrd there; 0: there is none */
};

/* 0 or -errno. */
int boot_room_measure(const char *directory, struct boot_room *ret);
