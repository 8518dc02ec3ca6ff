# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12 6.1
# machines: plain:2 thread
# spread: yes
# timeout: 240
# A wrong HMAT in the initrd keeps no machine from booting, and there are ways to boot without it. The table says that
# the CPUs' own node is the slow one.

# shellcheck source=tests/vm/hmat.bash
. /run/payload/test/hmat.bash

# The tiers of nodes 0 and 1, if the kernel makes tiers by HMAT; without, or on 6.1, all nodes are in the DRAM tier.
equal_tiers() { # NAME WANT
        local want=$2
        [ "$KERNEL" != 6.1 ] || want="4 4"
        equal "$1" "$want" "$(tier_of 0) $(tier_of 1)"
}

equal_to_firmware() { # NAME
        case $MACHINE in
        plain:*)
                equal "$1: no access class" none "$(access_of 1)"
                equal_tiers "$1: tiers" "4 4"
                ;;
        *)
                equal "$1: access class" 20/5 "$(access_of 1)"
                equal_tiers "$1: tiers" "4 18"
                ;;
        esac
}

say_all() {
        show "$(upgrades)"
        healthy "stage $STAGE: the guest is well"
}

stage_1() {
        equal_to_firmware "before"
        make_table /tmp/wrong.aml 2 250/4000 100/10000
        make_early /tmp/wrong.aml
        next_stage "" "$initrd"
}

stage_2() {
        say_all
        equal "the wrong table is used" 250/4000 "$(access_of 0)"
        equal_tiers "tiers with the wrong table" "4 0"
        case $MACHINE in
        plain:*) next_stage numa=nohmat "$initrd" ;;
        esac
        # an empty compressed archive before it, as numatier(1) proposes
        cpio --quiet --create --format=newc </dev/null | gzip >/tmp/no-tables
        truncate -s %4 /tmp/no-tables # as boot loaders do
        cat /tmp/no-tables "$initrd" >/tmp/both
        mv /tmp/both "$initrd"
        next_stage "" "$initrd"
}

stage_3() {
        say_all
        case $MACHINE in
        plain:*)
                equal "numa=nohmat: no access class" none "$(access_of 0)"
                equal_tiers "numa=nohmat: tiers" "4 4"
                check "numa=nohmat: the table is there all the same" \
                        cmp -s -n 4 /sys/firmware/acpi/tables/HMAT <(echo HMAT)
                return
                ;;
        esac
        equal_to_firmware "an empty archive hides the table"
        make_table /tmp/damaged.aml 2 250/4000 100/10000
        damage /tmp/damaged.aml 60 377
        make_early /tmp/damaged.aml
        next_stage "" "$initrd"
}

stage_4() {
        say_all
        equal_to_firmware "a damaged table is ignored"
}
