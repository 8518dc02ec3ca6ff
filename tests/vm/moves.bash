# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The thread's guest: every move of node 1, and everything that is refused, whoever brings the file.
# $home is the kernel's own tier for node 1.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
[ "$KERNEL" = 6.1 ] && home=4 || home=18

changes() {
        grep -c '^KERNEL.*change.*node1 ' /tmp/uevents
}

demotes_to() { # NODE: its demotion targets, as the kernel (6.12 or later) last said
        dmesg | sed -n "s/.*Demotion targets for Node $1: \(preferred: \)\?\([^,]*\).*/\2/p" | tail -1
}

expect() { # TIER [DEMOTION TARGET OF NODE 0, OF NODE 1]
        equal "tier $1: the file says so" "memory_tier$1" "$(read_file)"
        equal "tier $1: nodelist says so" "$1" "$(tier_of 1)"
        equal "tier $1: node 0 stays" 4 "$(tier_of 0)"
        [ "$KERNEL" = 6.1 ] && return
        equal "tier $1: demotion from node 0" "$2" "$(demotes_to 0)"
        equal "tier $1: demotion from node 1" "$3" "$(demotes_to 1)"
}

try_moves() {
        local monitor
        check "every node has the file" ls $nodes/node0/memtier_override $nodes/node1/memtier_override
        expect "$home" 1 null

        udevadm monitor --kernel --subsystem-match=node >/tmp/uevents &
        monitor=$!
        wait_for 10 grep -q KERNEL /tmp/uevents
        equal "move" moved "$(write 2)"
        expect 2 null 0
        equal "move into another node's tier" moved "$(write 4)"
        expect 4 null null
        equal "move" moved "$(write 30)"
        expect 30 1 null
        check "three moves, three events" wait_for 5 test "$(changes)" = 3
        equal "move to where it is" moved "$(write 30)"
        equal "the fastest tier" moved "$(write 0)"
        expect 0 null 0
        equal "the slowest tier" moved "$(write 16777215)"
        expect 16777215 1 null
        equal "give back" moved "$(write default)"
        expect "$home" 1 null
        equal "give back again" moved "$(write default)"
        sleep 0.5
        equal "six moves, six events" 6 "$(changes)"
        kill $monitor
}

try_garbage() {
        local garbage
        for garbage in -1 16777216 4294967296 99999999999999999999 0x4 4x '4 5' '' foo defaults memory_tier4; do
                equal "'$garbage' is refused" "Invalid argument" "$(write "$garbage")"
        done
        equal "and has done nothing" "memory_tier$home" "$(read_file)"
}
