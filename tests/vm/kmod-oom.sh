# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 300
# The point of it all: node 0 is small and node 1 large, and a process of node 0 needs more than that
# holds. Linux has both in one tier (6.1 always; 7.3 because node 1 is an ACPI device at boot), knows
# nowhere to demote to, and kills the process. One write later, the same process finishes.

# shellcheck source=tests/vm/work.bash
. /run/payload/test/work.bash

swapoff -a
check "demotion is enabled" eval "echo 1 >/sys/kernel/mm/numa/demotion_enabled"
equal "two nodes with memory" 0-1 "$(cat /sys/devices/system/node/has_memory)"
check "it loads" modprobe_override
equal "both in one tier" memory_tier4 "$(cat /sys/devices/system/node/node[01]/memtier_override | uniq)"

equal "before: the process does not finish" "" "$(work | grep finished)"
check "it was killed for want of memory" eval "dmesg | grep -q 'Out of memory.*python3\|oom-kill:.*task=python3'"
equal "nothing was demoted" 0 "$(demoted_pages)"

check "echo 5 >/sys/devices/system/node/node1/memtier_override" \
        eval "echo 5 >/sys/devices/system/node/node1/memtier_override"
equal "after: the same process finishes" finished "$(work)"
pages=$(demoted_pages)
check "pages were demoted: $pages" test "$pages" -gt 0
check "it unloads" rmmod memtier_override
healthy "the guest is well"
