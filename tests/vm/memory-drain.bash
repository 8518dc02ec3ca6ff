# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# For the tests of numatier drain and numatier online: two parts of memory, movable, with a daemon whose policy that is.

# shellcheck source=tests/vm/memory.bash
. /run/payload/test/memory.bash

holder_mib=64
small_mib=4
# QEMU emulates each access to CXL memory.
[ "$kind" != cxl ] || holder_mib=4 small_mib=1

drain() { # OPTION...: what it said is in /tmp/said
        numatier drain "$node" "$@" >/tmp/said 2>&1
}

drains() { # NAME OPTION...
        if drain "${@:2}"; then
                ok "$1"
        else
                not_ok "$1"
                show "$(cat /tmp/said)"
        fi
}

bring_back() {
        numatier online "$node" >/tmp/said 2>&1
}

says() { # PATTERN NAME
        if grep -qE "$1" /tmp/said; then
                ok "$2"
        else
                not_ok "$2: no '$1'"
                show "$(cat /tmp/said)"
        fi
}

is_intact() { # wherever its pages are now
        ask_holder | grep -qx '[0-9]*'
}

is_recorded() {
        grep -qx "nodes $node" /run/numatier/drained
}

# No block is on its way, and each is online as before or offline.
is_consistent() {
        ! list_blocks | grep -qvxE 'movable|offline'
}

begin() {
        echo offline >$auto
        policy online '[online]' 'online = movable'
        check "it starts" systemctl start numatierd
        comes "memory comes"
        comes "and more"
        become movable "it is online by policy"
}

# A drain that runs until somebody ends it: a page in a pipe can be moved by nobody. Not from a subshell; a job of a script
# has SIGINT ignored.
start_endless_drain() {
        start_holder $small_mib pinned
        ask_holder >/dev/null
        env --default-signal=INT numatier drain "$node" >/tmp/said 2>&1 &
        drainer=$!
        wait_for 60 grep -qx going-offline "$nodes/node$node"/memory[0-9]*/state
}

has_ended() { # PID
        ! kill -0 "$1"
}

# Waits until it has; its exit status.
end_of_drain() {
        wait_for 30 has_ended "$drainer" || kill -KILL "$drainer"
        wait "$drainer"
        drained=$?
}

try_drain_and_back() {
        local block
        start_holder $holder_mib
        equal "a program has its pages there" $((holder_mib * 256)) "$(ask_holder)"
        drains "drain"
        says "^4 of 4 blocks of node $node are offline\$" "it sums up"
        become offline "they are"
        equal "the program's data are intact, elsewhere" 0 "$(ask_holder)"
        systemctl restart numatierd
        in_time "the daemon says that it leaves the node alone" says_of $is_left drained
        equal "and does" "4 offline" "$(tally)"
        check "numatier online" bring_back
        says "^4 of 4 blocks of node $node online, movable\$" "it sums up"
        equal "they are" "4 movable" "$(tally)"
        equal "the program's data are intact" 0 "$(ask_holder)"
        stop_holder
}

# A page that cannot be moved is found and named. The time is enough to try each block.
try_pinned() {
        start_holder $small_mib pinned
        equal "a program has a page in a pipe" $((small_mib * 256)) "$(ask_holder)"
        drain --timeout 25s --rollback
        equal "drain --timeout --rollback fails" 1 $?
        says "memory[0-9]+ stays online: .*page 0x[0-9a-f]+.*pinned" "it names the page that is pinned"
        says "Node $node is as it was before: 4 of 4 blocks are online" "it says that all is as before"
        equal "it is" "4 movable" "$(tally)"
        refuse "it is not recorded" is_recorded
        check "the data are intact" is_intact
        stop_holder
}

try_interrupt() {
        start_endless_drain
        kill -INT "$drainer"
        end_of_drain
        equal "Ctrl-C ends a drain" 1 $drained
        says "^.*(partly offline|as before)" "it says what state that is"
        check "which is so" wait_for 10 is_consistent
        check "the data are intact" is_intact
        stop_holder
        check "numatier online" bring_back
        equal "they are online" "4 movable" "$(tally)"
}

try_kill() {
        start_endless_drain
        kill -KILL "$drainer"
        end_of_drain
        equal "a drain is killed" 137 $drained
        check "nothing is on its way" wait_for 30 is_consistent
        check "the node is recorded" is_recorded
        stop_holder
        drains "drain goes on"
        equal "to the end" "4 offline" "$(tally)"
        check "numatier online" bring_back
        equal "they are online" "4 movable" "$(tally)"
}

# The kernel's own pages, in the zone Normal.
try_kernel_pages() {
        drains "drain"
        check "online --zone kernel" numatier online "$node" --zone kernel
        equal "they are" "4 kernel" "$(tally)"
        start_holder $small_mib kernel
        ask_holder >/dev/null
        drain
        equal "kernel pages: drain fails" 1 $?
        says "memory[0-9]+ stays online: it is in a kernel zone.*page 0x[0-9a-f]+" "it names the zone and a page"
        stop_holder
}

plug_other() { # as soon as the slot is free
        qmp '{"execute": "device_add", "arguments": {"driver": "cxl-type3", "bus": "rp0", "volatile-memdev": "cxlmem0", "id": "c1", "sn": 22136}}' |
                grep -q return || ! sleep 1
}

are_dimms_out() {
        ! qmp '{"execute": "query-memory-devices"}' | grep -q '"d[01]"'
}

# The device goes, and another comes in its place.
try_unplug() {
        drains "drain --unplug" --unplug
        says "and its memory was removed" "it says so"
        check "the node is gone" test ! -e "$nodes/node$node"
        case $kind in
        cxl)
                equal "no region is left" "" "$(ls -d "$cxl"/region* 2>/dev/null)"
                qmp '{"execute": "device_del", "arguments": {"id": "c0"}}' >/dev/null
                check "the device goes" wait_for 30 has_ends 0
                wait_for 30 plug_other
                check "another comes" wait_for 30 has_ends 1
                next=0
                ;;
        dimm) check "the DIMMs are out" wait_for 20 are_dimms_out ;;
        esac
        parts=0
        comes "new memory"
        become movable "it comes online by policy"
}
