# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: cxl-port
# module: yes
# timeout: 240
# A CXL device is removed and another put in its place, under the same node number: what was said,
# measured and done about the first does not hold for the second, and holds again when it is back.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/cxl.bash
. /run/payload/test/cxl.bash

plug() { # BACKEND SERIAL
        qmp '{"execute": "device_add", "arguments": {"driver": "cxl-type3", "bus": "rp0", "volatile-memdev": "cxlmem'"$1"'", "id": "c'"$1"'", "sn": '$(($2))'}}' | grep -q return || return
        wait_for 30 has_ends 1 && grep -q "$2" $cxl/mem*/serial && make_region "$(ends)"
}

has_left() { # BACKEND
        ! qmp '{"execute": "qom-list", "arguments": {"path": "/machine/peripheral"}}' | grep -q '"c'"$1"'"'
}

unplug() { # BACKEND
        blocks region0 offline && unbind dax0.0 && remove_region region0 || return
        qmp '{"execute": "device_del", "arguments": {"id": "c'"$1"'"}}' >/dev/null
        wait_for 30 has_ends 0 && wait_for 30 has_left "$1" # the slot: that is later
}

modprobe pciehp 2>/dev/null
policy devices '[node first]' 'cxl-serial = 0x1234' 'tier = far'
mkdir -p /var/lib/numatier
echo 'cxl:0x5678 read_latency=12 write_latency=12 read_bandwidth=90000 write_bandwidth=90000' >/var/lib/numatier/measured
check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd

check "the first device" plug 0 0x1234
comes_to 1 6
moves 1
check "is removed" unplug 0
check "one node" wait_for 5 status_has '^1 node '
check "the second" plug 1 0x5678
comes_to 1 4
check "by what was measured of it" grep -q 'measured' <<<"$(numatier explain 1)"
check "its serial number" grep -q 0x5678 <<<"$(numatier explain 1)"
moves 1
check "is removed" unplug 1
check "one node" wait_for 5 status_has '^1 node '
check "the first again" plug 2 0x1234
comes_to 1 6
moves 1

equal "each coming was told" 3 "$(count "$came")"
equal "each going was told" 2 "$(count "$went")"
equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
