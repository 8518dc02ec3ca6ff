# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# firmware: secure
# timeout: 3600
# Secure Boot, from Microsoft's key in the firmware over shim and GRUB to the kernel, which is locked down:
# a module that is not signed, one whose key is not enrolled, and the way that numatier names out of both. And whether
# such a kernel takes an HMAT from its initrd, which needs no key.

# shellcheck source=tests/packages/boot.bash
. /run/payload/test/boot.bash
password=numatier

locked_down() {
        grep -qF '[integrity]' /sys/kernel/security/lockdown && mokutil --sb-state | grep -q 'SecureBoot enabled'
}

signer() { # of the module that is installed
        modinfo -F signer memtier_override
}

kernel_says() { # TEXT
        journalctl -b -k -o cat | grep -F "$1"
}

command_of() { # START: of the commands that numatier names, the one that begins so
        numatier | grep -oE "\"$1[^\"]*\"" | tr -d '"'
}

# The kernel refuses the module, numatierd does everything else, and numatier says what is missing.
check_refused() { # TEXT-OF-KERNEL TEXT-OF-NUMATIER
        local text
        refuse "the module is not loaded" test -d /sys/module/memtier_override
        refuse "and cannot be" modprobe memtier_override
        check "the kernel says why" kernel_says "$1"
        check "numatierd runs all the same" systemctl is-active numatierd
        equal "no unit has failed" "" "$(systemctl --failed --no-legend)"
        text=$(numatier 2>&1)
        show "$(grep -F memtier_override <<<"$text")"
        check "numatier says that it $2" grep -qF "memtier_override $2" <<<"$text"
}

# What a person answers to the screens of MokManager at the next boot.
answer_mokmanager() {
        local down='\u001b[B\r'
        say "answer [[\"Press any key\", \"\\r\"], [\"Enroll MOK\", \"$down\"], [\"Continue\", \"$down\"]," \
                "[\"Yes\", \"$down\"], [\"Password\", \"$password\\r\"], [\"Reboot\", \"\\r\"]]"
}

# The table has what the firmware's has, and so changes nothing else here.
install_table() {
        local text
        text=$(numatier hmat install 2>&1)
        equal "numatier hmat install" 0 $?
        show "$text"
        check "it says that the kernel is locked down" grep -qF 'locked down (integrity)' <<<"$text"
        refuse "and does not say that the table will be used" grep -qF 'uses the table from the next boot on' <<<"$text"
        text=$(numatier hmat status)
        equal "hmat status: not yet" 3 $?
        show "$text"
        check "hmat status says that the kernel is locked down" grep -qF 'locked down (integrity)' <<<"$text"
}

# Linux 6.1 asks lockdown before it takes a table. From 6.12 on it asks, too, but before there is an answer.
check_table() {
        local text status
        text=$(numatier hmat status)
        status=$?
        show "$(journalctl -b -k -o cat | grep -E 'HMAT|table override|[Ll]ocked down')"
        show "$text"
        case $(uname -r) in
        6.1.*)
                equal "hmat status: the table is not used" 3 $status
                check "because the kernel has refused it" grep -qF 'has refused the table' <<<"$text"
                ;;
        *) equal "hmat status: the table is used" 0 $status ;;
        esac
}

stage_1() {
        check "Secure Boot is on and the kernel locked down" locked_down
        repositories packages dependencies
        # DKMS needs it to make a key.
        mv /usr/bin/openssl /usr/bin/openssl.away
        apt "apt installs it, and openssl is missing" install numatier
        fix_number
        check "the module is built" test -n "$(module_of "$(uname -r)")"
        equal "and not signed" "" "$(signer)"
        check_refused "Loading of unsigned module is rejected" "is not signed"

        mv /usr/bin/openssl.away /usr/bin/openssl
        for step in build install; do check "dkms $step" bash -c "$(command_of "dkms $step")"; done
        equal "now it is signed" "DKMS module signing key" "$(signer)"
        check_refused "Loading of module with unavailable key is rejected" "is signed with a key that is not enrolled"

        printf '%s\n' $password $password >/tmp/password
        check "the key is offered to MokManager" bash -c "$(command_of "mokutil --import") </tmp/password"
        install_table
        answer_mokmanager
        next_stage
}

stage_2() {
        local copy=/tmp/memtier_override.ko
        check "Secure Boot is on and the kernel locked down, still" locked_down
        check "MokManager has enrolled the key" grep -q 'is already enrolled' \
                <<<"$(mokutil --test-key /var/lib/dkms/mok.pub)"
        check_boot
        check_table
        check "numatier finds nothing to do" grep -q 'has nothing to do' <<<"$(numatier)"
        # 8192: a module that is not signed
        equal "the kernel trusts the module" 0 $(($(cat /proc/sys/kernel/tainted) & 8192))
        xz -dcf "$(module_of "$(uname -r)")" >$copy # as it is, if it is not compressed
        check "a copy loses its signature" strip --strip-debug $copy
        rmmod memtier_override
        refuse "and is not loaded" insmod $copy
        check "because it has none" kernel_says "Loading of unsigned module is rejected"
        check "the same file with it" modprobe memtier_override
        healthy "the guest is well"
}
