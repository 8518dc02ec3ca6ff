# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# Memory of one kind comes to a node part by part, under each value of "online" in turn. $rival is who else brings it online:
# nobody, the kernel (auto), or a udev rule (rule).

# shellcheck source=tests/vm/memory.bash
. /run/payload/test/memory.bash
rival=${MACHINE#*,}
[ "$rival" != "$MACHINE" ] || rival=nobody
rule=/run/udev/rules.d/80-rival.rules

case $rival in
nobody)
        echo offline >$auto
        others=offline # what its blocks are where nobody but others does anything
        ;;
auto)
        echo online >$auto
        others=kernel
        ;;
rule)
        echo offline >$auto
        mkdir -p "${rule%/*}"
        printf '%s\n' '# as distributions have it' \
                'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"' >$rule
        udevadm control --reload
        others=kernel
        ;;
esac
auto_before=$(cat $auto)
# what a rival has put into Normal
[ "$rival" = nobody ] || may_be_held=1

sums_up_as() { # STATE WORDS: if some are held, that is what it says
        local all good
        all=$(count_blocks)
        good=$(list_blocks | grep -cx "$1")
        in_time "the journal sums up: $good of $all" sums_up "$good of $all blocks of node $node $2"
        [ "$good" = "$all" ] ||
                check "and says why not all" grep -qE "^MESSAGE=.* block.* of node $node (could not be|not )" \
                        <<<"$(entries $is_refused "NUMATIER_NODE=$node"; entries $is_left "NUMATIER_NODE=$node")"
}

rival_is_told() {
        case $rival in
        auto) in_time "the kernel is named" says_of $has_rival "$auto brings" ;;
        rule) in_time "the rule is named, with its line" says_of $has_rival "$rule:2 brings" ;;
        nobody) equal "nobody is named" 0 "$(count $has_rival)" ;;
        esac
}

try_leave() {
        set_online leave
        comes "leave: a part comes"
        become "$others" "leave: as others have it"
        equal "leave: nothing is said" "0 0" "$(count $is_online) $(count $is_quarantined)"
}

try_no() {
        set_online no
        become offline "no: what was there"
        sums_up_as offline "offline, as online = no says"
        comes "no: a part comes"
        become offline "no: stays offline"
        sums_up_as offline "offline, as online = no says"
}

try_movable() {
        set_online movable
        become movable "movable: what was there"
        comes "movable: a part comes"
        become movable "movable: all of it"
        sums_up_as movable "online, movable"
}

# The daemon dies while it brings memory online in another zone.
try_kernel_and_kill() {
        local old
        comes "kernel: a part comes"
        old=$(main_pid)
        set_online kernel
        wait_for 30 has_any kernel
        kill -KILL "$old"
        check "it was killed, and starts again" wait_for 30 is_another "$old"
        may_be_held=0
        become kernel "kernel, with a daemon that was killed"
        sums_up_as kernel "online, kernel"
}

is_another() { # PID
        [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && systemctl is-active --quiet numatierd
}

times_told_of_hand() {
        entries $is_left | grep -c '^MESSAGE=.*somebody'
}

is_told_of_hand() { # TIMES: more often than before
        [ "$(times_told_of_hand)" -ge $((told_before + $1)) ]
}

# What somebody takes offline stays offline.
try_hand() {
        local block told_before
        told_before=$(times_told_of_hand)
        block=$(grep -lx online "$nodes/node$node"/memory[0-9]*/state | tail -n 1)
        check "by hand: a block goes offline" eval "echo offline >$block"
        in_time "that is said" is_told_of_hand 1
        systemctl restart numatierd
        in_time "the next daemon knows it too" is_told_of_hand 2
        equal "the block stayed offline" offline "$(cat "$block")"
        check "numatier online brings it back" numatier online "$node"
        equal "it is online" online "$(cat "$block")"
}

try_all() {
        check "it starts" systemctl start numatierd
        try_leave
        try_no
        rival_is_told
        try_movable
        try_hand
        try_kernel_and_kill
        equal "auto_online_blocks is as it was" "$auto_before" "$(cat $auto)"
        healthy "the guest is well"
}

if can_be; then try_all; fi
