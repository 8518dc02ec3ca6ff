# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12
# machines: dimm
# spread: 1
# module: yes
# timeout: 400
# What is shown live, while a DIMM is plugged and unplugged, and pages are demoted to it: numatier monitor, and
# numatier top in tmux.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
lines=/run/lines

seen() { # PATTERN
        grep -q "$1" $lines
}

kind() { # KIND [EXPRESSION over c, a change]: whether such a change was printed
        python3 - "$lines" "$1" "${2:-True}" <<'EOF'
import json, sys
changes = [json.loads(line) for line in open(sys.argv[1])]
sys.exit(not any(eval(sys.argv[3]) for c in changes if c["kind"] == sys.argv[2]))
EOF
}

blocks_total() { # KIND NUMBER: that many blocks of node 1, whatever the number of lines
        python3 - "$lines" "$@" <<'EOF'
import json, sys
changes = [json.loads(line) for line in open(sys.argv[1])]
found = sum(c["blocks"] for c in changes if c["kind"] == sys.argv[2] and c["node"] == 1)
sys.exit(found != int(sys.argv[3]))
EOF
}

forge() { # what another user's program may write into the journal
        printf '%s\n' MESSAGE=forged PRIORITY=3 UNIT=numatierd.service _PID=1 _SYSTEMD_UNIT=numatierd.service \
                MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c | setpriv --reuid=65534 --clear-groups logger --journald
}

repeat_events() { # more of them than an ordinary user's socket holds
        for _ in $(seq 1500); do
                echo add >$nodes/node0/uevent
        done
}

has_lines() { # NUMBER FILE: or more
        [ "$(wc -l <"$2")" -ge "$1" ]
}

on_screen() { # PATTERN
        tmux -S /run/tmux capture-pane -p | grep -q "$1"
}

demote() { # asks for it, until it is seen
        local file=$nodes/node0/reclaim amount=16M
        [ -e $file ] || file=/sys/fs/cgroup/system.slice/memory.reclaim amount=2M # before 7.0
        echo $amount >$file
        has_rates
}

has_rates() { # a rate that was not 0, as the line of demotion shows it
        tmux -S /run/tmux capture-pane -p | sed -n 2p | grep -q '[▂▃▄▅▆▇█]'
}

policy number '[tier cxl]' 'memory-tier = 5'
check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
numatier monitor --json --lines 100 >$lines 2>/run/complaints &
monitor=$!
check "monitor: what was before" wait_for 20 kind started

sysctl -q net.core.rmem_max=212992 # as kernels before 6.16 have it, so that few events are enough
LC_ALL=C.UTF-8 tmux -S /run/tmux -f /dev/null new-session -d -x 100 -y 24 \
        'LC_ALL=C.UTF-8 numatier top --delay 0.5; echo "status $?"; sleep 1000'
check "top: one node" wait_for 30 on_screen '^numatier top  1 node in 1 tier '

numatier monitor --lines 2 >/run/last &
last=$!
check "monitor: the last two" wait_for 20 has_lines 2 /run/last
kill -INT $last
check "a reader that goes ends it" timeout 20 bash -c 'numatier monitor | sleep 0.1'

setpriv --reuid=65534 --clear-groups numatier monitor >/run/ordinary 2>&1 &
user=$!
check "an ordinary user is told" wait_for 20 grep -q 'group systemd-journal' /run/ordinary
kill -STOP $user
repeat_events
kill -CONT $user
check "events that were lost are told" wait_for 20 grep -q 'some were lost' /run/ordinary

qmp '{"execute": "device_add", "arguments": {"driver": "pc-dimm", "id": "d0", "memdev": "dimm0", "node": 1}}' >/dev/null
check "the kernel: blocks" wait_for 20 kind blocks_online 'c["node"] == 1 and c["blocks"] == 4'
check "the kernel: the node" kind node_added 'c["node"] == 1'
check "the kernel: its tier" kind tier_added
check "the daemon: its memory" wait_for 20 kind memory_came 'c["node"] == 1 and c["size_kib"] > 100000'
check "the daemon: its move" wait_for 20 kind node_moved 'c["node"] == 1 and c["tier"] == "cxl" and c["wanted_tier"] == 5'
check "also an ordinary user is told by the kernel" wait_for 20 grep -q 'kernel  *node 1: 4 memory blocks online' /run/ordinary
kill -INT $user
wait $user
equal "Ctrl-C is no error" 0 $?

check "top: node 1 appears, where it belongs" wait_for 30 on_screen '^node 1  *5  *5  *512 MiB'
echo 1 >/sys/kernel/mm/numa/demotion_enabled
cat /usr/bin/* >/dev/null 2>&1 & # file pages
work=$!
check "top: demoted pages are seen" wait_for 60 demote
check "top: units with memory there" wait_for 30 on_screen '%  .*[.]service *$'
kill $work
wait $work 2>/dev/null
show "$(tmux -S /run/tmux capture-pane -p)"
show "$(LC_ALL=C.UTF-8 numatier top --once --delay 0.5)"

systemctl restart numatierd
check "a restart: stopped" wait_for 20 kind stopped
check "the journal is rotated" journalctl --rotate
check "and its old files are removed" journalctl --vacuum-files=1
forge
systemctl kill --signal=KILL numatierd
check "its end" wait_for 20 kind failed '"signal" in c["text"]'
check "it comes back" wait_for 20 eval "[ \"\$(grep -c '\"started\"' $lines)\" -ge 3 ]"

qmp '{"execute": "device_del", "arguments": {"id": "d0"}}' >/dev/null
check "unplugged: blocks" wait_for 20 blocks_total blocks_offline 4
check "unplugged: the node" wait_for 20 kind node_removed 'c["node"] == 1'
check "the daemon: it is gone" wait_for 20 kind memory_went 'c["node"] == 1'
check "top: node 1 is gone" wait_for 30 on_screen '^numatier top  1 node in 1 tier '
tmux -S /run/tmux send-keys q
check "top: q ends it" wait_for 10 on_screen '^status 0'
refuse "nobody can pretend to be the daemon" seen forged
equal "the plug took one line of each kind" 1 "$(grep -c '"kind": "blocks_online"' $lines)"
kill -INT $monitor
wait $monitor
equal "Ctrl-C is no error" 0 $?
equal "monitor complained of nothing" "" "$(cat /run/complaints)"
show "$(python3 -c 'import json, sys
for line in sys.stdin:
        c = json.loads(line)
        print(c["time"], c["source"], c["text"])' <$lines)"
healthy "the guest is well"
