# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: dimm cold-dimm
# spread: 1
# module: yes
# timeout: 240
# ACPI memory devices: one that is there at boot, which even the newest kernel puts beside DRAM whatever
# HMAT says, and ones that are plugged and unplugged.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

plug() { # BACKEND
        qmp '{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "d'"$1"'", "memdev": "dimm'"$1"'", "node": 1}}' >/dev/null
}

unplug() { # BACKEND
        qmp '{"execute": "device_del", "arguments": {"id": "d'"$1"'"}}' >/dev/null
}

has_grown() { # with the second DIMM, and that was told
        grep -q '1024 MiB' <<<"$(entries "$resized")"
}

is_gone() {
        [ ! -e $nodes/node1 ]
}

if [ "$MACHINE" = cold-dimm ]; then
        equal "Linux has it beside DRAM" 4 "$(tier_of 1)"
        check "the module is loaded" modprobe_override
        check "it starts" systemctl start numatierd
else
        check "the module is loaded" modprobe_override
        check "it starts" systemctl start numatierd
        check "one node" status_has '^1 node in 1 tier (dram: 0)'
        plug 0
fi
comes_to 1 5 20
equal "by HMAT" '20 ns (hmat)' "$(last "$moved" REASON | grep -o '20 ns (hmat)')"
check "Linux's figures are remembered" grep -q '^memory node1@' /run/numatier/memory
moves 1
unplug 0
check "it is unplugged" wait_for 20 is_gone
check "that is seen" wait_for 5 status_has '^1 node in 1 tier (dram: 0)'
if [ "$MACHINE" = dimm ]; then
        plug 1
        comes_to 1 5 20
        check "its figures are no longer shown" test ! -e $nodes/node1/access0
        check "and are remembered" grep -q remembered <<<"$(numatier explain 1)"
        plug 0
        check "a second one beside it" wait_for 20 has_grown
        check "the node is as it was" in_tier 1 5
        moves 0
fi
equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
