# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12
# spread: 1
# machines: virtio-mem
# module: yes
# timeout: 240
# Memory that comes and goes under the service: seen at once, told once, moved when it can be.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash
node=$nodes/node1

# a number that Linux does not give: its own would do without an interface
policy number '[tier cxl]' 'memory-tier = 5'
check "it starts" systemctl start numatierd
check "one node" status_has '^1 node in 1 tier (dram: 0)$'

# Without an interface
check "node 1 comes" size 128
check "it is told" wait_for 5 is_told "$came" 1
check "and classified" wait_for 5 status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)'
check "its tier is read when memory has been quiet" wait_for 10 is_told "$unmet" 1
equal "the command line is told the kernel's tier" "node 1 18" "$(grep '^node 1 ' /run/numatier/view)"
check "it grows" size 512
check "that is told" wait_for 10 is_told "$resized" 1
check "it shrinks" size 256
check "that is told" wait_for 10 is_told "$resized" 2
check "node 1 goes" size 0
check "it is told" wait_for 5 is_told "$went" 1
check "one node" wait_for 5 status_has '^1 node in 1 tier (dram: 0)$'
check "node 1 comes again" size 128
check "its figures are remembered" wait_for 10 is_told "$unmet" 2
check "as the reason says" grep -q 'remembered' \
        <<<"$(journalctl -b -o export _SYSTEMD_UNIT=numatierd.service MESSAGE_ID=$unmet | grep -a NUMATIER_REASON)"

rm $policies/number.conf
systemctl reload numatierd
check "without the policy's number, Linux's will do" wait_for 10 numatier plan

# With one, numatier gives the numbers
check "the module is loaded" modprobe_override
check "node 1 is moved" wait_for 5 is_told "$moved" 1
check "node 1 goes" size 0
check "it is told" wait_for 5 is_told "$went" 2
check "node 1 comes" size 128
check "it is where it belongs" wait_for 5 grep -q '^memory_tier5$' $node/memtier_override

# A tier that somebody else changes
echo 9 >$node/memtier_override
check "is put right" wait_for 5 grep -q '^memory_tier5$' $node/memtier_override

equal "each coming was told once" 3 "$(count "$came")"
equal "each going was told once" 2 "$(count "$went")"
equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
