# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# CXL memory from the kernel's point of view: regions made and unmade, their memory on and off line.

cxl=/sys/bus/cxl/devices
memory=/sys/devices/system/memory
kmem=/sys/bus/dax/drivers/kmem
share=0x10000000 # of a device in a region: the kernel deals in 256 MiB

ends() { # the endpoint decoders, one of each device
        local decoder
        for decoder in "$cxl"/endpoint*/decoder*.0; do
                [ -e "$decoder" ] && basename "$decoder"
        done
}

has_ends() { # N: that many devices are there
        [ "$(ends | wc -l)" = "$1" ]
}

make_region() { # ENDPOINT-DECODER...: interleaved over them
        local region decoder i=0
        region=$(cat $cxl/decoder0.0/create_ram_region)
        echo "$region" >$cxl/decoder0.0/create_ram_region
        for decoder; do
                echo ram >$cxl/"$decoder"/mode
                echo $share >$cxl/"$decoder"/dpa_size
        done
        echo 256 >$cxl/"$region"/interleave_granularity
        echo $# >$cxl/"$region"/interleave_ways
        printf '%#x\n' $((share * $#)) >$cxl/"$region"/size
        for decoder; do
                echo "$decoder" >$cxl/"$region"/target$i
                i=$((i + 1))
        done
        echo 1 >$cxl/"$region"/commit
        echo "$region" >/sys/bus/cxl/drivers/cxl_region/bind
}

remove_region() { # REGION
        local decoder decoders
        decoders=$(cat $cxl/"$1"/target*)
        echo "$1" >/sys/bus/cxl/drivers/cxl_region/unbind
        echo 0 >$cxl/"$1"/commit
        echo "$1" >$cxl/decoder0.0/delete_region
        for decoder in $decoders; do echo 0 >$cxl/"$decoder"/dpa_size; done
}

blocks() { # REGION STATE: of its memory
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
