# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# timeout: 3600
# source: yes
# From a fresh system to a moved node by one "apt install", and all the way back: remove, reinstall, restore,
# purge, and install again.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash
policies=/etc/numatier/numatierd.conf.d

stage_1() {
        equal "nothing is there" "" "$(files_left)"
        equal "node 1 is where Linux puts it" "$(home_tier)" "$(tier_of 1)"
        repositories packages dependencies
        apt "apt installs it" install numatier
        installed
        removed
        reinstalled
        restored
        purged
        # The module is still loaded. DKMS would only build it once more, as for a fresh system.
        apt "it can be installed again" install --no-install-recommends numatier
        check_service "then"
        healthy "the guest is well"
}

installed() {
        local page
        equal "the module comes along" installed "$(state_of memtier-override-dkms)"
        check "DKMS has built it" grep -q ", $(uname -r), .*: installed" <<<"$(dkms status memtier-override)"
        equal "for this kernel" 1 "$(module_of "$(uname -r)" | wc -l)"
        check_service "after that"
        check "the unit has loaded the module" grep -q '^Finished modprobe@memtier_override.service' \
                <<<"$(journalctl -b -o cat UNIT=modprobe@memtier_override.service)"
        refuse "and no maintainer script does" grep -Eqs '(modprobe|insmod) ' \
                /var/lib/dpkg/info/{numatier,memtier-override-dkms}.{pre,post}{inst,rm}
        moves 1
        check "the journal explains the move" grep -q 'Subject: Node 1 has been moved to another memory tier' \
                <<<"$(journalctl -b -x -u numatierd)"
        equal "the preset is to enable it" "numatierd.service enabled enabled" \
                "$(systemctl list-unit-files --no-legend numatierd.service | xargs)"
        equal "metrics are off" "disabled disabled inactive inactive" \
                "$(systemctl is-enabled numatier-metrics.{socket,timer} | xargs) $(systemctl is-active numatier-metrics.{socket,timer} | xargs)"
        equal "numatier says which version it is" "numatier 0.2.0" "$(numatier --version | head -n 1)"
        check "debian/tests/service" bash -c 'cd /run/payload/source && debian/tests/service'
        equal "/etc/numatier has only a README" /etc/numatier/README "$(echo /etc/numatier/*)"
        for page in numatier.1 numatierd.8 numatierd.conf.5; do
                check "manual page $page" man -w "${page##*.}" "${page%.*}"
        done
        check "completions of bash" bash -c '. /usr/share/bash-completion/completions/numatier && complete -p numatier'
        check "completions of zsh" test -e /usr/share/zsh/site-functions/_numatier
}

removed() {
        mkdir -p $policies
        printf '[daemon]\nrescan = 1h\n' >$policies/site.conf
        systemctl reload numatierd
        systemctl enable --quiet --now numatier-metrics.{socket,timer}
        apt "apt removes it" remove numatier
        equal "nothing answers scrapes" "inactive inactive" "$(systemctl is-active numatier-metrics.{socket,timer} | xargs)"
        check "that offers numatier restore" grep -q 'numatier restore' /tmp/apt
        equal "the service has stopped" inactive "$(systemctl is-active numatierd)"
        refuse "and does not run on" pgrep -x numatierd
        check "node 1 stays in its tier" in_tier 1 5
        check "the policy stays" test -e $policies/site.conf
        check "and the original" grep -q "^original .*node1/memtier_override memory_tier$(home_tier)$" $undo
}

reinstalled() {
        apt "apt installs it again" install numatier
        check_service "after that"
        check "the policy is still there" test -e $policies/site.conf
        check "and the original" grep -q "^original .*node1/memtier_override memory_tier$(home_tier)$" $undo
        moves 0
}

restored() {
        systemctl stop numatierd
        check "numatier restore" numatier restore
        check "gives node 1 back" in_tier 1 "$(home_tier)"
        apt "apt removes it" remove numatier
        refuse "which offers nothing, for there is nothing to give back" grep -q 'numatier restore' /tmp/apt
        check "node 1 stays with Linux" in_tier 1 "$(home_tier)"
}

purged() {
        apt "apt purges both" purge numatier memtier-override-dkms
        equal "nothing is left" "" "$(files_left)"
        equal "nor configured" "" "$(dpkg -l | grep -E 'numatier|memtier')"
        equal "systemd has forgotten it" "" "$(systemctl list-unit-files --no-legend 'numatier*')"
        equal "node 1 is where it was" "$(home_tier)" "$(tier_of 1)"
}
