# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# spread: 2
# machines: two-cpu-nodes
# module: yes
# timeout: 300
# A node whose pages hold access times becomes top-tier because another one, with CPUs, gets its memory back.

# shellcheck source=tests/vm/kmod-stamps-hotplug.bash
. /run/payload/test/kmod-stamps-hotplug.bash

start_trying
try 3 3
try 2 0
stop_trying
