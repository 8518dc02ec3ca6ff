# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
# The daemon as its service: its policy, its status line, its journal.

policies=/etc/numatier/numatierd.conf.d
nodes=/sys/devices/system/node

# What its entries are about: their MESSAGE_ID (daemon/publish/message-ids.h)
came=f3560b2d014f4802a98322c779b80a23
went=3538347ca5604989b0ae1008eb049d06
resized=a447295b563642e1b571252f617725f9
moved=b44b05c341b94914b46839fccc1b9f57
unmet=6ab67e6670e749b39611aa613bdef65b
knob=56f9906c0f83416db955f295c01d4af0
held=62e1171cb0d549d484941ad61bee3e01
refused=51e6f4a1bdbf4e94a62997058f3482ea
policy_refused=5508c4bc99734289b827fa94161661eb
started=14f7b29d0b1c43d99fd7342681d3653a
bug=4c1f9dbe8b534fa585345b784798012d

entries() { # ID [MATCH...]: in the journal's export format
        journalctl --sync
        journalctl -b -o export "_SYSTEMD_UNIT=numatierd.service" "MESSAGE_ID=$1" "${@:2}"
}

last() { # ID FIELD...: those fields of the last such entry, without NUMATIER_
        local name
        entries "$1" | tac | sed '/^__CURSOR=/q' >/tmp/last
        for name in "${@:2}"; do
                sed -n "s/^NUMATIER_$name=//p" /tmp/last
        done | paste -sd ' '
}

count() { # ID [MATCH...]
        entries "$@" | grep -c '^MESSAGE='
}

is_told() { # ID TIMES: or more often
        [ "$(count "$1")" -ge "$2" ]
}

status() {
        systemctl show -P StatusText numatierd
}

status_has() {
        status | grep -q "$1"
}

main_pid() {
        systemctl show -P MainPID numatierd
}

policy() { # NAME LINE...
        mkdir -p $policies
        printf '%s\n' "${@:2}" >"$policies/$1.conf"
}

in_tier() { # NODE TIER: where the module has it
        [ "$(cat "$nodes/node$1/memtier_override" 2>&1)" = "memory_tier$2" ]
}

comes_to() { # NODE TIER [SECONDS]
        if wait_for "${3:-5}" in_tier "$1" "$2"; then
                ok "node $1 comes to tier $2"
        else
                not_ok "node $1 comes to tier $2, not $(cat "$nodes/node$1/memtier_override" 2>&1)"
                show "$(numatier explain "$1" 2>&1)"
        fi
}

moves() { # N: that many moves were told since this was last asked, and no more
        local now
        sleep 1.5 # one look at once, one when things have been quiet, one after that
        now=$(count $moved)
        equal "moves written" "$1" $((now - ${moves_before:-0}))
        moves_before=$now
}
