# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: small-fast-dimm
# module: yes
# timeout: 600
# suite: soak
# Whether demotion moves pages of a program to node 1 that may only have memory of node 0: by its cpuset
# (cgroup v2), by its memory policy (numactl --membind). Two ways to cause it: memory.reclaim of the
# program's own group, and a program that fills node 0, so that kswapd demotes.

# shellcheck source=tests/vm/work.bash
. /run/payload/test/work.bash

mib=64
# Touches that much, says so, and sleeps: its pages are cold from then on.
cat >/run/hold.py <<PY
import sys, time
memory = b"x" * ($mib << 20)
open("/run/held-" + sys.argv[1], "w").close()
time.sleep(3600)
PY
# Fills node 0 in small steps until kswapd has demoted as much as three holders have.
cat >/run/fill.py <<PY
import time

def demoted():
    return sum(int(line.split()[1]) for line in open("/proc/vmstat") if line.startswith("pgdemote_"))

start, taken = demoted(), []
while demoted() - start < 3 * ($mib << 8) and len(taken) < 2 * $work_mib // 4:
    taken.append(b"x" * (4 << 20))
    time.sleep(0.05)
print(demoted() - start)
PY

hold() { # NAME [PROPERTY...]: of systemd-run
        local name=$1
        shift
        rm -f "/run/held-$name"
        systemd-run --quiet --unit="hold-$name" -p MemoryAccounting=yes "${@/#/--property=}" \
                python3 /run/hold.py "$name"
        wait_for 60 test -e "/run/held-$name"
}

pages_on() { # NODE NAME: of the program's own memory
        awk -v node="N$1=" '$1 == "anon" { for (i = 2; i <= NF; i++) if (sub(node, "", $i)) print $i / 4096 }' \
                "/sys/fs/cgroup/system.slice/hold-$2.service/memory.numa_stat"
}

try_reclaim() { # NAME: demotes its memory as far as that can be done
        echo $((mib * 3 / 4))M >"/sys/fs/cgroup/system.slice/hold-$1.service/memory.reclaim"
}

hold_all() {
        hold free
        hold cpuset AllowedMemoryNodes=0
        hold bound NUMAPolicy=bind NUMAMask=0
        for name in free cpuset bound; do
                equal "$1: $name: no page of it is on node 1 before" 0 "$(pages_on 1 $name)"
        done
}

# 7.3 respects the cpuset of a group; no kernel respects a memory policy.
expect_all() { # WHEN
        local name pages
        for name in free cpuset bound; do
                pages=$(pages_on 1 $name)
                if [ "$KERNEL" = 7.3 ] && [ $name = cpuset ]; then
                        equal "$1: $name: no page is demoted to node 1" 0 "$pages"
                else
                        check "$1: $name: $pages of $((mib * 256)) pages are demoted to node 1" \
                                test "$pages" -gt 0
                fi
                systemctl stop hold-$name
        done
}

swapoff -a
modprobe_override
echo 5 >/sys/devices/system/node/node1/memtier_override
equal "node 1 is in a tier of its own" 5 "$(tier_of 1)"
echo 1 >/sys/kernel/mm/numa/demotion_enabled
# a guard against the freeze of freeze.sh
echo y >/sys/kernel/mm/lru_gen/enabled
echo 20 >/sys/kernel/mm/lru_gen/min_ttl_ms

hold_all "memory.reclaim"
equal "the cpuset is node 0" 0 "$(cat /sys/fs/cgroup/system.slice/hold-cpuset.service/cpuset.mems.effective)"
for name in free cpuset bound; do
        said=$(try_reclaim $name 2>&1)
        say "memory.reclaim of $name: ${said##*: }"
done
expect_all "memory.reclaim"

hold_all kswapd
say "demoted while node 0 was filled: $(systemd-run --quiet --wait --pipe -p NUMAPolicy=bind -p NUMAMask=0 \
        -p OOMScoreAdjust=1000 python3 /run/fill.py 2>&1)"
expect_all kswapd
echo 0 >/sys/kernel/mm/numa/demotion_enabled
