# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Every way in which node 1 becomes top-tier while threads write to its pages, which hold access times.

# shellcheck source=tests/vm/kmod.bash
. /run/payload/test/kmod.bash
# shellcheck source=tests/vm/stamps.bash
. /run/payload/test/stamps.bash

# Each way makes node 1 top-tier; "away" makes it slow again.
up() {
        equal "up" moved "$(write 4)"
}

back() {
        equal "given back" moved "$(write default)"
}

unload() {
        check "unload" rmmod memtier_override
        check "load" modprobe_override
}

cpu_node_down() {
        equal "the node with the CPUs goes down" moved "$(node=0 write 30)"
}

away() {
        [ "$(node=0 read_file)" = memory_tier4 ] || node=0 write default >/dev/null
        equal "node 1 is slow" moved "$(write 22)"
}

shuffles=yes # empty: they do not

# Pages migrate between the nodes all the time. While the tiering mode is on, the kernel resets stamps
# that get into the top tier, but not while NUMA balancing pauses.
shuffle() {
        while :; do
                migratepages "$writers" 1 0
                migratepages "$writers" 0 1
        done
}

# Whoever writes is killed while the module reads pages. That may take some attempts.
killed_writer() {
        local attempt
        away
        check "mode 3: the pages hold access times" stamp 3
        for attempt in {1..100}; do
                write 22 >/dev/null
                ! kill_writer || break
        done
        check "a write is killed (attempt $attempt)" stays_off
        check "NUMA balancing comes back" wait_for 60 grep -qx 3 $balancing
        check "the kernel survives" use
}

kill_writer() { # has it died while the module read pages?
        local pid
        bash -c "echo 4 >$nodes/node1/memtier_override" &
        pid=$!
        sleep 0.0$((RANDOM % 10))
        kill -KILL $pid
        wait $pid
        stays_off
} 2>/dev/null

stays_off() {
        dmesg | grep -q 'NUMA balancing stays off for now (-4)'
}

# The mode in which the stamps are made, and the one in which the node moves
try() { # WAY MODE MODE
        local shuffler=
        away
        check "mode $2: the pages hold access times" stamp "$2"
        echo "$3" >$balancing
        if [ "$shuffles" ] && [ "$2" = "$3" ]; then shuffle & shuffler=$!; fi
        $1
        equal "NUMA balancing is as before" "$3" "$(cat $balancing)"
        [ -z "$shuffler" ] || { kill $shuffler && wait $shuffler; } 2>/dev/null
        check "the kernel survives" use
}

start_trying() {
        swapoff -a
        scan_quickly
        check "it loads" modprobe_override
        start_writers 1
}

stop_trying() {
        stop_writers
        show "$(dmesg | grep -o 'cleared .* access times.*' | tail -3)"
        check "access times were cleared" eval "dmesg | grep -q 'cleared [1-9][0-9]* access times'"
        healthy "the guest is well"
}
