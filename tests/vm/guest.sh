# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs a test script in the guest, with the functions of report.bash, and this:
#   next_stage WORDS FILE...    ends this boot; in the next one, which runs the next stage, WORDS are added to the
#                               kernel's command line, and the files (a few kB, named from /) are what they are now.
#                               /boot/initrd.img-RELEASE, an uncompressed cpio archive, is the head of its initrd
# shellcheck source=tests/vm/report.bash
. /run/payload/test/report.bash

next_stage() {
        local words=$1
        shift
        say "next $(tar -cz -C / "${@#/}" | base64 -w 0) $words"
        sleep infinity
}

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
if declare -F "stage_$STAGE" >/dev/null; then "stage_$STAGE"; fi
say "done"
sleep 5
systemctl poweroff --force --force
