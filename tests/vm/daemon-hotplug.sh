# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: virtio-mem
# module: yes
# timeout: 240
# Memory that comes and goes under the service: seen at once, told once, moved when it can be.

node=/sys/devices/system/node/node1
came=f3560b2d014f4802a98322c779b80a23
went=3538347ca5604989b0ae1008eb049d06
resized=a447295b563642e1b571252f617725f9
moved=b44b05c341b94914b46839fccc1b9f57
unmet=6ab67e6670e749b39611aa613bdef65b

size() { # MIB: and wait until the guest has followed
        qmp '{"execute": "qom-set", "arguments": {"path": "vm0", "property": "requested-size", "value": '$(($1 << 20))'}}' >/dev/null
        if [ "$1" = 0 ]; then
                wait_for 30 test ! -e $node
        else
                wait_for 30 has_mib "$1"
        fi
}

has_mib() {
        [ "$(cat $node/memory[0-9]*/state | grep -c '^online$')" = $(($1 / 128)) ]
}

count() { # ID
        journalctl --sync
        journalctl -b -o export _SYSTEMD_UNIT=numatierd.service "MESSAGE_ID=$1" | grep -c '^MESSAGE='
}

is_told() { # ID TIMES: or more often
        [ "$(count "$1")" -ge "$2" ]
}

status_has() {
        systemctl show -P StatusText numatierd | grep -q "$1"
}

check "it starts" systemctl start numatierd
check "one node" status_has '^1 node in 1 tier (dram: 0)$'

# Without an interface
check "node 1 comes" size 128
check "it is told" wait_for 5 is_told $came 1
check "and classified" wait_for 5 status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)'
check "its tier is read when memory has been quiet" wait_for 10 is_told $unmet 1
equal "the command line is told the kernel's tier" "node 1 - 18 cxl" "$(grep '^node 1 ' /run/numatier/state)"
check "it grows" size 512
check "that is told" wait_for 10 is_told $resized 1
check "node 1 goes" size 0
check "it is told" wait_for 5 is_told $went 1
check "one node" wait_for 5 status_has '^1 node in 1 tier (dram: 0)$'
check "node 1 comes again" size 128
check "its figures are remembered" wait_for 10 is_told $unmet 2
check "as the reason says" grep -q 'remembered' \
        <<<"$(journalctl -b -o export _SYSTEMD_UNIT=numatierd.service MESSAGE_ID=$unmet | grep -a NUMATIER_REASON)"


# With one
check "the module is loaded" modprobe_override
check "node 1 is moved" wait_for 5 is_told $moved 1
check "node 1 goes" size 0
check "it is told" wait_for 5 is_told $went 2
check "node 1 comes" size 128
check "it is where it belongs" wait_for 5 grep -q '^memory_tier5$' $node/memtier_override

# A tier that somebody else changes
echo 9 >$node/memtier_override
check "is put right" wait_for 5 grep -q '^memory_tier5$' $node/memtier_override

equal "each coming was told once" 3 "$(count $came)"
equal "each going was told once" 2 "$(count $went)"
equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
