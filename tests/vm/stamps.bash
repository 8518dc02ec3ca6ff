# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# NUMA balancing's access times ("stamps", kmod/stamps.c) in the pages of a slow node: how they are
# made, and how the kernel comes to use them.

balancing=/proc/sys/kernel/numa_balancing
writers_mib=${writers_mib:-32}
slow=1 # the node with the writers' pages

# Scans as often as the kernel allows, and promotes nothing.
scan_quickly() {
        local knobs=/sys/kernel/debug/sched/numa_balancing
        [ -d $knobs ] || mount -t debugfs none /sys/kernel/debug
        echo 50 >$knobs/scan_delay_ms
        echo 10 >$knobs/scan_period_min_ms
        echo 20 >$knobs/scan_period_max_ms
        # the shortest time between two scans is as long as reading this much may take, at 2.5 GiB/s
        echo 64 >$knobs/scan_size_mb
        echo 0 >/proc/sys/kernel/numa_balancing_promote_rate_limit_MBps
        # one huge page is one stamp
        echo never >/sys/kernel/mm/transparent_hugepage/enabled
}

start_writers() { # NODE; not to be called in a subshell
        mkfifo /tmp/writers-question /tmp/writers-answer 2>/dev/null
        exec 5<>/tmp/writers-question 6<>/tmp/writers-answer
        nice -n 19 /run/payload/test/writers "$1" "$writers_mib" <&5 >&6 5>&- 6>&- &
        writers=$!
}

writers_go_on() { # each thread has written to all of its memory again
        echo "$SECONDS" >&5
        IFS= read -r -t 120 _ <&6
}

stop_writers() {
        kill "$writers"
        wait "$writers" 2>/dev/null
        exec 5>&- 6>&-
}

scanned() { # pages that NUMA balancing has scanned since boot
        awk '$1 == "numa_pte_updates" { print $2 }' /proc/vmstat
}

has_scanned() { # PAGES
        [ "$(scanned)" -ge "$1" ]
}

scan() { # MODE: NUMA balancing scans as much as the writers' memory
        echo "$1" >$balancing
        wait_for 120 has_scanned $(($(scanned) + writers_mib * 256))
}

# The writers' pages are on the slow node and hold stamps.
stamp() { # MODE
        migratepages "$writers" 0 "$slow" && scan "$1"
}

# The slow node has become top-tier. Every page is looked at; then is the kernel still there?
use() {
        scan 1 && writers_go_on
}
