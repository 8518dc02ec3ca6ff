# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 120
# What numatier doctor finds on a machine that has several things wrong, and that it finds nothing when
# they are mended. A capture gives the same findings.

ids() { # of the findings in numatier doctor's text, in one line
        awk '$1 == "id" { print $2 }' | sort -u | xargs
}

expect() { # WHEN EXIT-STATUS ID...: exactly these; sets $text
        local when=$1 status=$2 found wanted
        shift 2
        wanted=$(printf '%s\n' "$@" | sort | xargs)
        text=$(numatier doctor 2>/run/errors)
        found=$?
        equal "$when: exit status" "$status" $found
        equal "$when: findings" "$wanted" "$(ids <<<"$text")"
        equal "$when: nothing is said on standard error" "" "$(cat /run/errors)"
        if [ "$(ids <<<"$text")" != "$wanted" ]; then show "$text"; fi
}

policy() { # LINE... of [apply]
        mkdir -p /etc/numatier/numatierd.conf.d
        printf '%s\n' '[apply]' "$@" >/etc/numatier/numatierd.conf.d/doctor.conf
}

last_blocks() { # NUMBER, of node 1
        local block
        for block in /sys/devices/system/node/node1/memory[0-9]*; do echo "${block##*/memory}"; done |
                sort -n | tail -n "$1"
}

untiered=() tiered=() # of this kernel, as it is shipped
case $KERNEL in
        6.12) untiered=(interleave-default) tiered=(interleave-default) ;;
        7.3) tiered=(damon-stat) ;;
esac
mapfile -t blocks < <(last_blocks 2)
memory=/sys/devices/system/memory/memory
swapoff -a

expect "the module is missing" 1 nodes-misplaced "${untiered[@]}"

# In its right tier, but no demotion; a block that nobody brings online; a block with the kernel's data
modprobe_override
check "numatier apply" numatier apply
check "a block is taken offline" eval "echo offline >$memory${blocks[0]}/state"
check "another one is made the kernel's" eval "echo offline >$memory${blocks[1]}/state &&
        echo online_kernel >$memory${blocks[1]}/state"
expect "several things are wrong" 1 balancing-off demotion-off kernel-memory memory-offline "${tiered[@]}"
numatier capture >/run/captured
equal "a capture says the same" "$(ids <<<"$text")" "$(numatier doctor --machine /run/captured | ids)"

# Mended
check "the blocks are as they were" eval "echo offline >$memory${blocks[1]}/state &&
        echo online_movable >$memory${blocks[0]}/state && echo online_movable >$memory${blocks[1]}/state"
case $KERNEL in
        6.1)
                echo y >/sys/kernel/mm/lru_gen/enabled
                policy 'demotion = yes' 'numa-balancing = tiering'
                ;;
        6.12) policy 'demotion = yes' 'numa-balancing = tiering' "weighted-interleave = by-bandwidth" ;;
        *)
                echo N >/sys/module/damon_stat/parameters/enabled
                policy 'demotion = yes' 'min-ttl = 20ms' 'numa-balancing = tiering' "weighted-interleave = by-bandwidth"
                ;;
esac
check "numatier apply does all" numatier apply
expect "all is well" 0
check "numatier restore" numatier restore
