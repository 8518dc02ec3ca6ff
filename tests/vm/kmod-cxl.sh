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
cxl=/sys/bus/cxl/devices
memory=/sys/devices/system/memory
kmem=/sys/bus/dax/drivers/kmem

ends() { # the endpoint decoders, one of each device
        local decoder
        for decoder in "$cxl"/endpoint*/decoder*.0; do
                [ -e "$decoder" ] && basename "$decoder"
        done
}

make_region() { # ENDPOINT-DECODER
        local region size=0x10000000
        region=$(cat $cxl/decoder0.0/create_ram_region)
        echo "$region" >$cxl/decoder0.0/create_ram_region
        echo ram >$cxl/"$1"/mode
        echo $size >$cxl/"$1"/dpa_size
        echo 256 >$cxl/"$region"/interleave_granularity
        echo 1 >$cxl/"$region"/interleave_ways
        echo $size >$cxl/"$region"/size
        echo "$1" >$cxl/"$region"/target0
        echo 1 >$cxl/"$region"/commit
        echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
}

remove_region() { # REGION
        local decoder
        decoder=$(cat $cxl/"$1"/target0)
        echo "$1" >/sys/bus/cxl/drivers/cxl_region/unbind
        echo 0 >$cxl/"$1"/commit
        echo "$1" >$cxl/decoder0.0/delete_region
        echo 0 >$cxl/"$decoder"/dpa_size
}

blocks() { # REGION: change the state of its memory
        local size block
        size=$((0x$(cat $memory/block_size_bytes)))
        for ((block = $(cat $cxl/"$1"/resource) / size; \
                block < ($(cat $cxl/"$1"/resource) + $(cat $cxl/"$1"/size)) / size; block++)); do
                echo "$2" >$memory/memory$block/state || return
        done
}

bind() { # DAX-DEVICE
        echo "$1" >$kmem/bind
}

unbind() {
        echo "$1" >$kmem/unbind
}

modprobe -a cxl_acpi cxl_pci cxl_mem cxl_port dax_cxl kmem
two_ends() { [ "$(ends | wc -l)" = 2 ]; }
check "two devices" wait_for 20 two_ends
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
