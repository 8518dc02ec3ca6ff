# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# An override through offline, online, hot-remove and hot-add, whoever brings the file. $home is the
# kernel's own tier for node 1, $book what its accounting says.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash
[ "$KERNEL" = 6.1 ] && home=4 || home=18

untouched() {
        equal "the kernel's accounting is untouched" "$book" "$(accounting)"
}

try_offline() {
        check "node 1 comes" size 256
        equal "in the kernel's tier" "memory_tier$home" "$(read_file)"
        book=$(accounting)
        equal "move" moved "$(write 9)"
        equal "it is there" 9 "$(tier_of 1)"
        untouched

        check "all its memory goes offline" all_blocks offline
        equal "no memory: reading" "No such device" "$(read_file)"
        equal "no memory: writing" "No such device" "$(write 5)"
        refuse "no memory: no tier" tier_of 1
        check "all its memory comes online" all_blocks online_movable
        equal "the override stayed" memory_tier9 "$(read_file)"
        equal "nodelist says so" 9 "$(tier_of 1)"
        book=$(accounting)
        equal "a node that was offline moves like any other" moved "$(write 11)"
        equal "it is there" 11 "$(tier_of 1)"
        equal "and back into the DRAM tier" moved "$(write 4)"
        equal "it is there" 4 "$(tier_of 1)"
        untouched
}

try_replug() { # node 1 is in tier 12
        check "node 1 goes" size 0
        equal "its tier goes with it" "" "$(ls -d /sys/devices/virtual/memory_tiering/memory_tier12 2>/dev/null)"
        check "node 1 comes again" size 128
        equal "the override stayed" memory_tier12 "$(read_file)"
        equal "nodelist says so" 12 "$(tier_of 1)"
}

try_default_while_away() {
        check "all its memory goes offline" all_blocks offline
        equal "default, while it has none" moved "$(write default)"
        check "all its memory comes online" all_blocks online_movable
        equal "the override is gone" "memory_tier$home" "$(read_file)"
}
