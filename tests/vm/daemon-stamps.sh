# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 300
# The whole way that the manual describes: numa-balancing = tiering, a node in a slower tier, threads
# that write to it, and then "numatier restore", which makes the node top-tier again.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/stamps.bash
. /run/payload/test/stamps.bash

is_tiering() {
        [ "$(cat $balancing)" = 3 ]
}

swapoff -a
scan_quickly
echo 1 >$balancing
check "the module is loaded" modprobe_override
mkdir -p /etc/systemd/system/numatierd.service.d
cp /usr/share/doc/numatier/examples/numa-balancing.conf /etc/systemd/system/numatierd.service.d
systemctl daemon-reload
policy tiering '[apply]' 'numa-balancing = tiering'
check "it starts" systemctl start numatierd
comes_to 1 5 20
check "NUMA balancing is in the tiering mode" wait_for 20 is_tiering
start_writers 1
check "the pages hold access times" stamp 3
check "it stops" systemctl stop numatierd
check "restore" numatier restore
check "node 1 is in the kernel's tier" in_tier 1 4
equal "NUMA balancing is as it was" 1 "$(cat $balancing)"
check "the kernel survives" use
stop_writers
healthy "the guest is well"
