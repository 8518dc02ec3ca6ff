# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# timeout: 5400
# source: yes
# The commands of README.md's section "Install", exactly as written, in a fresh system: the packages and away with
# them, then from source and away with it.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash
export DEB_BUILD_OPTIONS=nocheck # the tests of the package build have run elsewhere, and faster

extract() { # HEADING: its indented blocks, each a file in /tmp/blocks. Prose ends a block, an empty line does not
        rm -rf /tmp/blocks
        mkdir /tmp/blocks
        awk -v heading="$1" '
                /^#/ { inside = $0 == heading }
                inside && /^    / {
                        if (!open) { open = 1; n++ }
                        print substr($0, 5) >"/tmp/blocks/" n
                }
                /^[^ ]/ { open = 0 }' README.md
}

run_block() { # N NAME
        local start=$SECONDS
        check "$2" bash -e "/tmp/blocks/$1" </dev/null
        say "that took $((SECONDS - start)) s"
}

stage_1() {
        cp -r /run/payload/source /srv/source
        cd /srv/source || return
        repositories build dependencies headers

        extract "### Debian 12 and 13"
        equal "blocks for Debian" 3 "$(find /tmp/blocks -type f | wc -l)"
        run_block 1 "the packages are built and installed"
        check_service "then"
        equal "node 1 was moved once" 1 "$(count $moved)"
        run_block 2 "it is looked at"
        run_block 3 "it is removed"
        check "node 1 is where it was" in_tier 1 "$(home_tier)"
        equal "nothing is left" "" "$(files_left)"
        rmmod memtier_override

        extract "### From source"
        equal "blocks for the source" 2 "$(find /tmp/blocks -type f | wc -l)"
        run_block 1 "it is built and installed"
        check_service "then"
        check "the journal explains the move" grep -q 'Subject: Node 1 has been moved to another memory tier' \
                <<<"$(journalctl -b -x -u numatierd)"
        run_block 2 "it is uninstalled"
        check "node 1 is where it was" in_tier 1 "$(home_tier)"
        equal "nothing is left" "" "$(files_left)"
        healthy "the guest is well"
}
