# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# spread: 2
# machines: small-fast-dimm
# module: yes
# timeout: 300
# A node whose pages hold access times becomes top-tier, in every way there is, while threads write to
# it. Without kmod/stamps.c the kernel panics in the first round (6.12, 7.3).

# shellcheck source=tests/vm/kmod-stamps.bash
. /run/payload/test/kmod-stamps.bash

start_trying
try up 3 3
try back 2 2
killed_writer
try unload 3 1
try cpu_node_down 2 0
stop_trying
