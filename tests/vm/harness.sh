# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 6.1 7.3
# spread: 1
# machines: thread
# The harness itself, and the facts everything else stands on: what Linux makes of the thread's guest.

say "$(uname -r), up $(cut -d' ' -f1 /proc/uptime) s"
check "systemd runs" systemctl is-active --quiet sysinit.target
check "udev runs" systemctl is-active --quiet systemd-udevd.service
equal "two nodes" 0-1 "$(cat /sys/devices/system/node/online)"
equal "HMAT is read" 20 "$(cat /sys/devices/system/node/node1/access1/initiators/read_latency)"
equal "node 0 is in the DRAM tier" 4 "$(tier_of 0)"
case $KERNEL in
6.1) equal "Linux lumps both nodes together" 4 "$(tier_of 1)" ;;
*) equal "Linux puts node 1 where HMAT says" 18 "$(tier_of 1)" ;;
esac
case $(qmp '{"execute": "query-status"}') in
*'"running": true'*) ok "QEMU answers" ;;
*) not_ok "QEMU answers" ;;
esac
healthy "the guest is well"
