# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# timeout: 3600
# From 0.1 with an edited policy to this version, to the next one, and to the next kernel: no question, no move, no
# original lost, and a module for every kernel.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash
policy=/etc/numatier/numatierd.conf

# What 0.1 leaves: the module (built by hand, then), the node in its tier, its state, the policy somebody wrote.
make_old_machine() {
        apt "the module is there" install memtier-override-dkms
        modprobe memtier_override
        echo 5 >$nodes/node1/memtier_override
        mkdir -p /run/numatier "${policy%/*}"
        cat >/run/numatier/state <<STATE
# numatier state 1; kept for this boot, do not edit
policy 0000000000000000
node 0 - 4 dram
node 1 $(home_tier) 5 slow
original sys/devices/system/node/node1/memtier_override memory_tier$(home_tier)
STATE
        cat >$policy <<'POLICY'
# ours
[policy]
sources = user hmat

[tier dram]
max-latency = 1.5x

[tier slow]
POLICY
        policy_sum=$(sha256sum $policy)
        udevadm monitor --kernel --subsystem-match=node >/tmp/uevents &
}

keeps() { # WHEN
        check_service "$1"
        equal "$1 the policy is as it was" "$policy_sum" "$(sha256sum $policy)"
        check "$1 it is in force" grep -q slow <<<"$(numatier status)"
        check "$1 the original is known" grep -q "^original .*node1/memtier_override memory_tier$(home_tier)$" $undo
        equal "$1 numatierd has moved nothing" 0 "$(count $moved)"
        equal "$1 nor has anybody else" 0 "$(grep -c '^KERNEL.* change ' /tmp/uevents)"
        refuse "$1 there was no question" grep -iE 'configuration file|conffile' /tmp/apt
}

stage_1() {
        local version
        repositories packages dependencies
        make_old_machine
        apt "from 0.1 to this version" install numatier
        keeps "then"
        equal "0.1's state has been taken over" "" "$(find /run/numatier -name state)"

        version=$(version_of numatier)
        repositories packages next dependencies
        apt "to the next version" upgrade
        check "that is another one" dpkg --compare-versions "$(version_of numatier)" gt "$version"
        equal "the module's package too" "$(version_of numatier)" "$(version_of memtier-override-dkms)"
        keeps "after that"
        check "a file that nobody had changed is the new one" grep -qx next /etc/numatier/README

        systemctl stop numatierd
        check "numatier restore" numatier restore
        check "gives back what 0.1 had moved" in_tier 1 "$(home_tier)"
        check "which is the first move that the kernel has told" wait_for 10 grep -q '^KERNEL.* change ' /tmp/uevents
        systemctl start numatierd
        comes_to 1 5 60

        repositories kernel dependencies
        apt "to the next kernel" install linux-image-amd64 linux-headers-amd64
        equal "a module for every kernel" "$(find /lib/modules/* -maxdepth 0 | wc -l)" \
                "$(for kernel in /lib/modules/*; do module_of "${kernel##*/}"; done | wc -l)"
        uname -r >/var/lib/scene/kernel
        next_stage
}

stage_2() {
        check "another kernel runs" test "$(uname -r)" != "$(cat /var/lib/scene/kernel)"
        check_service "on it"
        check "the policy is in force" grep -q slow <<<"$(numatier status)"
        equal "node 1 was moved once" 1 "$(count $moved)"
        systemctl stop numatierd
        check "numatier restore" numatier restore
        check "gives node 1 back" in_tier 1 "$(home_tier)"
        healthy "the guest is well"
}
