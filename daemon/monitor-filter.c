/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/util.h"

/* libudev's own filter looks at the header that udevd puts before a message, lets pass everything
 * that has none, as the kernel's messages have not, and sorts those out after it woke up. This one
 * looks at the kernel's text, "ACTION@DEVPATH". Below /devices/virtual only memory_tiering is ours;
 * the rest of /devices passes (DAX and CXL devices may be anywhere below PCI and ACPI), and is
 * sorted out by its subsystem. But for memory blocks that "change": the kernel never says so of its
 * own accord (drivers/base/memory.c), only udevadm trigger has it say so, of thousands at once, and
 * nothing changed. Of what is not a device, the module memtier_override alone is ours: with it,
 * nodes can be moved.
 *
 * Classic BPF has no loops. So: find the '@' among the first bytes, leave its position in X, and
 * compare the words behind it. An action that is not found passes. */

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

/* A load beyond the end of a message drops it: the shortest of ours,
 * "add@/devices/system/node/...", and its variables behind it, are far longer than what is looked
 * at. */
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
