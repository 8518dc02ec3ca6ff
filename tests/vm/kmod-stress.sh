# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3
# machines: virtio-mem
# module: yes
# timeout: 240
# Four writers make at least 200 moves while a virtio-mem device gives and takes node 1 ten times, and
# somebody reads every file there is. Unload, and again: nothing leaks, nothing hangs, nothing complains.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

has_memory() {
        [ "$(cat $nodes/has_memory)" = 0-1 ]
}

writer() { # NODE TIER...: moves until told to stop; counts those that were made
        local node=$1 moves=0 tier
        shift
        while [ ! -e /tmp/stop ] || [ $moves -lt 50 ]; do
                for tier; do
                        if echo "$tier" >$nodes/node"$node"/memtier_override; then
                                moves=$((moves + 1))
                        else
                                sleep 0.05
                        fi
                done
        done 2>>/tmp/errors
        echo $moves >>/tmp/moves
}

reader() {
        while [ ! -e /tmp/stop ]; do
                cat /sys/devices/virtual/memory_tiering/memory_tier*/nodelist $nodes/node*/memtier_override
        done &>/dev/null
}

# What a leaked memory type or tier would be counted in
objects() {
        local cache
        for cache in kmalloc-192 kmalloc-1k; do
                echo 1 >/sys/kernel/slab/$cache/shrink
                awk -v cache=$cache '$1 == cache { print $2 }' /proc/slabinfo
        done
}

round() {
        local cycle writers
        rm -f /tmp/stop /tmp/moves
        check "round $1: it loads" modprobe_override
        writer 1 6 7 8 & writers=($!)
        writer 1 4 9 default & writers+=($!)
        writer 0 3 4 & writers+=($!)
        writer 0 5 default & writers+=($!)
        reader & writers+=($!)
        for cycle in 1 2 3 4 5 6 7 8 9 10; do
                resize 0
                wait_for 30 test ! -e $nodes/node1 || not_ok "round $1: unplug $cycle"
                resize 128
                wait_for 30 has_memory || not_ok "round $1: plug $cycle"
        done
        touch /tmp/stop
        wait "${writers[@]}"
        check "round $1: $(paste -sd+ /tmp/moves) moves" test $(($(paste -sd+ /tmp/moves))) -ge 200
        check "round $1: it unloads" rmmod memtier_override
        equal "round $1: node 0 is back" 4 "$(tier_of 0)"
        equal "round $1: node 1 is back" "$home" "$(tier_of 1)"
}

resize 128
wait_for 30 has_memory
home=$(tier_of 1)
round 1
mapfile -t before < <(objects)
round 2
mapfile -t after < <(objects)
check "no memory type leaked: ${before[0]}, ${after[0]}" test $((after[0] - before[0])) -lt 100
check "no tier leaked: ${before[1]}, ${after[1]}" test $((after[1] - before[1])) -lt 50
refuse "no error but those that mean 'not now'" \
        grep -vE 'Resource temporarily unavailable|No such (device|file or directory)|Permission denied' /tmp/errors
healthy "the guest is well"
