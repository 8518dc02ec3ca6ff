# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# suite: soak
# kernels: 6.1 6.12 7.3
# machines: hot-added:dimm,auto hot-added:dimm,rule hot-added:virtio-mem hot-added:virtio-mem,auto hot-added:cxl,auto hot-added:cxl,rule
# timeout: 600
# Hot-added memory is brought online as the policy says: each kind, and whoever else brings it online.
# The rest is in memory-online, which the soak suite runs on every kernel.

# shellcheck source=tests/vm/memory-online.bash
. /run/payload/test/memory-online.bash
