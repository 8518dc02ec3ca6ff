# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3-upstream
# machines: virtio-mem
# suite: kernel
# timeout: 300
# The kernel's own memtier_override (kmod/upstream/): an override stays through offline, online, hot-remove
# and hot-add, the kernel's accounting is never touched, and reading nodelist blindly does not hang memory
# hotplug, as it does on a stock kernel at once (deadlock.sh).

# shellcheck disable=SC2034
book_entry=24 # with the override beside the rest
# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

all_blocks() { # STATE
        local block
        for block in "$nodes"/node1/memory[0-9]*; do
                echo "$1" >"$block/state" || return
        done
}

check "node 1 comes" size 256
equal "in the kernel's tier" memory_tier18 "$(read_file)"
book=$(accounting)
equal "one device, HMAT's distance, the list and the node hold its type" "1 of 2304 held by 2" "$book"
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
equal "a node that was offline moves like any other" moved "$(write 11)"
equal "it is there" 11 "$(tier_of 1)"
equal "and back into the DRAM tier" moved "$(write 4)"
equal "it is there" 4 "$(tier_of 1)"
equal "the kernel's accounting is untouched" "$book" "$(accounting)"

equal "move" moved "$(write 12)"
check "node 1 goes" size 0
equal "its tier goes with it" "" "$(ls -d /sys/devices/virtual/memory_tiering/memory_tier12 2>/dev/null)"
check "node 1 comes again" size 128
equal "the override stayed" memory_tier12 "$(read_file)"
equal "nodelist says so" 12 "$(tier_of 1)"

check "all its memory goes offline" all_blocks offline
equal "default, while it has none" moved "$(write default)"
check "all its memory comes online" all_blocks online_movable
equal "the override is gone" memory_tier18 "$(read_file)"
equal "the kernel's accounting is untouched" "$book" "$(accounting)"

# Readers without a process for each read, which would be too slow to hit the moment; writers, who meet the
# hotplug that removes the node they write to.
readers=()
read_blindly() {
        local file
        while :; do
                for file in /sys/devices/virtual/memory_tiering/memory_tier*/nodelist; do
                        read -r _ <"$file"
                done
        done 2>/dev/null
}
write_blindly() {
        local tier
        while :; do
                for tier in 20 5 default 21; do
                        echo $tier >$nodes/node1/memtier_override
                done
        done 2>/dev/null
}
read_blindly &
readers+=($!)
read_blindly &
readers+=($!)
for cycle in {1..10}; do
        check "under nodelist readers: unplug $cycle" size 0
        check "under nodelist readers: plug $cycle" size 128
done
write_blindly &
readers+=($!)
for cycle in {1..5}; do
        check "under readers and a writer: unplug $cycle" size 0
        check "under readers and a writer: plug $cycle" size 128
done
kill "${readers[@]}"
wait "${readers[@]}" 2>/dev/null
equal "give back" moved "$(write default)"
equal "back in the kernel's tier" 18 "$(tier_of 1)"
equal "the kernel's accounting is untouched" "$book" "$(accounting)"
equal "two tiers are left" 2 "$(find /sys/devices/virtual/memory_tiering/ -name 'memory_tier*' | wc -l)"
healthy "the guest is well"
