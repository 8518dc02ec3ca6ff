# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A node with CPUs loses all its memory and gets it back. While it has none, the top tier is smaller,
# and pages of a node that was in it hold access times. Then that node is top-tier again.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/stamps.bash
. /run/payload/test/stamps.bash
slow=2

# The mode in which the stamps are made, and the one in which node 1 comes back
try() { # MODE MODE
        check "node 1's memory goes" all_blocks offline
        check "mode $1: pages of node 2 hold access times" stamp "$1"
        echo "$2" >$balancing
        check "node 1's memory comes back" all_blocks online_movable
        equal "node 1 is where it was" memory_tier6 "$(node=1 read_file)"
        equal "NUMA balancing is as before" "$2" "$(cat $balancing)"
        check "the kernel survives" use
}

start_trying() {
        swapoff -a
        scan_quickly
        check "it loads" modprobe_override
        start_writers 2
        equal "node 1, with CPUs, into a slow tier" moved "$(node=1 write 6)"
        equal "node 2, without, into a faster one" moved "$(node=2 write 5)"
}

stop_trying() {
        stop_writers
        check "it unloads" rmmod memtier_override
        healthy "the guest is well"
}
