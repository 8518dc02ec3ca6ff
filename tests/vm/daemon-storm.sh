# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12
# spread: 1
# machines: virtio-mem
# module: yes
# timeout: 240
# A terabyte's worth of events: 8192 of them cost next to nothing, measured beside udevadm monitor,
# which hears the same; and more of them than the socket holds are no more than another look.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

lost=c7c5fda94c4946f1bd225c05f8dd88f5

# storm.py cost ACTION PID PID: sends such events; what each process, its ended threads included, has
# computed from the first of them until neither does any more, in ms. storm.py overflow ACTION PID:
# sends events until that process's socket drops some.
cat >/tmp/storm.py <<'PYTHON'
import glob, os, sys, time

EVENTS = 8192
ACTION = sys.argv[2].encode()
QUIET = 4  # s: longer than the daemon waits before it reads a tier
blocks = [os.open(path, os.O_WRONLY)
          for path in glob.glob("/sys/devices/system/memory/memory[0-9]*/uevent")]


def storm(events):
    for i in range(events):
        os.pwrite(blocks[i % len(blocks)], ACTION, 0)


def cpu(pid):  # ns, of the process with all threads it had: clock_getcpuclockid(3)
    return time.clock_gettime_ns(~pid << 3 | 2)


def drops(pid):
    with open(f"/proc/{pid}/net/netlink") as table:
        return sum(int(row[8]) for row in map(str.split, table) if row[1] == "15" and row[2] == str(pid))


def cost(pids):
    before = now = [cpu(pid) for pid in pids]
    lost = [drops(pid) for pid in pids]
    start = calm = time.monotonic()
    storm(EVENTS)
    sent = time.monotonic() - start
    calm = time.monotonic()
    while time.monotonic() - calm < QUIET and time.monotonic() - start < 60:
        time.sleep(0.25)
        was, now = now, [cpu(pid) for pid in pids]
        if max(b - a for a, b in zip(was, now)) > 1_000_000:
            calm = time.monotonic()
    print(f"{sent:.2f}", f"{calm - start:.2f}",
          *(f"{(b - a) / 1e6:.1f}" for a, b in zip(before, now)),
          *(drops(pid) - l for pid, l in zip(pids, lost)))


def overflow(pid):
    for _ in range(64):
        storm(1000)
        if drops(pid):
            return 0
    return 1


pids = [int(pid) for pid in sys.argv[3:]]
sys.exit(cost(pids) if sys.argv[1] == "cost" else overflow(*pids))
PYTHON

looks() {
        journalctl --sync
        journalctl -b -o cat _SYSTEMD_UNIT=numatierd.service | grep -c '^Pass finished'
}

no_more_looks() { # looks that follow events follow them within seconds
        local before
        before=$(looks)
        sleep 4
        [ "$(looks)" = "$before" ]
}

hears() { # PID: of the kernel's own group
        awk -v pid="$1" '$2 == 15 && $3 == pid && $4 ~ /1$/ { n++ } END { exit !n }' "/proc/$1/net/netlink"
}

mkdir -p /run/systemd/system/numatierd.service.d
printf '[Service]\nEnvironment=SYSTEMD_LOG_LEVEL=debug\n' >/run/systemd/system/numatierd.service.d/debug.conf
systemctl daemon-reload
check "the module is loaded" modprobe_override
check "it starts" systemctl start numatierd
check "node 1 comes" size 128
comes_to 1 5
# udevd would go through all of them too, and for longer than it takes to send them
systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service
udevadm monitor --kernel --subsystem-match=memory >/dev/null &
peer=$!
disown
check "udevadm monitor listens" wait_for 10 hears $peer
check "the daemon has seen all there is" wait_for 30 no_more_looks

# The storm: of the events that say nothing, which udevadm trigger sends of all blocks, and of such as
# the kernel sends for memory that is plugged
storm() { # ACTION: sets what it cost, in hundredths of udevadm monitor's, and in looks
        local before sent quiet of_daemon of_peer drops peer_drops
        before=$(looks)
        read -r sent quiet of_daemon of_peer drops peer_drops < <(python3 /tmp/storm.py cost "$1" "$daemon" $peer)
        spent=$(($(looks) - before))
        cost=$(bc <<<"100 * $of_daemon / $of_peer")
        say "8192 $1 events in $sent s, and quiet after $quiet s: numatierd $of_daemon ms of CPU time" \
                "($drops events dropped), udevadm monitor $of_peer ms ($peer_drops dropped), $cost %; $spent looks"
}

daemon=$(main_pid)
storm change
check "change: it costs at most a tenth of udevadm monitor's time" test "$cost" -le 10
check "change: it looks at most five times" test $spent -le 5
storm online
check "online: it looks at most five times" test $spent -le 5
check "online: and at least once" test $spent -ge 1
check "both nodes are known" status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)'
comes_to 1 5
equal "the command line is told" "node 1 5" "$(grep '^node 1 ' /run/numatier/view)"
kill $peer

# More events than the socket holds: the daemon is not given the processor, and then looks anyway. It
# tells of that once in its life, and where net.core.rmem_max is small the storm may have been enough.
say "told of lost events before it is stopped: $(count $lost)"
check "it starts again" systemctl restart numatierd
daemon=$(main_pid)
check "and has seen all there is" wait_for 30 no_more_looks
told=$(count $lost)
kill -STOP "$daemon"
check "the socket overflows" python3 /tmp/storm.py overflow online "$daemon"
check "node 1 goes while events are lost" size 0
before=$(looks)
kill -CONT "$daemon"
check "that events were lost is told" wait_for 5 is_told $lost $((told + 1))
check "and that node 1 went" wait_for 5 is_told "$went" 1
check "then it is quiet" wait_for 30 no_more_looks
spent=$(($(looks) - before))
say "$spent looks after the overflow"
check "it looks once more, and no more than five times" test $spent -ge 1 -a $spent -le 5
check "one node" status_has '^1 node in 1 tier (dram: 0)'
say "$(status)"

equal "it never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
