# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# spread: 2
# machines: virtio-mem
# module: yes
# timeout: 180
# An override stays through offline, online, hot-remove and hot-add; the kernel's own accounting is
# never touched; and with the module, reading nodelist no longer hangs memory hotplug.

# shellcheck source=tests/vm/hotplug.bash
. /run/payload/test/hotplug.bash

check "it loads" modprobe_override
try_offline

equal "move" moved "$(write 12)"
udevadm monitor --kernel --subsystem-match=node >/tmp/uevents &
monitor=$!
try_replug
check "its return was told" wait_for 5 grep -q 'change.*node1 ' /tmp/uevents
kill $monitor

try_default_while_away

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
