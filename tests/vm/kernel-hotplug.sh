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
# shellcheck source=tests/vm/hotplug.bash
. /run/payload/test/hotplug.bash

try_offline
equal "one device, HMAT's distance, the list and the node hold its type" "1 of 2304 held by 2" "$book"

equal "move" moved "$(write 12)"
try_replug
try_default_while_away
untouched

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
untouched
equal "two tiers are left" 2 "$(find /sys/devices/virtual/memory_tiering/ -name 'memory_tier[0-9]*' | wc -l)"
healthy "the guest is well"
