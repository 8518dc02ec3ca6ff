# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12
# spread: 1
# machines: thread
# module: yes
# timeout: 200
# Figures that change while the machine runs, of which no event tells (ACPI _HMA, a hypervisor that moves
# memory): seen by the rescan, and by a reload. No QEMU does this, so other files are laid over sysfs'.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

becomes() { # NS: what the kernel says of node 1's latency
        local file
        echo "$1" >"/run/latency-$1"
        for file in "$nodes"/node1/access?/initiators/*_latency; do
                umount "$file" 2>/dev/null
                mount --bind "/run/latency-$1" "$file"
        done
}

check "the module is loaded" modprobe_override
policy slow '[daemon]' 'rescan = 3s'
check "it starts" systemctl start numatierd
comes_to 1 5
moves 1

becomes 80
check "the daemon sees what we see" wait_for 10 in_tier 1 6
check "by the rescan" grep -q '80 ns' <<<"$(last "$moved" REASON)"
moves 1

policy slow '[daemon]' 'rescan = 0'
systemctl reload numatierd
becomes 12
sleep 4
check "without a rescan nothing tells" in_tier 1 6
systemctl reload numatierd
comes_to 1 5
moves 1

# Firmware that lies
becomes 900
systemctl reload numatierd
comes_to 1 6
equal "a contradiction is told" 1 "$(count "$bug")"
check "with the numbers" grep -q 'its latency is 90x that of node 0, its bandwidth 0.5x.*node = 1, latency' <<<"$(entries "$bug")"
systemctl reload numatierd
sleep 1
equal "and told once" 1 "$(count "$bug")"
policy given '[node second]' 'node = 1' 'latency = 20ns'
systemctl reload numatierd
comes_to 1 5
equal "corrected as it says" 1 "$(count "$bug")"
becomes 0
rm $policies/given.conf
systemctl reload numatierd
check "zeros are told" wait_for 5 is_told "$bug" 2
check "as such" grep -q 'gives no read_latency, write_latency' <<<"$(entries "$bug")"
umount "$nodes"/node1/access?/initiators/*_latency
healthy "the guest is well"
