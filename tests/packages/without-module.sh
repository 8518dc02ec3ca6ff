# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# timeout: 3600
# A machine on which DKMS cannot build: numatier is installed and runs all the same, and says what is missing. When
# that comes, the module is built and used without a reboot.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash

works_without() { # WHEN WORD: which must be in the one line that says what is missing
        equal "$1 numatier is installed" installed "$(state_of numatier)"
        equal "$1 the module's package too" installed "$(state_of memtier-override-dkms)"
        equal "$1 dpkg has nothing left to do" "" "$(dpkg --audit)"
        check "$1 the service is active" systemctl is-active numatierd
        equal "$1 no unit has failed" "" "$(systemctl --failed --no-legend)"
        equal "$1 there is no module" "" "$(module_of "$(uname -r)")"
        check "$1 numatier shows the tiers" numatier
        fix_number
        equal "$1 it says what is missing, in one line" 1 "$(numatier | grep -c "$2")"
        say "$(numatier | grep "$2")"
        equal "$1 node 1 is where Linux puts it" "$(home_tier)" "$(tier_of 1)"
}

# As of a kernel that was built otherwise: what DKMS and numatier look at.
without_kallsyms_all() {
        sed -i 's/^CONFIG_KALLSYMS_ALL=y/# CONFIG_KALLSYMS_ALL is not set/' \
                "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/build"/{.config,include/config/auto.conf}
}

stage_1() {
        cp "/boot/config-$(uname -r)" /var/lib/scene/config
        repositories packages dependencies
        without_kallsyms_all
        apt "apt installs it for a kernel without KALLSYMS_ALL" install numatier
        works_without "there" KALLSYMS_ALL

        cp /var/lib/scene/config "/boot/config-$(uname -r)"
        apt "apt purges it" purge numatier memtier-override-dkms
        apt "and the headers" purge 'linux-headers-*' 'linux-kbuild-*'
        apt "apt installs it without headers" install numatier
        works_without "without headers" "linux-headers-$(uname -r)"

        repositories headers packages dependencies
        apt "the headers come" install linux-headers-amd64
        equal "the module has been built" 1 "$(module_of "$(uname -r)" | wc -l)"
        check_service "then"
        equal "nothing is missing" 0 "$(numatier | grep -c linux-headers)"
        healthy "the guest is well"
}
