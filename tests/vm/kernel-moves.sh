# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3-upstream
# machines: thread
# suite: kernel
# The kernel's own memtier_override (kmod/upstream/) on the thread's guest: every move, every refusal,
# and numatierd, which uses it as it uses the module's.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

changes() {
        grep -c '^KERNEL.*change.*node1 ' /tmp/uevents
}

demotes_to() { # NODE: its demotion targets, as the kernel last said
        dmesg | sed -n "s/.*Demotion targets for Node $1: \(preferred: \)\?\([^,]*\).*/\2/p" | tail -1
}

expect() { # TIER, DEMOTION TARGET OF NODE 0, OF NODE 1
        equal "tier $1: the file says so" "memory_tier$1" "$(read_file)"
        equal "tier $1: nodelist says so" "$1" "$(tier_of 1)"
        equal "tier $1: node 0 stays" 4 "$(tier_of 0)"
        equal "tier $1: demotion from node 0" "$2" "$(demotes_to 0)"
        equal "tier $1: demotion from node 1" "$3" "$(demotes_to 1)"
}

refuse "there is no module" test -e /sys/module/memtier_override
check "every node has the file" ls $nodes/node0/memtier_override $nodes/node1/memtier_override
before=$(ls /sys/devices/virtual/memory_tiering)
expect 18 1 null

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
expect 18 1 null
equal "give back again" moved "$(write default)"
sleep 0.5
equal "six moves, six events" 6 "$(changes)"
kill $monitor

for garbage in -1 16777216 4294967296 99999999999999999999 0x4 4x '4 5' '' foo defaults memory_tier4; do
        equal "'$garbage' is refused" "Invalid argument" "$(write "$garbage")"
done
equal "and has done nothing" memory_tier18 "$(read_file)"

equal "node 0, with the CPUs, moves too" moved "$(node=0 write 3)"
equal "node 0 is there" 3 "$(tier_of 0)"
equal "both into one tier" moved "$(write 3)"
equal "node 1 is there" 3 "$(tier_of 1)"
equal "give back node 0" moved "$(node=0 write default)"
equal "give back node 1" moved "$(write default)"
equal "no tier was left behind" "$before" "$(ls /sys/devices/virtual/memory_tiering)"

check "numatierd starts" systemctl start numatierd
comes_to 1 5
moves 1
check "numatierd stops" systemctl stop numatierd
check "what it did is undone" numatier restore
equal "node 1 is back" memory_tier18 "$(read_file)"
healthy "the guest is well"
