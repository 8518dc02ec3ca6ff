# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs a test script in the guest, with the functions of report.bash.
# shellcheck source=tests/vm/report.bash
. /run/payload/test/report.bash

say "begins"
if [ -d /run/payload/modules ]; then
        mkdir -p /run/modules
        modprobe_override() { insmod /run/payload/modules/memtier_override.ko "$@"; }
else # a kernel that has the file itself
        modprobe_override() { test -e /sys/devices/system/node/node0/memtier_override; }
fi
systemctl start dbus.service systemd-udevd.service
udevadm settle --timeout=30
# shellcheck source=/dev/null
. /run/payload/test/script
say "done"
sleep 5
systemctl poweroff --force --force
