# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Hot-added memory of one kind, in up to four parts: the machine hot-added:KIND. $node is where it comes to. What the
# journal has about it: MESSAGE_ID (daemon/publish/message-ids.h).
#
# Linux allocates on a block in the zone Normal whatever it likes, at once: from 7.3 on a slab page in the first block of
# the node, before anybody can take the block offline again. Such a block stays in Normal until the machine boots: see may_be_held.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/holder.bash
. /run/payload/test/holder.bash

is_online=1da47854629f40a88e517eb13cbe4848
is_quarantined=f7f8ab64369f4430a16b59f3271cecc3
is_refused=c05b5ea8e6f74e0ab1aee23deed968ab
is_left=868f1c3edf274359955ca296f9083b4c
has_rival=99ffeb3a84a3436689d335741b9b20a2

blocks_dir=/sys/devices/system/memory
auto=$blocks_dir/auto_online_blocks
part_mib=256
kind=${MACHINE#*:} kind=${kind%%,*}
node=1
parts=0 # that are there
next=0  # the number of the next

if [ "$kind" = cxl ]; then
        # shellcheck source=tests/vm/cxl.bash
        . /run/payload/test/cxl.bash
elif [ "$kind" = virtio-mem ]; then
        # shellcheck source=tests/vm/virtio-mem.bash
        . /run/payload/test/virtio-mem.bash
fi

can_be() { # this kind on this kernel
        [ "$KERNEL-$kind" != 6.1-cxl ] && return
        skip "CXL memory" "Linux 6.1 makes no regions of it"
        return 1
}

add_part() { # one more
        case $kind in
        dimm)
                qmp '{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "d'"$next"'", "memdev": "dimm'"$next"'", "node": 1}}' |
                        grep -q return
                ;;
        virtio-mem) resize $((part_mib * (parts + 1))) ;;
        cxl) wait_for 20 has_ends 1 && make_region "$(ends | sed "s/0$/$next/")" ;;
        esac && parts=$((parts + 1)) && next=$((next + 1))
}

comes() { # NAME: another part; not by check, which has a shell of its own
        if add_part; then ok "$1"; else not_ok "$1"; fi
}

# The blocks of the node, each as "offline", "movable", "kernel" or another zone, one a line.
list_blocks() {
        local block zone
        for block in "$nodes/node$node"/memory[0-9]*; do
                [ "$(cat "$block/state" 2>&1)" = online ] || { cat "$block/state" 2>/dev/null; continue; }
                zone=$(cat "$block/valid_zones")
                case $zone in
                Movable) echo movable ;;
                Normal) echo kernel ;;
                *) echo "$zone" ;;
                esac
        done
}

tally() { # "1 kernel, 3 movable"
        list_blocks | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }'
}

has_blocks() { # N
        [ "$(list_blocks | wc -l)" = "$1" ]
}

count_blocks() { # how many it should have
        echo $((parts * part_mib / (0x$(cat $blocks_dir/block_size_bytes) >> 20)))
}

# Whether each block of the node is as wanted; of a node that had blocks in another zone than it wants, one may be held.
are_all() { # STATE
        local listed wanted total
        total=$(count_blocks)
        listed=$(list_blocks)
        wanted=$(grep -cx "$1" <<<"$listed")
        [ "$(wc -l <<<"$listed")" = "$total" ] && [ "$wanted" -ge $((total - ${may_be_held:-0})) ]
}

become() { # STATE NAME
        if wait_for 90 are_all "$1"; then
                ok "$2: $(tally)"
        else
                not_ok "$2: all $(count_blocks) $1, not $(tally)"
                show_daemon
        fi
}

show_daemon() {
        show "$(status)"
        show "$(journalctl -b -u numatierd -o short-monotonic | tail -n 25)"
}

in_time() { # NAME COMMAND...: and what the daemon said if not
        if wait_for 60 "${@:2}"; then
                ok "$1"
        else
                not_ok "$1"
                show_daemon
        fi
}

# The last sentence that sums up the node's blocks.
summary() {
        local id
        for id in $is_online $is_quarantined; do
                entries "$id" "NUMATIER_NODE=$node"
        done | awk -F= '/^__REALTIME_TIMESTAMP=/ { at = $2 } /^MESSAGE=/ { print at, substr($0, 9) }' |
                sort -n | tail -n 1 | cut -d ' ' -f 2-
}

sums_up() { # SENTENCE, as an extended regular expression
        grep -qE "^$1\$" <<<"$(summary)"
}

says_of() { # ID PATTERN: an entry of that kind, with that in its message
        entries "$1" | grep -qE "^MESSAGE=.*$2"
}

has_any() { # STATE: one block at least
        list_blocks | grep -qx "$1"
}

set_online() { # VALUE
        policy online '[online]' "online = $1"
        systemctl reload numatierd
}
