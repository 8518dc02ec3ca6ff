# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3-upstream
# machines: small-fast-dimm
# suite: kernel
# timeout: 600
# Access times in the pages of a node that becomes top-tier, or in pages that migrate into one: the
# next hint fault must not take them for CPUs. A kernel without the second patch of kmod/upstream/ panics
# within a second of the first of these.

# shellcheck source=tests/vm/kmod-stamps.bash
. /run/payload/test/kmod-stamps.bash
# while the tiering mode is on, this kernel resets the times of pages that move up
shuffles=

# The tiering mode is off, the times are still there, and so nothing resets them.
pages_up() {
        check "the pages migrate up" migratepages "$writers" 1 0
}

start_trying
for mode in 2 3; do
        for way in up back cpu_node_down; do try $way $mode $mode; done
        try pages_up $mode 1
done
stop_writers
healthy "the guest is well"
