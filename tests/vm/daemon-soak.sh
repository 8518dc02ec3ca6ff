# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# suite: soak
# kernels: 6.12 7.3
# machines: virtio-mem
# module: yes
# timeout: 1800
# Memory that comes and goes two hundred times: the daemon is right about it each time, and no larger
# in the end than it was when it had seen it all once.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

cycles=200
settled=20 # by then it has been through everything that there is
growth_kib=256

resident() { # KiB; VmRSS may be wrong by as much as is asked for
        awk '$1 == "Rss:" { print $2 }' "/proc/$daemon/smaps_rollup"
}

files() { # that it holds, one a line
        readlink "/proc/$daemon"/fd/* | sort
}

threads() {
        awk '$1 == "Threads:" { print $2 }' "/proc/$daemon/status"
}

at_rest() { # a look's thread has ended
        [ "$(threads)" = 1 ]
}

failed() { # CYCLE WHAT
        failures=$((failures + 1))
        say "cycle $1: $2: $(status); node 1 in $(cat $nodes/node1/memtier_override 2>&1)"
}

check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
daemon=$(main_pid)
failures=0
for ((cycle = 1; cycle <= cycles; cycle++)); do
        # plugged for longer and longer, so that it goes at every stage of what the daemon does about it
        size 128 || failed $cycle "does not come"
        wait_for 10 in_tier 1 5 || failed $cycle "is not in its tier"
        wait_for 10 status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)' || failed $cycle "is not told of"
        sleep "$(bc <<<"$cycle % 30 * 0.1")"
        size 0 || failed $cycle "does not go"
        wait_for 10 status_has '^1 node in 1 tier (dram: 0)' || failed $cycle "is told of when it has gone"
        case $cycle in
        "$settled" | 50 | 100 | 150 | "$cycles")
                sleep 4 # for all the looks that are to come
                wait_for 10 at_rest || failed $cycle "there are $(threads) threads"
                files >/tmp/files-$cycle
                resident >/tmp/resident-$cycle
                say "cycle $cycle, after $SECONDS s: $(cat /tmp/resident-$cycle) KiB resident," \
                        "$(wc -l </tmp/files-$cycle) files open"
                ;;
        esac
done
equal "$cycles times it was right about it" 0 $failures
growth=$(($(cat /tmp/resident-$cycles) - $(cat /tmp/resident-$settled)))
check "it grew by at most $growth_kib KiB: $growth" test $growth -le $growth_kib
check "it holds the files that it held" diff /tmp/files-$settled /tmp/files-$cycles

equal "each coming was told once" $cycles "$(count "$came")"
equal "each going was told once" $cycles "$(count "$went")"
equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
