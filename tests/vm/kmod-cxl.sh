# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: cxl2
# module: yes
# timeout: 180
# memtier_override and kmem on one node: two regions that come and go before, during and after an
# override, in the orders that broke a module which counted for the kernel. (6.1 makes no regions.)

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/cxl.bash
. /run/payload/test/cxl.bash

check "two devices" wait_for 20 has_ends 2
mapfile -t end < <(ends)
check "first region" make_region "${end[0]}"
check "second region" make_region "${end[1]}"
all_online() { [ "$(cat "$nodes"/node[1-9]*/memory[0-9]*/state | grep -c "^online$")" = 4 ]; }
check "their memory" wait_for 20 all_online
node=$(cat /sys/bus/dax/devices/dax0.0/target_node)
equal "on one node" "$node" "$(cat /sys/bus/dax/devices/dax1.0/target_node)"
file=$nodes/node$node/memtier_override
equal "two devices of kmem's type, which kmem and the node hold" "2 of 2880 held by 2" "$(accounting)"

for unload in last first; do
        [ $unload = first ] && tier=22 || tier=7
        [ -e "$file" ] || check "it loads" modprobe_override
        equal "unload $unload: move" moved "$(write 7)"
        equal "unload $unload: it is there" 7 "$(tier_of "$node")"
        equal "unload $unload: accounting is untouched" "2 of 2880 held by 2" "$(accounting)"
        check "unload $unload: the second region's memory goes offline" blocks region1 offline
        check "unload $unload: kmem leaves it" unbind dax1.0
        equal "unload $unload: accounting follows kmem" "1 of 2880 held by 2" "$(accounting)"
        equal "unload $unload: still there" 7 "$(tier_of "$node")"
        if [ $unload = first ]; then
                check "unload $unload: it unloads" rmmod memtier_override
                equal "unload $unload: back where kmem has it" 22 "$(tier_of "$node")"
        fi
        check "unload $unload: the node's last block goes offline" blocks region0 offline
        refuse "unload $unload: no tier" tier_of "$node"
        check "unload $unload: and comes online" blocks region0 online_movable
        equal "unload $unload: in its tier" "$tier" "$(tier_of "$node")"
        check "unload $unload: goes offline again" blocks region0 offline
        check "unload $unload: kmem leaves it too" unbind dax0.0
        equal "unload $unload: accounting follows kmem" 0 "$(accounting)"
        check "unload $unload: the node is gone" test ! -e "${file%/*}"
        check "unload $unload: kmem takes the first" bind dax0.0
        equal "unload $unload: in its tier" "$tier" "$(tier_of "$node")"
        check "unload $unload: kmem takes the second" bind dax1.0
        equal "unload $unload: accounting follows kmem" "2 of 2880 held by 2" "$(accounting)"
done

check "it loads" modprobe_override
equal "move" moved "$(write 11)"
check "both regions' memory goes offline" eval "blocks region0 offline && blocks region1 offline"
check "kmem leaves both" eval "unbind dax1.0 && unbind dax0.0"
check "both regions are removed" eval "remove_region region1 && remove_region region0"
check "a new region" make_region "${end[1]}"
check "its memory" wait_for 20 tier_of "$node"
equal "the override stayed" 11 "$(tier_of "$node")"
equal "the file says so" memory_tier11 "$(read_file)"
equal "accounting follows kmem" "1 of 2880 held by 2" "$(accounting)"
check "it unloads" rmmod memtier_override
equal "back where kmem has it" 22 "$(tier_of "$node")"
check "its memory goes offline" blocks "$(basename $cxl/region*)" offline
check "kmem leaves it" unbind dax0.0
check "kmem unloads" rmmod kmem
healthy "the guest is well"
