# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: cxl-generic-port
# module: yes
# timeout: 200
# A CXL device with figures of its own (CDAT, and a generic port in SRAT): used where the kernel gets
# them right, told and left aside where it does not.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/cxl.bash
. /run/payload/test/cxl.bash

used() { # VALUE: where it comes from, in numatier's explanation of node 2
        numatier --json explain 2 | python3 -c '
import json, sys
print(*[v["source"] for v in json.load(sys.stdin)["values"] if v["quantity"] == sys.argv[1] and v["used"]])' "$1"
}

check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
check "a device" wait_for 20 has_ends 1
check "a region" make_region "$(ends)"
if [ "$KERNEL" = 7.3 ]; then # 172 and 272 ns beside 10
        comes_to 2 6
        equal "latency" cdat "$(used write_latency)"
        equal "bandwidth" cdat "$(used read_bandwidth)"
        equal "nothing is wrong" 0 "$(count "$bug")"
else # 17170 and 17270 ns, most of them picoseconds; SLIT says 20 beside 10
        comes_to 2 5
        equal "latency" slit "$(used write_latency)"
        equal "bandwidth" hmat "$(used read_bandwidth)"
        systemctl reload numatierd
        sleep 1
        equal "the kernel's mistake is told once" 1 "$(count "$bug")"
        check "with what corrects it" grep -q 'read_latency of node 2, 17170 ns, is not used.*cxl-serial = 0x1234' \
                <<<"$(entries "$bug")"
        policy given '[node expander]' 'cxl-serial = 0x1234' 'latency = 272ns'
        systemctl reload numatierd
        comes_to 2 6
        equal "corrected" 1 "$(count "$bug")"
        rm $policies/given.conf
        systemctl reload numatierd
        comes_to 2 5
fi

# The kernel shows 6.12's figures in the node, and never again; those of the region stay with it
blocks region0 offline
unbind dax0.0
check "kmem leaves it" wait_for 5 test ! -e $nodes/node2
check "kmem takes it" bind dax0.0
if [ "$KERNEL" = 7.3 ]; then
        comes_to 2 6
else
        comes_to 2 5
fi
equal "bandwidth" "$([ "$KERNEL" = 7.3 ] && echo cdat || echo hmat)" "$(used read_bandwidth)"
healthy "the guest is well"
