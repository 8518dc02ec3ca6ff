# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# spread: 1
# machines: virtio-mem
# module: yes
# timeout: 240
# What outlives a run: originals for restore, manual moves, the values of memory that went; and files of
# ours that are damaged, or of version 0.1.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash
state=/run/numatier
node1=$nodes/node1/memtier_override

journal_has() { # TEXT
        journalctl --sync
        grep -q "$1" <<<"$(journalctl -b -u numatierd -o cat)"
}

restart() {
        systemctl restart numatierd
}

# A manual move, with manual = keep
check "the module is loaded" modprobe_override
policy manual '[apply]' 'manual = keep'
check "node 1 comes" size 256
check "it starts" systemctl start numatierd
comes_to 1 5 20
moves 1
echo 9 >$node1
check "it stays over a reload" systemctl reload numatierd
check "and a restart" restart
check "it is where it was put" in_tier 1 9
systemctl stop numatierd
check "and over apply without a daemon" numatier apply
check "it is where it was put" in_tier 1 9
check "the reason says so" grep -q 'moved manually' <<<"$(numatier explain 1)"
check "it starts" systemctl start numatierd
check "its memory goes" size 0
check "that is seen" wait_for 20 status_has '^1 node in 1 tier (dram: 0)'
check "and comes again" size 256
comes_to 1 5 20
rm $policies/manual.conf
systemctl reload numatierd

# Restore while the memory is offline, and while its node is gone with the file
set_blocks() { # STATE: of all memory of node 1
        local block
        for block in "$nodes"/node1/memory[0-9]*/state; do
                echo "$1" >"$block" || return
        done
}
check "the memory goes offline" set_blocks offline
check "that is seen" wait_for 20 status_has '^1 node in 1 tier (dram: 0)'
systemctl stop numatierd
check "restore works without it" numatier restore
equal "nothing is left to undo" "" "$(grep '^original' $state/undo)"
check "the memory comes online" set_blocks online_movable
check "in Linux's own tier" in_tier 1 18
check "it starts" systemctl start numatierd
comes_to 1 5 20
check "the memory goes" size 0
check "that is seen" wait_for 20 status_has '^1 node in 1 tier (dram: 0)'
systemctl stop numatierd
refuse "restore cannot give it back" numatier restore
check "and keeps what it was" grep -q '^original .*/node1/memtier_override memory_tier18$' $state/undo
check "the memory comes" size 256
check "now it can" numatier restore
check "in Linux's own tier" in_tier 1 18
equal "nothing is left to undo" "" "$(grep '^original' $state/undo)"
check "it starts" systemctl start numatierd
comes_to 1 5 20

# One bad line among the measured values
key=$(sed -n 's/^node \(node1@[^ ]*\) .*/\1/p' $state/memory)
mkdir -p /var/lib/numatier
echo "$key read_latency=500 write_latency=500" >/var/lib/numatier/measured
systemctl reload numatierd
comes_to 1 6 20
moves_before=$(count $moved)
echo "$key read_latency=5OO write_latency=500" >/var/lib/numatier/measured
systemctl reload numatierd
check "a bad line is reported" wait_for 20 journal_has 'measured:1: expected'
check "its node stays where it is" in_tier 1 6
check "over a restart too" restart
check "it stays" in_tier 1 6
moves 0
check "it is reported as unreadable" grep -q 'cannot be read now' <<<"$(numatier explain 1)"
rm /var/lib/numatier/measured
systemctl reload numatierd
comes_to 1 5 20

# The state of version 0.1
systemctl stop numatierd
rm -f $state/undo* $state/memory* $state/view*
cat >$state/state <<END
# numatier state 1; kept for this boot, do not edit
policy 0000000000000000
node 0 - 4 dram
node 1 18 5 cxl
original sys/devices/system/node/node1/memtier_override memory_tier18
END
check "it starts on the old state" systemctl start numatierd
check "whose file goes" wait_for 20 test ! -e $state/state
check "and whose original is kept" grep -q '^original .*/node1/memtier_override memory_tier18$' $state/undo
check "node 1 stays" in_tier 1 5
systemctl stop numatierd
check "and is given back" numatier restore
check "to Linux" in_tier 1 18

# A damaged journal
check "it starts" systemctl start numatierd
comes_to 1 5 20
systemctl stop numatierd
printf 'orig\0\n' >>$state/undo
check "it starts on a damaged journal" systemctl start numatierd
check "that is reported" wait_for 20 journal_has '/run/numatier/undo is damaged'
check "the file is set aside" test -e $state/undo.damaged-1
systemctl stop numatierd
refuse "restore fails loudly" numatier restore
check "and undoes what it knows" in_tier 1 18
rm $state/undo.damaged-1
check "until the file is removed" numatier restore
healthy "the guest is well"
