# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 1200
# suite: soak
# What freeze.sh does not try: memory that runs out when there is a little swap, and in a cgroup with a limit.

# shellcheck source=tests/vm/work.bash
. /run/payload/test/work.bash
# shellcheck source=tests/vm/freeze.bash
. /run/payload/test/freeze.bash

try() { # WHEN [MIB that the cgroup of the program may have]
        local word seconds turns
        read -r word seconds turns <<<"$(eat 40 ${2:+systemd-run --quiet --scope -p "MemoryMax=$2M"})"
        case "$1" in
        # sometimes this freezes
        'min-ttl = 0, 200 MiB of zram') show "$1: $word ($seconds s, $turns turns)" ;;
        *) equal "$1: the program that takes the memory is killed ($seconds s, $turns turns)" ended "$word" ;;
        esac
}

swapoff -a
modprobe_override
modprobe zram num_devices=1
echo 200M >/sys/block/zram0/disksize
mkswap /dev/zram0 >/dev/null

for ttl in 0 20ms 100ms; do
        policy 'demotion = force' "min-ttl = $ttl"
        check "min-ttl = $ttl" numatier apply
        [ $ttl = 0 ] || echo y >/sys/kernel/mm/lru_gen/enabled
        try "min-ttl = $ttl, no swap, a cgroup of 400 MiB" 400
        try "min-ttl = $ttl, no swap, a cgroup of 900 MiB" 900
        swapon /dev/zram0
        try "min-ttl = $ttl, 200 MiB of zram"
        # with a guard, 7.3 kills this too
        show "min-ttl = $ttl, 200 MiB of zram: the demo's program: $(work)"
        try "min-ttl = $ttl, 200 MiB of zram, a cgroup of 400 MiB" 400
        swapoff -a
done
healthy "the guest is well"
