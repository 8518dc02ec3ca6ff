# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: dram:100/10000,109/9200 dram:100/10000,160/9200 hmat:100/10000,90/200
# spread: 1
# module: yes
# timeout: 200
# Ordinary memory that HMAT has the kernel misplace: DRAM split by less than 10%, DRAM lumped together by
# more than 10%, and a table that contradicts itself.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash

linux=$(tier_of 1)
check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
case $MACHINE in
*109*)
        equal "Linux splits DRAM" 5 "$linux"
        comes_to 1 4
        equal "nothing is wrong with the table" 0 "$(count "$bug")"
        moves 1
        ;;
*160*)
        equal "Linux lumps it together" 4 "$linux"
        comes_to 1 5
        check "why Linux does is told" grep -q 'differ by more than 10%.*100 and 160' <<<"$(entries "$bug")"
        policy same '[node second]' 'node = 1' 'latency = 100ns'
        systemctl reload numatierd
        comes_to 1 4
        moves 2
        ;;
*)
        comes_to 1 5
        check "the contradiction is told" grep -q 'its latency is 0.9x that of node 0, its bandwidth 0.02x' \
                <<<"$(entries "$bug")"
        policy given '[node second]' 'node = 1' 'bandwidth = 9000MiB/s'
        systemctl reload numatierd
        comes_to 1 4
        equal "corrected" 1 "$(count "$bug")"
        ;;
esac
healthy "the guest is well"
