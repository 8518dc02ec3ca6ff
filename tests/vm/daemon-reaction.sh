# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12
# spread: 1
# machines: virtio-mem
# module: yes
# timeout: 480
# How long a node that came is in the kernel's tier: from the first "online" that the kernel sends
# about its memory until it says that the node's tier has changed.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

plugs=8

# Writes down when what is waited for was heard: "online NS" of the first memory block since the last
# going, "moved NS" of the first change of the node's tier after that, on the monotonic clock.
cat >/tmp/listener.py <<'PYTHON'
import socket, time

NETLINK_KOBJECT_UEVENT = 15
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
listener.bind((0, 1))
print("ready", flush=True)
waits_for = "online"
while True:
    event = listener.recv(8192)
    now = time.monotonic_ns()
    what = event.split(b"\0", 1)[0]
    if waits_for == "online" and what.startswith(b"online@/devices/system/memory/memory"):
        print("online", now, flush=True)
        waits_for = "moved"
    elif waits_for == "moved" and what == b"change@/devices/system/node/node1":
        print("moved", now, flush=True)
        waits_for = "gone"
    elif what == b"remove@/devices/system/node/node1":
        print("gone", now, flush=True)
        waits_for = "online"
PYTHON

# Looks that were the plugs' doing: until the memory went again
looks() {
        journalctl --sync
        journalctl -b -o short-monotonic _SYSTEMD_UNIT=numatierd.service |
                sed -n 's/^\[ *\([0-9.]*\)\].*: Looked at the machine.*/\1/p' |
                awk 'NR == FNR && $1 == "online" { from[++n] = $2 / 1e9 }
                     NR == FNR && $1 == "gone" { to[n] = $2 / 1e9 }
                     NR != FNR { for (i = 1; i <= n; i++) looks += $1 >= from[i] && $1 < to[i] }
                     END { print looks + 0 }' /tmp/heard -
}

hears() { # WORD: within ten seconds; without asking again and again, which would take the processor
        local word='' line
        while [ "$word" != "$1" ]; do
                IFS= read -r -t 10 -u 7 line || return
                echo "$line" >>/tmp/heard
                word=${line%% *}
        done
}

# The module puts a node that comes again where it was told to have it, and there would be nothing left
# to do for the daemon: so it is made to forget, and the daemon not given the processor meanwhile.
forget_and_unplug() {
        local status
        kill -STOP "$daemon"
        echo default >$nodes/node1/memtier_override && resize 0 && hears gone
        status=$?
        kill -CONT "$daemon"
        return $status
}

mkdir -p /run/systemd/system/numatierd.service.d
printf '[Service]\nEnvironment=SYSTEMD_LOG_LEVEL=debug\n' >/run/systemd/system/numatierd.service.d/debug.conf
systemctl daemon-reload
check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
daemon=$(main_pid)
mkfifo /tmp/listener
exec 7<>/tmp/listener
python3 /tmp/listener.py >&7 &
disown
check "the listener listens" hears ready
sleep 3 # until the daemon has seen all there is

failed=0
for ((plug = 1; plug <= plugs; plug++)); do
        resize 128
        hears moved || failed=$((failed + 1))
        in_tier 1 5 || failed=$((failed + 1))
        sleep 3 # the looks that follow when memory has been quiet, and when it may be asked for its tier
        forget_and_unplug || failed=$((failed + 1))
        sleep 1.5
        status_has '^1 node ' || failed=$((failed + 1))
done
equal "$plugs plugs, each with a move" 0 $failed

# What the module takes, where nobody asks it but us; it announces a move before it returns
cat >/tmp/write.py <<'PYTHON'
import os, time

override = os.open("/sys/devices/system/node/node1/memtier_override", os.O_WRONLY)
for tier in [b"default", b"5"] * 10:
    start = time.monotonic_ns()
    os.pwrite(override, tier, 0)
    print(f"{(time.monotonic_ns() - start) / 1e6:.1f}")
PYTHON
resize 128
wait_for 10 in_tier 1 5
sleep 3
kill -STOP "$daemon"
python3 /tmp/write.py | sort -n >/tmp/writes
kill -CONT "$daemon"

median() { # of a sorted file
        awk '{ v[NR] = $1 } END { printf "%.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }' "$1"
}

# ms from the one to the other, from the least to the most
awk '$1 == "online" { online = $2 } $1 == "moved" { printf "%.1f\n", ($2 - online) / 1e6 }' /tmp/heard |
        sort -n >/tmp/reactions
say "from the first online to the moved node, in ms: least $(head -n 1 /tmp/reactions), median $(median /tmp/reactions)," \
        "most $(tail -n 1 /tmp/reactions); all: $(paste -sd ' ' /tmp/reactions)"
say "a write to the module, until it returns, in ms: least $(head -n 1 /tmp/writes), median $(median /tmp/writes)," \
        "most $(tail -n 1 /tmp/writes)"
say "$(bc <<<"scale = 2; $(looks) / $plugs") looks a plug"
equal "as many times as plugs" "$plugs" "$(wc -l </tmp/reactions)"

equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
