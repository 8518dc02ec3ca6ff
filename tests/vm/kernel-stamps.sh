# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3-upstream
# machines: small-fast-dimm
# suite: kernel
# timeout: 600
# Access times in the pages of a node that becomes top-tier, or in pages that migrate into one: the
# next hint fault must not take them for CPUs. A kernel without the second patch of kmod/upstream/ panics
# within a second of the first of these.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/stamps.bash
. /run/payload/test/stamps.bash

up() {
        equal "node 1 up" moved "$(write 4)"
}

back() {
        equal "node 1 given back" moved "$(write default)"
}

cpu_node_down() {
        equal "the node with the CPUs goes down" moved "$(node=0 write 30)"
}

# The tiering mode is off, the times are still there, and so nothing resets them.
pages_up() {
        echo 1 >$balancing
        check "the pages migrate up" migratepages "$writers" 1 0
}

try() { # WAY MODE
        node=0 write default >/dev/null
        equal "node 1 is slow" moved "$(write 22)"
        check "mode $2: the pages hold access times" stamp "$2"
        $1
        check "the kernel survives" use
}

swapoff -a
scan_quickly
start_writers 1
for mode in 2 3; do
        for way in up back cpu_node_down pages_up; do try $way $mode; done
done
stop_writers
healthy "the guest is well"
