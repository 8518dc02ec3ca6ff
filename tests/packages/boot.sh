# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# timeout: 3600
# Real reboots of a system that has the package: from the initramfs to multi-user.target, with the node in
# its tier by then, and with neither boot nor shutdown waiting for numatierd.

# shellcheck source=tests/packages/boot.bash
. /run/payload/test/boot.bash
drop_in=/etc/systemd/system/numatierd.service.d/late.conf

original() {
        sed -n 's/^original .*node1.memtier_override //p' $undo
}

stopped_by_itself() { # in the boot before, and not because its time was over
        local text
        text=$(journalctl -b -1 -o cat UNIT=numatierd.service)
        tail -n 5 <<<"$text"
        grep -q '^numatierd.service: Deactivated successfully' <<<"$text" && ! grep -q 'timed out' <<<"$text"
}

stage_1() {
        repositories packages dependencies
        apt "apt installs it" install numatier
        check_service "then"
        # An original value that no boot begins with.
        systemctl stop numatierd
        numatier restore
        echo 9 >$nodes/node1/memtier_override
        systemctl start numatierd
        comes_to 1 5
        equal "the original of this boot" memory_tier9 "$(original)"
        next_stage
}

stage_2() {
        check "this boot is from an initramfs" test -d /run/initramfs
        check "and quiet" grep -qw quiet /proc/cmdline
        check_boot
        check "the shutdown did not wait for numatierd" stopped_by_itself
        moves 1
        equal "the original is that of this boot" "memory_tier$(home_tier)" "$(original)"
        # Late, as on a kernel that is busy with hotplug for long.
        mkdir -p ${drop_in%/*}
        cat >$drop_in <<'UNIT'
[Service]
ExecStartPre=+/bin/sh -c 'until systemctl is-active --quiet multi-user.target; do sleep 1; done'
TimeoutStartSec=10min
UNIT
        next_stage
}

stage_3() {
        check "numatierd is late" wait_for 300 systemctl is-active numatierd
        check_service "still"
        check "the boot did not wait for it" \
                test "$(reached multi-user.target)" -lt "$(reached numatierd.service)"
        refuse "and node 1 was not in its tier before" moved_in_time
        check "the shutdown did not wait for numatierd either" stopped_by_itself
        healthy "the guest is well"
}
