# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.1 6.12
# machines: plain:2 hmat:250/4000,100/10000 dram:100/10000,112/10000,250/4000
# spread: 1
# timeout: 240
# numatier hmat: a stock kernel without the module gets a table that says what the policy says, and numatier then
# finds nothing to do. The machines: no HMAT at all; one that has the nodes the wrong way round; DRAM nodes 12% apart,
# for which Linux forms no tiers by HMAT.

# shellcheck source=tests/vm/hmat.bash
. /run/payload/test/hmat.bash

# What is true of the memory that the CPUs do not have: the policy's values. Those of the DRAM nodes that are apart
# are the firmware's own.
write_policy() {
        case $MACHINE in dram:*) return ;; esac
        mkdir -p /etc/numatier/numatierd.conf.d
        cat >/etc/numatier/numatierd.conf.d/test.conf <<'POLICY'
[node near]
node = 0
latency = 100ns
bandwidth = 10000MiB/s

[node far]
node = 1
latency = 250ns
bandwidth = 4000MiB/s
POLICY
}

last=1
case $MACHINE in dram:*) last=2 ;; esac

# The last node, which is the slow one, is in a tier of its own below that of all others.
is_apart() {
        local i
        for ((i = 0; i < last; i++)); do
                [ "$(tier_of $i)" = 4 ] || return 1
        done
        [ "$(tier_of $last)" -gt 4 ]
}

table=/sys/firmware/acpi/tables/HMAT
firmware=/srv/firmware.aml # what stage 1 finds there, if anything

doctor() { # sets output to what it has found
        numatier doctor >/run/doctor 2>&1
        check "doctor has looked" grep -q '[0-9] checks' /run/doctor
        output=$(awk '$1 == "id" { print $2 }' /run/doctor | xargs)
        say "findings: $output"
}

# The weights that Linux computes from accessN by itself.
weights() {
        cat /sys/kernel/mm/mempolicy/weighted_interleave/node* | xargs
}

equal_weights() {
        case $MACHINE in
        dram:*) equal "weights for interleaving" "13 13 5" "$(weights)" ;;
        *) equal "weights for interleaving" "22 9" "$(weights)" ;;
        esac
}

stage_1() {
        write_policy
        prepare_initramfs_tools
        cat $table >$firmware 2>/dev/null
        equal_status "status before: no table" 3 numatier hmat status
        refuse "the tiers are not what the policy wants" is_apart
        equal_status "something is to be done" 3 numatier plan
        equal_status "build" 0 numatier hmat build --output /tmp/built.aml
        equal_status "install" 0 numatier hmat install
        check "what is installed is what build makes" cmp /tmp/built.aml /etc/numatier/hmat.aml
        case $KERNEL in
        6.1) check "install says that 6.1 makes no tiers by HMAT" grep -q 'makes no memory tiers' <<<"$output" ;;
        esac
        equal_status "status: a reboot is needed" 3 numatier hmat status
        check "status says so" grep -qi 'reboot' <<<"$output"
        doctor
        check "doctor says so" grep -q hmat-not-taken <<<"$output"
        cut_early
        check "the initrd has the table" grep -q kernel/firmware/acpi/ <<<"$early"
        next_stage "" "$initrd" /etc/numatier $firmware
}

# Linux's tiers are what the policy wants, and numatier says so; or on 6.1, what it says instead.
equal_tiers() {
        refuse "there is no module" test -e /sys/devices/system/node/node0/memtier_override
        doctor
        refuse "doctor finds nothing wrong with the table" grep hmat- <<<"$output"
        if [ "$KERNEL" = 6.1 ]; then
                refuse "6.1 makes no tiers by HMAT" is_apart
                equal_status "the tiers are left to do" 3 numatier plan
                check "plan says what is missing" grep -q memtier_override <<<"$output"
                return
        fi
        refuse "doctor finds all nodes in their tiers" grep nodes-misplaced <<<"$output"
        check "Linux makes the tiers that the policy wants" is_apart
        equal_status "nothing is left to do" 0 numatier plan
}

stage_2() {
        local i
        show "$(upgrades)"
        equal_status "status: the kernel uses the table" 0 numatier hmat status
        case $KERNEL in
        6.1) check "status says that 6.1 makes no tiers by HMAT" grep -q 'makes no memory tiers' <<<"$output" ;;
        esac
        check "the kernel's table is the one installed" cmp $table /etc/numatier/hmat.aml
        for ((i = 0; i < last; i++)); do
                equal "values of node $i" 100/10000 "$(values_of $i)"
        done
        equal "values of node $last" 250/4000 "$(values_of $last)"
        [ "$KERNEL" != 7.3 ] || equal_weights
        equal_tiers
        healthy "the guest is well"
        # what leads to the next boot takes long, and is the same everywhere
        case $MACHINE in hmat:250/*) ;; *) return ;; esac
        prepare_initramfs_tools
        equal_status "uninstall" 0 numatier hmat uninstall
        refuse "the table is gone" test -e /etc/numatier/hmat.aml
        cut_early
        equal "the initrd is without it" "" "$early"
        next_stage "" "$initrd" /etc/numatier $firmware
}

stage_3() {
        equal_status "status after: no table" 3 numatier hmat status
        check "the firmware's HMAT is back" cmp $firmware $table
        refuse "and the tiers are as they were" is_apart
}
