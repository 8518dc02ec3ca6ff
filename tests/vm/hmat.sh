# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3 6.1
# machines: plain:2 hmat:10/10000,10/10000 hmat:250/4000,100/10000 dram:100/10000,112/10000,250/4000
# spread: yes
# timeout: 240
# numatier hmat: a stock kernel without the module gets a table that says what the policy says, and numatier then
# finds nothing to do. The machines: no HMAT at all; one that says that both nodes are equal; one that has them
# the wrong way round; DRAM nodes 12% apart, for which Linux forms no tiers by HMAT.

# shellcheck source=tests/vm/hmat.bash
. /run/payload/test/hmat.bash
status=0

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

run() { # COMMAND...: sets output and status
        output=$("$@" 2>&1)
        status=$?
        say "$*: exit status $status"
        show "$output"
}

equal_status() { # NAME STATUS COMMAND...
        local name=$1 want=$2
        shift 2
        run "$@"
        equal "$name" "$want" "$status"
}

# The last node, which is the slow one, is in a tier of its own below that of all others.
is_apart() {
        local last=1 i
        case $MACHINE in dram:*) last=2 ;; esac
        for ((i = 0; i < last; i++)); do
                [ "$(tier_of $i)" = 4 ] || return 1
        done
        [ "$(tier_of $last)" -gt 4 ]
}

stage_1() {
        write_policy
        prepare_initramfs_tools
        equal_status "status before: no table" 3 numatier hmat status
        refuse "the tiers are not what the policy wants" is_apart
        equal_status "build" 0 numatier hmat build --output /tmp/built.aml
        equal_status "install" 0 numatier hmat install
        check "what is installed is what build makes" cmp /tmp/built.aml /etc/numatier/hmat.aml
        case $KERNEL in
        6.1) check "install says that 6.1 makes no tiers by HMAT" grep -q 'makes no memory tiers' <<<"$output" ;;
        esac
        equal_status "status: a reboot is needed" 3 numatier hmat status
        check "status says so" grep -qi 'reboot' <<<"$output"
        cut_early
        check "the initrd has the table" grep -q kernel/firmware/acpi/ <<<"$early"
        next_stage "" "$initrd" /etc/numatier
}

stage_2() {
        show "$(upgrades)"
        equal_status "status: the kernel uses the table" 0 numatier hmat status
        check "the kernel's table is the one installed" cmp /sys/firmware/acpi/tables/HMAT /etc/numatier/hmat.aml
        case $MACHINE in
        dram:*)
                equal "node 0 has its values" "100 ns" "$(access_of 0 | cut -d/ -f1) ns"
                equal "node 1 has those of node 0" "$(access_of 0)" "$(access_of 1)"
                ;;
        *)
                equal "access of node 0" 100/10000 "$(access_of 0)"
                equal "access of node 1" 250/4000 "$(access_of 1)"
                ;;
        esac
        case $KERNEL in
        6.1) refuse "6.1 makes no tiers by HMAT" is_apart ;;
        *)
                check "Linux makes the tiers that the policy wants" is_apart
                equal_status "nothing is left to do" 0 numatier plan
                ;;
        esac
        run numatier doctor
        refuse "doctor finds nothing wrong with the table" grep -E 'hmat-(not-taken|outdated)' <<<"$output"
        prepare_initramfs_tools
        equal_status "uninstall" 0 numatier hmat uninstall
        refuse "the table is gone" test -e /etc/numatier/hmat.aml
        cut_early
        refuse "the initrd is without it" grep -q kernel/firmware/acpi/ <<<"$early"
        healthy "the guest is well"
}
