# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3 6.1
# spread: yes
# machines: thread
# Who uses which tier: real units and processes, beside what the kernel says of them.

mib=64
unit=slow-holder.service
cgroup=/sys/fs/cgroup/system.slice/$unit

json() { # EXPRESSION over u, of numatier usage ARGUMENT...
        local expression=$1
        shift
        numatier usage --json "$@" | python3 -c "import json, sys; u = json.load(sys.stdin); print($expression)"
}

# What memory.numa_stat or numa_maps has, as "node:anon/file/kernel" or "node:bytes anon" in the order of nodes.
cat >/run/sums.py <<'PYTHON'
import collections, json, os, sys
kind, path = sys.argv[1:]
nodes = collections.defaultdict(collections.Counter)
kernel = ("kernel_stack", "pagetables", "sec_pagetables", "slab_reclaimable", "slab_unreclaimable")
if kind == "stat":
    for line in open(path):
        name, *fields = line.split()
        name = "kernel" if name in kernel else name
        for node, number in (f[1:].split("=") for f in fields):
            nodes[int(node)][name] += int(number)
    print(*(f"{n}:{c['anon']}/{c['file']}/{c['kernel']}" for n, c in sorted(nodes.items())))
elif kind == "maps":
    anon = 0
    for line in open(path):
        fields = dict(f.split("=", 1) for f in line.split()[1:] if "=" in f)
        page = int(fields.get("kernelpagesize_kB", 0)) * 1024
        anon += int(fields.get("anon", 0)) * page
        for name, pages in fields.items():
            if name[0] == "N" and name[1:].isdigit():
                nodes[int(name[1:])]["bytes"] += int(pages) * page
    print(*(f"{n}:{nodes[n]['bytes']}" for n in (0, 1)), anon)
PYTHON

agrees_with_stat() { # while that stands still
        local before got after
        before=$(python3 /run/sums.py stat "$cgroup/memory.numa_stat")
        got=$(json '*("%d:%d/%d/%d" % (n["node"], n["anon_bytes"], n["file_bytes"], n["kernel_bytes"]) for n in u["nodes"])' "$@")
        after=$(python3 /run/sums.py stat "$cgroup/memory.numa_stat")
        seen="$got, and the kernel $before"
        [ "$before" = "$after" ] && [ "$got" = "$before" ]
}

agrees_with_maps() { # PID
        local before got after
        before=$(python3 /run/sums.py maps "/proc/$1/numa_maps")
        got=$(json '*("%d:%d" % (n["node"], n["bytes"]) for n in u["nodes"]), sum(n["anon_bytes"] for n in u["nodes"])' "$1")
        after=$(python3 /run/sums.py maps "/proc/$1/numa_maps")
        seen="$got, and the kernel $before"
        [ "$before" = "$after" ] && [ "$got" = "$before" ]
}

becomes_so() { # NAME COMMAND...
        local name=$1
        shift
        if wait_for 30 "$@"; then ok "$name"; else not_ok "$name: $seen"; fi
}

# A unit whose memory is on node 1
systemd-run --quiet --unit "$unit" -p NUMAPolicy=bind -p NUMAMask=1 python3 -c "
import time
memory = b'x' * ($mib << 20)
open('/run/ready', 'w').close()
time.sleep(600)"
check "the unit has its memory" wait_for 60 test -e /run/ready
pid=$(systemctl show -P MainPID "$unit")

becomes_so "a unit: as memory.numa_stat" agrees_with_stat slow-holder
becomes_so "the same by its control group" agrees_with_stat "$cgroup/"
becomes_so "a process: as numa_maps" agrees_with_maps "$pid"
equal "what it was bound to is in the slow tier" "True cxl" \
        "$(json 'next("%s %s" % (t["anon_bytes"] >= '"$mib"' << 20, t["tier"]) for t in u["tiers"] if t["slow"])' "$unit")"

# All units: each byte once
equal "the unit is the first of the list" "$unit" "$(json 'u["users"][0]["name"]')"
check "for people, too" eval "numatier usage --sort cxl | sed -n 2p | grep -q '^$unit '"
equal "what it has is not counted for its slice again" True \
        "$(json 'all(s["slow_bytes"] < '"$mib"' << 20 for s in u["users"] if s["name"] == "system.slice")')"
anon=$(cat /sys/fs/cgroup/*/memory.numa_stat | awk '$1 == "anon" { for (i = 2; i <= NF; i++) { sub(/.*=/, "", $i); n += $i } } END { print n }')
equal "anonymous memory is as in the outermost groups, within a tenth" True "$(json "abs(u['sum']['anon_bytes'] - $anon) < $anon / 10")"
show "$(numatier usage)"
show "$(numatier usage "$unit")"

# Without privileges: all may read memory.numa_stat, only its user numa_maps
as_nobody() {
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
equal "a user without privileges sees the units" "$unit" "$(as_nobody numatier usage --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["users"][0]["name"])')"
as_nobody numatier usage "$pid" 2>/run/refused
equal "but not a process of another user" 1 $?
check "and is told what is needed" grep -q "/proc/$pid/numa_maps: Permission denied: expected the user of that process, or root" /run/refused
check "its own process" as_nobody sh -c 'numatier usage $$ >/dev/null'

refused() { # NAME TEXT ARGUMENT...
        local name=$1 text=$2
        shift 2
        refuse "$name" numatier usage "$@"
        numatier usage "$@" 2>&1 | grep -q "$text" || not_ok "$name: $(numatier usage "$@" 2>&1)"
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
import os
n = 0
while os.path.exists('/run/vanish'):
    path = b'/sys/fs/cgroup/system.slice/v\x1b[31m\xff%d.service' % (n % 10)
    os.mkdir(path)
    os.mkdir(path + b'/inner.scope')
    os.rmdir(path + b'/inner.scope')
    os.rmdir(path)
    n += 1
open('/run/vanished', 'w').write(str(n))" &
vanisher=$!
bad=
for _ in 1 2 3 4 5 6 7 8 9 10; do
        numatier usage --all >/run/list 2>&1 || bad="$bad $?"
        grep -q "$unit" /run/list || bad="$bad no-unit"
        grep -qaE "$(printf '\033')|warning" /run/list && bad="$bad $(cat -v /run/list)"
        numatier usage v >/run/list 2>&1
        [ $? = 1 ] || bad="$bad v"
done
rm /run/vanish
wait "$vanisher"
equal "groups that vanish meanwhile do no harm" "" "$bad"
check "many did" test "$(cat /run/vanished)" -gt 50
systemctl stop "$unit"
refused "a unit that was stopped" "expected a unit that runs" "$unit"
healthy "the guest is well"
