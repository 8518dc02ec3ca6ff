# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 900
# suite: soak
# How long a machine without the guard stays frozen: five minutes of it.

# shellcheck source=tests/vm/freeze.bash
. /run/payload/test/freeze.bash

swapoff -a
modprobe_override
policy 'demotion = force' 'min-ttl = 0'
check "demotion = force" numatier apply
read -r word seconds turns <<<"$(eat 300)"
equal "memory runs out, and the machine freezes ($seconds s, $turns turns)" frozen "$word"
check "numatier restore" numatier restore
