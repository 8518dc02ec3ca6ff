# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: cxl
# module: yes
# timeout: 300
# A CXL device without HMAT and CDAT: its region made, unmade and made again, kmem unbound and bound, its
# blocks off and on line by hand; and every release valve for its figures.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/cxl.bash
. /run/payload/test/cxl.bash

explained() { # TEXT: in what numatier explains of node 1
        numatier --no-pager explain 1 | grep -qE "$1"
}

check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
check "a device" wait_for 20 has_ends 1
end=$(ends)

# By SLIT: 20 beside 10, and HMAT's 10 ns
check "a region" make_region "$end"
comes_to 1 5
check "by SLIT" explained 'latency 20 ns \(slit\) is within'
check "it is known for what it is" explained '^Its memory: cxl\.'
check "with its chain" explained 'mem0 +0x1234 +0000:0d:00.0 8086:0d93'
equal "in JSON too" "cxl dax0.0 region0 0x1234 0000:0d:00.0 8086:0d93" "$(numatier --json | python3 -c '
import json, sys
[d] = json.load(sys.stdin)["devices"]
print(d["kind"], d["dax"], d["region"], d["cxl_serial"], d["pci_address"], d["pci_id"])')"
moves 1

# Blocks by hand
check "its blocks go offline" blocks region0 offline
check "that is seen" wait_for 5 status_has '^1 node '
check "and come online" blocks region0 online_movable
check "that is seen too" wait_for 5 status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)'
comes_to 1 5
moves 0

# The driver
blocks region0 offline
check "kmem leaves it" unbind dax0.0
check "the node is gone" wait_for 5 test ! -e $nodes/node1
check "kmem takes it" bind dax0.0
comes_to 1 5
moves 0

# The region
blocks region0 offline
unbind dax0.0
check "the region is removed" remove_region region0
check "one node" wait_for 5 status_has '^1 node in 1 tier (dram: 0)'
check "no more than an undo needs is remembered of it" grep -qE '^node [^ ]+ 1 [0-9]+ - auto$' /run/numatier/memory
check "a new region" make_region "$end"
comes_to 1 5
moves 0

# User whim
policy whim '[node expander]' 'cxl-serial = 0x1234' 'tier = far'
check "reload" systemctl reload numatierd
comes_to 1 6
equal "the reason names the rule" '[node expander] names the tier' \
        "$(last $moved REASON | sed 's/^tier far: //')"
policy whim '[node other]' 'cxl-serial = 0x5678' 'tier = far' \
        '[node expander]' 'kind = cxl' 'pci-address = 0d:00.0' 'pci-id = 8086:0d93' 'region = region0' \
        'dax = dax0.0' 'latency = 12ns' 'bandwidth = 90000MiB/s'
systemctl reload numatierd
comes_to 1 4
check "by given figures" explained 'latency 12 ns \(user\)|latency 1.2x'
policy whim '[node expander]' 'cxl-serial = 0x1234' 'ignore = yes'
systemctl reload numatierd
comes_to 1 22
check "ignored: given back" explained 'says ignore'
moves 3

# Measured figures: by serial number, so that another device does not have them
mkdir -p /var/lib/numatier
echo 'cxl:0x5678 read_latency=400 write_latency=400' >/var/lib/numatier/measured
rm $policies/whim.conf
systemctl reload numatierd
comes_to 1 5
check "another device's measurement is not its own" explained '\(slit\)'
check "it is measured" numatier measure 1 --seconds 20 --size 16M --force
check "by its serial number, beside the other" grep -q '^cxl:0x1234 ' /var/lib/numatier/measured
check "which is kept" grep -q '^cxl:0x5678 read_latency=400 ' /var/lib/numatier/measured
say "$(tail -n 1 /var/lib/numatier/measured)"
systemctl reload numatierd
comes_to 1 6
check "its own is" explained 'measured'
moves 2

# By name: the device's drop-in, which wins over others, and what numatier edit makes of one
check "set" numatier set 1 --tier cxl
comes_to 1 5
equal "by its serial number" "cxl-serial = 0x1234,tier = cxl" \
        "$(sed '/^[#[]/d' $policies/90-set-cxl-serial-0x1234.conf | paste -sd,)"
check "set for this boot" numatier set cxl-serial=0x1234 --tier far --runtime
comes_to 1 6
refuse "a tier that is not there" numatier set 1 --tier nowhere
check "the policy is as it was" numatierd --check
check "clear what is for this boot" numatier clear 1 --runtime
comes_to 1 5
cat >/run/editor <<'EDITOR'
#!/bin/sh
sed -i "/^### The text between/a [node e]\nkind = cxl\n$VALUE" "$1"
EDITOR
chmod +x /run/editor
export EDITOR=/run/editor
VALUE='tier = nowhere' numatier edit zz </dev/null 2>/tmp/edit
equal "edit: a wrong policy" "1 absent" "$? $(cat $policies/zz.conf 2>/dev/null || echo absent)"
check "it says where the text is" grep -q "your text is in $policies/.#zz.conf" /tmp/edit
check "edit" env VALUE='tier = far' numatier edit zz
comes_to 1 6
check "set again: it says what takes precedence" eval "numatier set 1 --latency 12ns 2>&1 | grep -q '\[node e\] .*/zz.conf:1) is tried first'"
VALUE='tier = dram' EDITOR=false numatier edit zz 2>/tmp/edit
equal "an editor that fails: nothing is changed" "1 tier = far" "$? $(tail -n 1 $policies/zz.conf)"
refuse "an ordinary user" setpriv --reuid 65534 --regid 65534 --clear-groups numatier set 1 --tier dram
rm -f $policies/zz.conf $policies/.#*
check "clear" numatier clear 1
systemctl reload numatierd
comes_to 1 6
equal "nothing is left" "" "$(ls $policies)"
moves_before=$(count $moved)

# A hand
echo 9 >$nodes/node1/memtier_override
comes_to 1 6
check "it is said" grep -q 'from memory_tier9 to memory_tier6 (it was moved manually; tier far' <<<"$(entries "$moved")"
policy whim '[apply]' 'manual = keep'
systemctl reload numatierd
echo 9 >$nodes/node1/memtier_override
check "a hand is respected" wait_for 5 status_has '^2 nodes in 1 tier'
systemctl reload numatierd
check "and explained" explained 'moved manually'
check "it stays" in_tier 1 9
moves 1
blocks region0 offline
wait_for 5 status_has '^1 node '
blocks region0 online_movable
comes_to 1 6
moves 1

equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
check "it stops" systemctl stop numatierd
check "numatier restore" numatier restore
check "back where Linux had it" in_tier 1 22
healthy "the guest is well"
