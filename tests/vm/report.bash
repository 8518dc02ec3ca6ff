# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What a test script in a guest reports with. Each line goes to the host over the second serial line.
#   ok NAME, not_ok NAME, skip NAME WHY    report a result
#   check NAME COMMAND...                  ok if the command succeeds; shows what it printed if not
#   refuse NAME COMMAND...                 ok if the command fails
#   equal NAME WANT GOT                    ok if the two are the same
#   wait_for SECONDS COMMAND...            tries until it succeeds
#   qmp JSON                               a command to this machine's own QEMU; prints the answer
#   tier_of NODE                           which memory_tierN holds the node: reads nodelist, so only
#                                          while no memory is moving
#   healthy NAME                           no stuck task, no kernel warning
set -u
# shellcheck source=/dev/null
. /run/payload/test/environment
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo

say() {
        echo "$*" >&3
}

show() { # each line of a text as a comment
        local line
        while IFS= read -r line; do say "  $line"; done <<<"$1"
}

ok() {
        say "ok $*"
}

not_ok() {
        say "not ok $*"
}

skip() {
        local name=$1
        shift
        say "skip $name # $*"
}

check() {
        local name=$1 out
        shift
        if out=$("$@" 2>&1); then
                ok "$name"
        else
                not_ok "$name (exit status $?: $*)"
                show "$out"
        fi
}

refuse() {
        local name=$1 out
        shift
        if out=$("$@" 2>&1); then
                not_ok "$name (succeeded: $*)"
                show "$out"
        else
                ok "$name"
        fi
}

equal() {
        if [ "$2" = "$3" ]; then
                ok "$1"
        else
                not_ok "$1: expected '$2', got '$3'"
        fi
}

wait_for() {
        local end=$((SECONDS + $1))
        shift
        until "$@" >/dev/null 2>&1; do
                [ $SECONDS -lt $end ] || return 1
                sleep 0.1
        done
}

qmp() {
        local answer
        say "qmp $1"
        IFS= read -r answer <&3
        echo "$answer"
}

tier_of() {
        local list item
        for list in /sys/devices/virtual/memory_tiering/memory_tier*/nodelist; do
                for item in $(tr , ' ' <"$list"); do
                        if [ "$1" -ge "${item%-*}" ] && [ "$1" -le "${item#*-}" ]; then
                                list=${list%/nodelist}
                                echo "${list##*memory_tier}"
                                return
                        fi
                done
        done
        return 1
}

stuck_tasks() { # tasks in uninterruptible sleep now and 3 seconds later
        local before
        before=$(ps -eo pid,stat | awk '$2 ~ /^D/ { print $1 }' | tr '\n' ' ')
        [ -n "$before" ] || return 1
        sleep 3
        ps -eo pid,stat,comm,wchan:30 | awk -v was=" $before" \
                '$2 ~ /^D/ && index(was, " " $1 " ") { print; n++ } END { exit !n }'
}

kernel_trouble() {
        dmesg | grep -E 'BUG:|Oops|WARNING: .*CPU|blocked for more than|refcount_t|use-after-free'
}

healthy() {
        local found
        if found=$(stuck_tasks); then
                not_ok "$1: stuck tasks"
                show "$found"
        elif found=$(kernel_trouble); then
                not_ok "$1: the kernel complains"
                show "$found"
        else
                ok "$1"
        fi
}
