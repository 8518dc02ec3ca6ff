# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# releases: trixie
# machines: cxl
# timeout: 2400
# A CXL region that comes while the system boots, as firmware or a unit makes it, is in its tier before
# multi-user.target. (Linux 6.1 makes no regions of volatile memory.)

# shellcheck source=tests/packages/boot.bash
. /run/payload/test/boot.bash
library=/usr/local/lib/early-region

stage_1() {
        repositories packages dependencies
        apt "apt installs it" install numatier
        check "the service is active" systemctl is-active numatierd
        refuse "there is no second node" test -e $nodes/node1
        install_early_region
        # QEMU's device keeps this state over a reboot, and the driver would not accept it.
        echo mem0 >/sys/bus/cxl/drivers/cxl_mem/unbind
        next_stage
}

install_early_region() {
        mkdir -p $library
        cp /run/payload/test/cxl.bash $library/
        cat >$library/run <<'SCRIPT'
set -eu
. "${0%/*}/cxl.bash"
until has_ends 1; do sleep 0.1; done
make_region "$(ends)"
SCRIPT
        cat >/etc/systemd/system/early-region.service <<UNIT
[Unit]
DefaultDependencies=no
Wants=systemd-udevd.service
After=systemd-udevd.service systemd-remount-fs.service
Before=sysinit.target shutdown.target
Conflicts=shutdown.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=bash $library/run
TimeoutStartSec=5min
[Install]
WantedBy=sysinit.target
UNIT
        systemctl -q enable early-region
}

stage_2() {
        check "a unit has made the region" systemctl is-active early-region
        check "early in the boot" \
                test "$(reached early-region.service)" -lt "$(reached sysinit.target)"
        check_boot
        moves 1
        equal "numatier knows the device" cxl:0x1234 "$(sed -n 's/^intent .*node1.memtier_override \([^ ]*\).*/\1/p' $undo)"
        healthy "the guest is well"
}
