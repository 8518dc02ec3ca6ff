# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3 6.1
# spread: 1
# machines: thread
# timeout: 240
# Who uses which tier: real units and processes, beside what the kernel says of them.

mib=64
unit=slow-holder.service

# A unit whose memory is on node 1
systemd-run --quiet --unit "$unit" -p NUMAPolicy=bind -p NUMAMask=1 python3 -c "
import time
memory = b'x' * ($mib << 20)
open('/run/ready', 'w').close()
time.sleep(600)"
check "the unit has its memory" wait_for 60 test -e /run/ready
pid=$(systemctl show -P MainPID "$unit")

# One interpreter for all that compares numbers: here its start takes a second. Prints NAME|WANT|GOT.
cat >/run/compare.py <<'PYTHON'
import collections, glob, json, subprocess, sys, time

unit, pid, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) << 20
cgroup = "/sys/fs/cgroup/system.slice/" + unit
KERNEL = ("kernel_stack", "pagetables", "sec_pagetables", "slab_reclaimable", "slab_unreclaimable")

def usage(*words):
    return json.loads(subprocess.run(["numatier", "usage", "--json", *words], stdout=subprocess.PIPE).stdout)

def stat(path=cgroup):
    nodes = collections.defaultdict(lambda: [0, 0, 0])
    for line in open(path + "/memory.numa_stat"):
        name, *fields = line.split()
        part = ["anon", "file", "kernel"].index("kernel" if name in KERNEL else name) if name in (*KERNEL, "anon", "file") else None
        for node, number in (f[1:].split("=") for f in fields):
            if part is not None:
                nodes[int(node)][part] += int(number)
    return dict(nodes)

def maps():
    nodes, anon = {0: 0, 1: 0}, 0
    for line in open(f"/proc/{pid}/numa_maps"):
        fields = dict(f.split("=", 1) for f in line.split()[1:] if "=" in f)
        page = int(fields.get("kernelpagesize_kB", 0)) * 1024
        anon += int(fields.get("anon", 0)) * page
        for node in nodes:
            nodes[node] += int(fields.get(f"N{node}", 0)) * page
    return nodes, anon

def by_stat(word):
    return {n["node"]: [n["anon_bytes"], n["file_bytes"], n["kernel_bytes"]] for n in usage(word)["nodes"]}

def by_maps(word):
    nodes = usage(word)["nodes"]
    return {n["node"]: n["bytes"] for n in nodes}, sum(n["anon_bytes"] for n in nodes)

def agree(name, kernel, ours, word):
    """As far as the kernel's numbers stand still."""
    for _ in range(50):
        before, got, after = kernel(), ours(word), kernel()
        if before == after == got:
            break
        time.sleep(0.2)
    print(f"{name}|{before}|{got}")

agree("a unit: as memory.numa_stat", stat, by_stat, "slow-holder")
agree("the same by its control group", stat, by_stat, cgroup + "/")
agree("a process: as numa_maps", maps, by_maps, str(pid))

slow = [t for t in usage(unit)["tiers"] if t["slow"]]
print("what it was bound to is in the slow tier|['cxl'] True|"
      f"{[t['tier'] for t in slow]} {slow[0]['anon_bytes'] >= size}")

# All units: each byte once
users = usage()
anon = sum(part[0] for path in glob.glob("/sys/fs/cgroup/*/memory.numa_stat") for part in stat(path[:-17]).values())
print(f"the unit is the first of the list|{unit}|{users['users'][0]['name']}")
print("what it has is not counted for its slice again|True|"
      f"{all(u['slow_bytes'] < size for u in users['users'] if u['name'] == 'system.slice')}")
print("anonymous memory is as in the outermost groups, within a tenth|True|"
      f"{abs(users['sum']['anon_bytes'] - anon) < anon / 10}")
PYTHON
while IFS='|' read -r name want got; do
        equal "$name" "$want" "$got"
done < <(python3 /run/compare.py "$unit" "$pid" "$mib" 2>&1)
check "the unit is the first for people, too" eval "numatier usage --sort cxl | sed -n 2p | grep -q '^$unit '"
show "$(numatier usage)"
show "$(numatier usage "$unit")"

# Without privileges: all may read memory.numa_stat, only its user numa_maps
as_nobody() {
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
equal "a user without privileges sees the units" "$unit" "$(as_nobody numatier usage | sed -n '2s/ .*//p')"
as_nobody numatier usage "$pid" 2>/run/refused
equal "but not a process of another user" 1 $?
check "and is told what is needed" grep -q "/proc/$pid/numa_maps: Permission denied: expected the user of that process, or root" /run/refused
check "its own process" as_nobody sh -c 'numatier usage $$ >/dev/null'

refused() { # NAME TEXT ARGUMENT...
        local name=$1 text=$2 status
        shift 2
        numatier usage "$@" >/run/refused 2>&1
        status=$?
        grep -q "$text" /run/refused || show "$(cat /run/refused)"
        equal "$name" "1 1" "$status $(grep -c "$text" /run/refused)"
}
refused "a kernel thread" "kernel thread" 2
refused "a process that is not there" "no such process" 4194303
refused "a unit that does not run" "expected a unit that runs" no-such
refused "a control group that is not there" "no such control group" /no-such.slice
python3 -c "
import os, subprocess, sys
child = os.fork()
if child == 0:
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
sys.exit(subprocess.run(['numatier', 'usage', str(child)]).returncode)" 2>/run/ended
equal "a process that has ended" "1 1" "$? $(grep -c 'has ended' /run/ended)"

# Groups that come and go meanwhile; names may hold anything
touch /run/vanish
python3 -c "
import os, time
n = 0
while os.path.exists('/run/vanish'):
    path = b'/sys/fs/cgroup/system.slice/v\x1b[31m\xff%d.service' % (n % 10)
    os.mkdir(path)
    os.mkdir(path + b'/inner.scope')
    os.rmdir(path + b'/inner.scope')
    os.rmdir(path)
    n += 1
    time.sleep(0.005)
    open('/run/vanished', 'w').write(str(n))" &
vanisher=$!
check "groups vanish" wait_for 30 test -s /run/vanished
bad=
for _ in 1 2 3; do
        numatier usage --all >/run/list 2>&1 || bad="$bad $?"
        grep -q "$unit" /run/list || bad="$bad no-unit"
        grep -qaE "$(printf '\033')|warning" /run/list && bad="$bad $(cat -v /run/list)"
        numatier usage v >/run/list 2>&1
        [ $? = 1 ] || bad="$bad v"
done
rm /run/vanish
wait "$vanisher"
equal "that does no harm" "" "$bad"
say "groups that vanished: $(cat /run/vanished)"
systemctl stop "$unit"
refused "a unit that was stopped" "expected a unit that runs" "$unit"
healthy "the guest is well"
