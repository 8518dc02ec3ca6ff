# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# When things happened in a boot, in microseconds of its monotonic clock.

# shellcheck source=tests/packages/packages.bash
. /run/payload/test/packages.bash

time_of() { # BOOT MATCH...: when journald received the first such entry
        journalctl -b "$1" -o export "${@:2}" | sed -n 's/^__MONOTONIC_TIMESTAMP=//p' | head -n 1
}

reached() { # UNIT: in this boot
        systemctl show -P ActiveEnterTimestampMonotonic "$1"
}

moved_in_time() {
        local move target
        move=$(time_of 0 "MESSAGE_ID=$moved" NUMATIER_NODE=1)
        target=$(reached multi-user.target)
        echo "node 1 moved at ${move:-(not moved)} us, multi-user.target reached at $target us"
        [ -n "$move" ] && [ "$target" != 0 ] && [ "$move" -lt "$target" ]
}

systemd_says() { # REGEX: in this boot. Not by UNIT=, which entries from before journald do not have.
        journalctl -b -o cat SYSLOG_IDENTIFIER=systemd | grep -E "$1"
}

check_boot() { # of a system that has the package
        check_service "after a reboot"
        check "the module was loaded by the unit" systemd_says '^Finished modprobe@memtier_override.service'
        check "node 1 was in its tier before multi-user.target" moved_in_time
        say "$(moved_in_time)"
        refuse "no ordering cycle" systemd_says '[Oo]rdering cycle'
}
