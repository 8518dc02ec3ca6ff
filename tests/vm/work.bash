# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The work that a small node 0 is too small for, for those who show what tiers are good for.

mib_of() { # FIELD NODE: of the node's meminfo
        awk -v field="$1:" '$3 == field { printf "%d", $4 / 1024 }' "/sys/devices/system/node/node$2/meminfo"
}

# As much as node 0 has in all, so that it cannot hold it.
work_mib=$(mib_of MemTotal 0)

# A process bound to node 0 that touches that much; prints "finished" unless the kernel kills it. It is
# one memset, not an interpreter's loop: with the interpreter's own pages reclaimed over and over, the
# kernel can be minutes in giving up.
work() {
        systemd-run --quiet --wait --pipe -p NUMAPolicy=bind -p NUMAMask=0 -p OOMScoreAdjust=1000 \
                -p MemorySwapMax=0 python3 -c "
memory = b'x' * ($work_mib << 20)
print('finished')" 2>&1
}

demoted_pages() {
        awk '/^pgdemote_/ { n += $2 } END { print n + 0 }' /proc/vmstat
}
