# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# machines: plain:2
# timeout: 5400
# A machine whose firmware has no HMAT, and that has not our module: the package installs a table, with the
# distribution's own initrd. Then a wrong one, the ways to boot without it that numatier(1) names, and the removal.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash
# shellcheck source=tests/vm/hmat.bash
. /run/payload/test/hmat.bash
table=/etc/numatier/hmat.aml

said() { # NAME TEXT
        check "$1" grep -qF "$2" <<<"$output"
}

far() { # LATENCY BANDWIDTH: a policy, without a word about tiers
        mkdir -p $policies
        cat >$policies/values.conf <<POLICY
[policy]
method = adistance

[node near]
node = 0
latency = 100ns
bandwidth = 10000MiB/s

[node far]
node = 1
latency = $1
bandwidth = $2
POLICY
}

makes_tiers() {
        [[ $(uname -r) != 6.1.* ]]
}

equal_tiers() { # NAME WANT: of the nodes 0 and 1, if this kernel makes tiers by HMAT
        local want=$2
        makes_tiers || want="4 4"
        equal "$1: tiers" "$want" "$(tier_of 0) $(tier_of 1)"
}

as_firmware_says() { # NAME
        show "$(upgrades)"
        equal_tiers "$1" "4 4"
        equal "$1: no access class" none "$(access_of 1)"
}

has_table() { # of the initrd: the archive in front
        cpio --quiet -t <"$initrd" 2>/dev/null | grep -x kernel/firmware/acpi/numatier.aml
}

# GRUB with the menu and the entries that the distribution makes.
show_menu() {
        sed -i 's/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=120/' /etc/default/grub
        check "update-grub" update-grub
}

# What a person types at the next boot: "e" in the menu, down to the line that begins with WORD, and there KEYS.
# GRUB shows an empty line after the first.
edit_entry() { # WORD KEYS
        local down
        down=$(awk -v word="$1" '/^menuentry /, /^}/ { if ($1 == word) exit; printf "\\u000e" }' /boot/grub/grub.cfg)
        say "answer [[\"GNU GRUB\", \"e\"], [\"Emacs-like\", \"\\u000e$down$2\\u0018\", 0.2]]"
}

next_stage_as_is() { # with the menu's first entry
        say 'answer [["GNU GRUB", "\r"]]'
        next_stage
}

stage_1() {
        as_firmware_says "before"
        repositories packages dependencies
        apt "apt installs it, without the module" install --no-install-recommends numatier
        refuse "the initrd has no table" has_table
        far 250ns 4000MiB/s
        equal_status "status: no table" 3 numatier hmat status
        equal_status "build" 0 numatier hmat build --output /tmp/built.aml
        equal_status "install" 0 numatier hmat install
        makes_tiers || said "which says what 6.1 cannot do" "makes no memory tiers by HMAT"
        check "what build makes is what is installed" cmp /tmp/built.aml $table
        check "the initrd has it" has_table
        equal_status "status: not yet used" 3 numatier hmat status
        said "a reboot is needed" "has not been rebooted since"
        show_menu
        next_stage_as_is
}

stage_2() {
        used
        kept
        # Nothing about the machine is as this says. The table says so, too.
        far 50ns 20000MiB/s
        equal_status "a wrong policy makes a wrong table" 0 numatier hmat install
        edit_entry linux '\u0005 numa=nohmat' # end of line
        next_stage
}

used() {
        show "$(upgrades)"
        equal_status "status: the kernel uses it" 0 numatier hmat status
        makes_tiers || said "and says what 6.1 cannot do" "makes no memory tiers by HMAT"
        check "sysfs has it" cmp /sys/firmware/acpi/tables/HMAT $table
        equal_tiers "with the table" "4 28"
        equal "node 0 has its values" 100/10000 "$(access_of 0)"
        equal "node 1 has its values" 250/4000 "$(access_of 1)"
        refuse "there is no module" test -d /sys/module/memtier_override
        ! makes_tiers || equal_status "nothing is left to do" 0 numatier plan
        run numatier doctor
        refuse "doctor has nothing to say about it" grep -q 'hmat-' <<<"$output"
        equal "no unit has failed" "" "$(systemctl --failed --no-legend)"
        healthy "the guest is well"
}

kept() {
        local before
        before=$(stat -c %i-%Y "$initrd")
        repositories packages next dependencies
        apt "to the next version" upgrade
        check "that is another one" grep -q next1 <<<"$(version_of numatier)"
        refuse "the initrd is a new one" test "$before" = "$(stat -c %i-%Y "$initrd")"
        check "and has the table" has_table
        rm "$initrd"
        check "update-initramfs makes it as for a new kernel" update-initramfs -c -k "$(uname -r)"
        check "it has the table" has_table
        equal_status "nothing has changed" 0 numatier hmat status
}

stage_3() {
        check "GRUB's user has switched HMAT off" grep -qw numa=nohmat /proc/cmdline
        as_firmware_says "with numa=nohmat"
        check "the kernel has taken the table all the same" cmp /sys/firmware/acpi/tables/HMAT $table
        equal_status "status" 3 numatier hmat status
        said "names it" '"numa=nohmat"'
        # as numatier(1) says
        cpio --quiet --create --format=newc </dev/null | gzip >/boot/no-tables.gz
        edit_entry initrd "\\u0001\\u000binitrd /boot/no-tables.gz $initrd" # the line is deleted
        next_stage
}

stage_4() {
        refuse "this boot is without the option" grep -qw numa=nohmat /proc/cmdline
        check "this boot is from the initrd" test -d /run/initramfs
        as_firmware_says "with the empty archive"
        refuse "the kernel has no HMAT" test -e /sys/firmware/acpi/tables/HMAT
        equal_status "status" 3 numatier hmat status
        said "the kernel found none" "found no HMAT in the initrd"
        next_stage_as_is
}

stage_5() {
        show "$(upgrades)"
        equal_tiers "the wrong table" "4 1"
        equal "the wrong table: values" 50/20000 "$(access_of 1)"
        healthy "the guest is well with it"
        apt "apt removes the package" remove numatier
        show "$(tail -n 15 /tmp/apt)"
        check "the table stays in /etc" test -e $table
        refuse "and in no initrd" has_table
        next_stage_as_is
}

stage_6() {
        as_firmware_says "after the removal"
        refuse "the kernel has no HMAT" test -e /sys/firmware/acpi/tables/HMAT
        healthy "the guest is well"
}
