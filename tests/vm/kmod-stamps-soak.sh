# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: small-fast-dimm
# module: yes
# suite: soak
# timeout: 7200
# kmod-stamps.sh, 50 rounds of every way in every mode.

writers_mib=4
# shellcheck source=tests/vm/kmod-stamps.bash
. /run/payload/test/kmod-stamps.bash

start_trying
for ((round = 0; round < 50; round++)); do
        for way in up back unload cpu_node_down; do
                try $way 3 3
                try $way 3 1
                try $way 2 2
                try $way 2 0
        done
done
stop_trying
