# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: hmat:10/10,20/5,15/8 hmat:80/1000,250/300,90/1000,400/100 hmat:7/3,22/13 hmat:100/10,110/9 dram:100/1000,105/1040,300/200 dram:10/10,30/5,60/2
# spread: yes
# timeout: 240
# method = adistance against the tiers that the kernel itself makes of the same HMAT: one of them is
# bound to truncate, one is just within 10%, and one has DRAM nodes that differ by more, at which the
# kernel switches its own algorithm off.

cat >/etc/numatier-adistance.conf <<'CONF'
[policy]
method = adistance
sources = hmat
CONF

numatier --config /etc/numatier-adistance.conf --json >/run/status.json
nodes=$(tr , "\n" </sys/devices/system/node/has_memory |
        awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
for node in $nodes; do
        wanted=$(python3 -c "
import json
for n in json.load(open('/run/status.json'))['nodes']:
    if n['node'] == $node:
        print(n['wanted_tier'] if n['wanted_tier'] is not None else 'Linux')")
        # left to Linux: where the kernel's algorithm is off, its default is what the node gets
        if [ "$wanted" = Linux ]; then
                check "node $node is left to Linux, whose algorithm is off" \
                        eval "dmesg | grep -q 'disable default DRAM node performance'"
                wanted=4
        fi
        equal "node $node: tier" "$(tier_of "$node")" "$wanted"
done
equal "nothing is out of place" "There is nothing to do." \
        "$(numatier --config /etc/numatier-adistance.conf plan)"
