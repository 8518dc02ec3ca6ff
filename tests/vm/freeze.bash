# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A machine that runs out of memory, and whether anything else still runs meanwhile.

# Starts a program that takes memory until it is killed, and a loop that prints once a second: each
# print is a turn. It watches both from locked memory, at a real-time priority, and ends a freeze by
# the kernel's OOM killer (sysrq-f). Arguments: how long to look at a freeze, in seconds, and a command
# to start the program by. Prints "ended SECONDS TURNS" if it was killed, or "frozen SECONDS TURNS". Frozen
# means fewer than 6 turns in 40 seconds: a frozen machine gives 2 to 3, one that is short of memory but protected 17.
cat >/run/eat.py <<'PY'
import ctypes, os, subprocess, sys, time

WINDOW, LEAST = 40, 6
look = float(sys.argv[1])
eater_program = "taken = []\nwhile True: taken.append(b'x' * (32 << 20))"

reader, writer = os.pipe()
os.set_blocking(reader, False)
sysrq = os.open("/proc/sysrq-trigger", os.O_WRONLY)
ticker = subprocess.Popen(["bash", "-c", "while sleep 1; do echo; done"], stdout=writer)
eater = subprocess.Popen([*sys.argv[2:], sys.executable, "-c", eater_program], stderr=subprocess.DEVNULL)
with open(f"/proc/{eater.pid}/oom_score_adj", "w") as file:
    file.write("1000")
ctypes.CDLL(None).mlockall(3)
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
start = time.monotonic()
turns, frozen, ended_by_us = [], None, 0

while eater.poll() is None:
    time.sleep(0.1)
    now = time.monotonic()
    try:
        turns += [now] * len(os.read(reader, 4096))
    except BlockingIOError:
        pass
    if now - start > WINDOW and sum(t > now - WINDOW for t in turns) < LEAST:
        frozen = frozen or now
    if frozen and now - frozen > look - WINDOW and now > ended_by_us + 10:
        ended_by_us = now
        os.write(sysrq, b"f")
        seconds, count = now - start, len(turns)
if not ended_by_us:
    seconds, count = time.monotonic() - start, len(turns)
ticker.kill()
ended = "ended" if eater.returncode == -9 else f"exited:{eater.returncode}"
print("frozen" if frozen else ended, round(seconds), count, flush=True)
PY

policy() { # LINE... of [apply]
        mkdir -p /etc/numatier/numatierd.conf.d
        printf '%s\n' '[apply]' "$@" >/etc/numatier/numatierd.conf.d/freeze.conf
}

eat() { # SECONDS [COMMAND...]: see above; in a unit of its own, which systemd does not end with the eater
        echo 3 >/proc/sys/vm/drop_caches
        systemd-run --quiet --wait --pipe -p OOMPolicy=continue python3 /run/eat.py "$@"
}
