# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: virtio-mem
# module: yes
# timeout: 180
# An override stays through offline, online, hot-remove and hot-add; the kernel's own accounting is
# never touched; and with the module, reading nodelist no longer hangs memory hotplug.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash
[ "$KERNEL" = 6.1 ] && home=4 || home=18

all_blocks() { # STATE
        local block
        for block in "$nodes"/node1/memory[0-9]*; do
                echo "$1" >"$block/state" || return
        done
}

check "it loads" modprobe_override
check "node 1 comes" size 256
equal "in the kernel's tier" "memory_tier$home" "$(read_file)"
book=$(accounting)
equal "move" moved "$(write 9)"
equal "it is there" 9 "$(tier_of 1)"
equal "the kernel's accounting is untouched" "$book" "$(accounting)"

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
equal "the kernel's accounting is untouched" "$book" "$(accounting)"

equal "move" moved "$(write 12)"
udevadm monitor --kernel --subsystem-match=node >/tmp/uevents &
monitor=$!
check "node 1 goes" size 0
equal "its tier goes with it" "" "$(ls -d /sys/devices/virtual/memory_tiering/memory_tier12 2>/dev/null)"
check "node 1 comes again" size 128
equal "the override stayed" memory_tier12 "$(read_file)"
equal "nodelist says so" 12 "$(tier_of 1)"
check "its return was told" wait_for 5 grep -q 'change.*node1 ' /tmp/uevents
kill $monitor

check "all its memory goes offline" all_blocks offline
equal "default, while it has none" moved "$(write default)"
check "all its memory comes online" all_blocks online_movable
equal "the override is gone" "memory_tier$home" "$(read_file)"

equal "move" moved "$(write 7)"
check "node 1 goes, overridden" size 0
check "unload while it is away" rmmod memtier_override
check "node 1 comes" size 128
equal "in the kernel's tier" "$home" "$(tier_of 1)"

check "it loads again" modprobe_override
readers=()
for _ in 1 2; do
        while :; do cat /sys/devices/virtual/memory_tiering/memory_tier*/nodelist; done &>/dev/null &
        readers+=($!)
done
for cycle in 1 2 3; do
        equal "under nodelist readers: move $cycle" moved "$(write $((20 + cycle)))"
        equal "under nodelist readers: give back $cycle" moved "$(write default)"
        check "under nodelist readers: unplug $cycle" size 0
        check "under nodelist readers: plug $cycle" size 128
done
equal "move" moved "$(write 6)"
check "under nodelist readers: unload" rmmod memtier_override
kill "${readers[@]}"
equal "back in the kernel's tier" "$home" "$(tier_of 1)"
healthy "the guest is well"
