/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/monitor-filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"

/* libudev's own filter checks the header that udevd puts before a message. The kernel's messages
 * have none: that filter passes them all, and libudev sorts them after the wake-up. This filter
 * checks the kernel's text, "ACTION@DEVPATH". Below /devices/virtual only memory_tiering passes.
 * The rest of /devices passes (DAX and CXL devices may be anywhere below PCI and ACPI), and is
 * sorted by its subsystem later. An exception are memory blocks that "change": the kernel never
 * sends that by itself (drivers/base/memory.c), only udevadm trigger does, for thousands of blocks
 * at once, and nothing has changed. Of what is not a device, only the module memtier_override
 * passes: with it, nodes can be moved.
 *
 * Classic BPF has no loops. So the program finds the '@' among the first bytes, leaves its position
 * in X, and compares the words behind it. If it does not find the '@', the message passes. */

#define WORD(a, b, c, d)                                                                           \
        ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* If the byte at position n is the '@', go on behind the search with n in X. */
#define FIND_AT(n, left)                                                                           \
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (n)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, '@', 0, 2),   \
                BPF_STMT(BPF_LDX | BPF_IMM, (n)), BPF_JUMP(BPF_JMP | BPF_JA, (left)*4 + 1, 0, 0)

/* If the word at X + n is this one go on, else jump by otherwise. */
#define COMPARE(n, word, otherwise)                                                                \
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, (n)),                                                   \
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (word), 0, (otherwise))

#define PASS BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)
#define DROP BPF_STMT(BPF_RET | BPF_K, 0)

/* A load beyond the end of a message drops it. The shortest message that must pass,
 * "add@/devices/system/node/..." with its variables, is far longer than what is compared. */
static struct sock_filter program[] = {
        /* add, bind, move: 3, 4; change, online, remove, unbind: 6; offline: 7 */
        FIND_AT(3, 3),
        FIND_AT(4, 2),
        FIND_AT(6, 1),
        FIND_AT(7, 0),
        PASS,
        COMPARE(1, WORD('/', 'd', 'e', 'v'), 23), /* else is it a module? */
        COMPARE(5, WORD('i', 'c', 'e', 's'), 30),
        COMPARE(9, WORD('/', 'v', 'i', 'r'), 7), /* else is it a change of a memory block? */
        COMPARE(13, WORD('t', 'u', 'a', 'l'), 4),
        COMPARE(17, WORD('/', 'm', 'e', 'm'), 24),
        COMPARE(21, WORD('o', 'r', 'y', '_'), 22),
        PASS,
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WORD('c', 'h', 'a', 'n'), 0, 9),
        COMPARE(9, WORD('/', 's', 'y', 's'), 7),
        COMPARE(13, WORD('t', 'e', 'm', '/'), 5),
        COMPARE(17, WORD('m', 'e', 'm', 'o'), 3),
        COMPARE(21, WORD('r', 'y', '/', 'm'), 1),
        DROP,
        PASS,
        COMPARE(1, WORD('/', 'm', 'o', 'd'), 7),
        COMPARE(5, WORD('u', 'l', 'e', '/'), 5),
        COMPARE(9, WORD('m', 'e', 'm', 't'), 3),
        COMPARE(13, WORD('i', 'e', 'r', '_'), 1),
        PASS,
        DROP,
};

int monitor_filter_attach(int fd)
{
        static const struct sock_fprog fprog = {
                .len = ELEMENTSOF(program),
                .filter = program,
        };

        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)) < 0 ? -errno : 0;
}
