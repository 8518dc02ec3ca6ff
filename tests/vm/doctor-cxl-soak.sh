# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: cxl
# module: yes
# timeout: 300
# suite: soak
# What numatier doctor finds of CXL memory that HMAT says nothing of: offline, the kernel's, unused.

# shellcheck source=tests/vm/cxl.bash
. /run/payload/test/cxl.bash

ids() { # of the findings
        numatier doctor 2>&1 | awk '$1 == "id" { print $2 }'
}

finds() { # WHEN ID
        check "$1: $2" grep -qx "$2" <<<"$(ids)"
}

misses() { # WHEN ID
        refuse "$1: no $2" grep -qx "$2" <<<"$(ids)"
}

check "a device" wait_for 20 has_ends 1
misses "before there is a region" hmat-absent
misses "before there is a region" memory-offline
check "a region" make_region "$(ends)"
check "its memory is online" wait_for 20 grep -q '^0-1$' /sys/devices/system/node/has_memory
finds "a region" hmat-absent
misses "a region" memory-offline
misses "a region" kernel-memory

check "its blocks go offline" blocks region0 offline
finds "blocks offline" memory-offline
check "the device is unbound" unbind dax0.0
finds "unbound" dax-unused
misses "unbound" memory-offline
check "the device is bound" bind dax0.0
check "its memory is online again" wait_for 20 grep -q '^0-1$' /sys/devices/system/node/has_memory
misses "bound" dax-unused

# Last: what the kernel puts there may stay for good
check "its blocks go offline" blocks region0 offline
check "they come online in the kernel's zone" blocks region0 online_kernel
finds "in the kernel's zone" kernel-memory
misses "in the kernel's zone" memory-offline
healthy "no kernel warning"
