# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: two-cpu-nodes
# module: yes
# suite: soak
# timeout: 7200
# kmod-stamps-hotplug.sh, 50 rounds in every mode.

writers_mib=4
# shellcheck source=tests/vm/kmod-stamps-hotplug.bash
. /run/payload/test/kmod-stamps-hotplug.bash

start_trying
for ((round = 0; round < 50; round++)); do
        try 3 3
        try 3 1
        try 2 2
        try 2 0
done
stop_trying
