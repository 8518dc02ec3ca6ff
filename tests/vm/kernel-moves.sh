# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3-upstream
# machines: thread
# suite: kernel
# The kernel's own memtier_override (kmod/upstream/) on the thread's guest: every move, every refusal,
# and numatierd, which uses it as it uses the module's.

# shellcheck source=tests/vm/moves.bash
. /run/payload/test/moves.bash
# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

refuse "there is no module" test -e /sys/module/memtier_override
before=$(ls /sys/devices/virtual/memory_tiering)
try_moves
try_garbage

equal "node 0, with the CPUs, moves too" moved "$(node=0 write 3)"
equal "node 0 is there" 3 "$(tier_of 0)"
equal "both into one tier" moved "$(write 3)"
equal "node 1 is there" 3 "$(tier_of 1)"
equal "give back node 0" moved "$(node=0 write default)"
equal "give back node 1" moved "$(write default)"
equal "no tier was left behind" "$before" "$(ls /sys/devices/virtual/memory_tiering)"

check "numatierd starts" systemctl start numatierd
comes_to 1 5
moves 1
check "numatierd stops" systemctl stop numatierd
check "what it did is undone" numatier restore
equal "node 1 is back" memory_tier18 "$(read_file)"
healthy "the guest is well"
