# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12 6.1
# machines: thread
# spread: 1
# timeout: 240
# A wrong HMAT in the initrd keeps no machine from booting, and there are ways to boot without it. The table says that
# the CPUs' own node is the slow one.

# shellcheck source=tests/vm/hmat.bash
. /run/payload/test/hmat.bash
wrong=/srv/wrong.aml

# The tiers of nodes 0 and 1, if the kernel makes tiers by HMAT; on 6.1 all nodes are in the DRAM tier.
equal_tiers() { # NAME WANT
        local want=$2
        [ "$KERNEL" != 6.1 ] || want="4 4"
        equal "$1: tiers" "$want" "$(tier_of 0) $(tier_of 1)"
}

equal_to_firmware() { # NAME
        equal "$1: access class" 20/5 "$(values_of 1)"
        equal_tiers "$1" "4 18"
        refuse "$1: the kernel has the firmware's table" cmp -s $wrong /sys/firmware/acpi/tables/HMAT
}

say_all() {
        show "$(upgrades)"
        healthy "stage $STAGE: the guest is well"
}

stage_1() {
        make_table $wrong 2 250/4000 100/10000
        equal_to_firmware "before"
        make_early $wrong
        next_stage "" "$initrd" $wrong
}

stage_2() {
        say_all
        equal "the wrong table is used: access class" 250/4000 "$(values_of 0)"
        equal_tiers "the wrong table is used" "4 0"
        next_stage numa=nohmat "$initrd" $wrong
}

stage_3() {
        say_all
        equal "numa=nohmat: no access class" none "$(values_of 0)"
        equal_tiers "numa=nohmat" "4 4"
        check "numa=nohmat: the kernel has the table all the same" cmp -s $wrong /sys/firmware/acpi/tables/HMAT
        # an empty compressed archive before it, as numatier(1) proposes
        cpio --quiet --create --format=newc </dev/null | gzip >/tmp/no-tables
        truncate -s %4 /tmp/no-tables # as boot loaders do
        cat /tmp/no-tables "$initrd" >/tmp/both
        mv /tmp/both "$initrd"
        next_stage "" "$initrd" $wrong
}

stage_4() {
        say_all
        equal_to_firmware "an empty archive hides the table"
        damage $wrong 60 377
        make_early $wrong
        next_stage "" "$initrd" $wrong
}

stage_5() {
        say_all
        equal_to_firmware "a damaged table is ignored"
}
