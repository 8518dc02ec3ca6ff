# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: hot-added:dimm hot-added:virtio-mem,rule hot-added:cxl
# spread: 1
# timeout: 400
# Hot-added memory is brought online as the policy says. memory-online-soak has it all.

# shellcheck source=tests/vm/memory-online.bash
. /run/payload/test/memory-online.bash
