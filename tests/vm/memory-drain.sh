# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# machines: hot-added:dimm hot-added:cxl
# spread: 1
# timeout: 500
# numatier drain and numatier online: with a program's pages on the node, with a page that cannot be moved, interrupted,
# killed; and a device that is replaced by another.

# shellcheck source=tests/vm/memory-drain.bash
. /run/payload/test/memory-drain.bash

try_all() {
        begin
        try_drain_and_back
        try_pinned
        try_interrupt
        try_kill
        try_unplug
        equal "the daemon never died" 0 "$(systemctl show -P NRestarts numatierd)"
        healthy "the guest is well"
}

if can_be; then try_all; fi
