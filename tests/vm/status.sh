# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 6.12 7.3
# machines: virtio-mem
# spread: 1
# status --watch while memory comes and goes, without a daemon and with one; and the settings as they are.

# shellcheck source=tests/vm/virtio-mem.bash
. /run/payload/test/virtio-mem.bash

tables() {
        grep -c '^TIER' /run/watched
}

last_table() { # what was printed since the last heading
        tac /run/watched | sed '/^TIER/q'
}

last_has() { # PATTERN
        last_table | grep -q "$1"
}

last_lacks() { # PATTERN
        [ "$(tables)" -gt "$1" ] && ! last_has "$2"
}

watch_plug() { # memory that comes and goes is seen
        check "$1: it shows node 0" wait_for 60 last_has 'node 0 (CPUs)'
        check "$1: node 1 comes" size 256
        check "$1: it is shown" wait_for 60 last_has 'node 1 .*256 MiB'
        check "$1: with its tier" wait_for 60 last_has "node 1  *$2 .*256 MiB"
        check "$1: node 1 goes" size 0
        before=$(tables)
        check "$1: it is shown" wait_for 60 last_lacks "$before" 'node 1 '
}

settings() {
        numatier | grep '^Demotion'
}

[ "$KERNEL" = 6.1 ] && tier=4 || tier=18

numatier --watch >/run/watched 2>&1 &
watcher=$!
watch_plug "alone" "$tier"
kill -INT $watcher
wait $watcher
equal "Ctrl-C is no error" 0 $?

check "numatierd starts" systemctl start numatierd
: >/run/watched
numatier --watch >/run/watched 2>&1 &
watcher=$!
watch_plug "with numatierd" "$tier"
check "it says that numatierd runs" last_has "^numatierd runs (PID $(systemctl show -P MainPID numatierd))"
check "numatierd stops" systemctl stop numatierd
check "it says so" wait_for 60 last_has '^numatierd does not run'
kill -INT $watcher
wait $watcher
equal "Ctrl-C is no error" 0 $?

check "node 1 comes" size 256
echo 1 >/sys/kernel/mm/numa/demotion_enabled
echo 2 >/proc/sys/kernel/numa_balancing
check "settings" grep -q '^Demotion: on. NUMA balancing: tiering' <<<"$(settings)"
echo 0 >/sys/kernel/mm/numa/demotion_enabled
echo 0 >/proc/sys/kernel/numa_balancing
check "settings" grep -q '^Demotion: off. NUMA balancing: off' <<<"$(settings)"
interleave=/sys/kernel/mm/mempolicy/weighted_interleave
if [ -d $interleave ]; then
        echo 7 >$interleave/node1
        check "weights" grep -q 'Weighted interleave: by node' <<<"$(settings)"
        equal "of each node" 7 "$(numatier status 1 --no-legend -o WEIGHT | xargs)"
fi
show "$(numatier)"

# the policy that is installed
equal "nothing differs from the vendor's" "The policy does not differ from the vendor's." "$(numatier policy --diff)"
mkdir -p /etc/numatier/numatierd.conf.d
printf '[apply]\nmanual = keep\n[tier cxl]\nmax-latency = 6x\n' >/etc/numatier/numatierd.conf.d/50-test.conf
show "$(numatier policy --diff)"
equal "what differs" "-max-latency = 5x +max-latency = 6x -manual = restore +manual = keep" \
        "$(numatier policy --diff | sed -n 's/^\([-+][^#]*[^ #]\) *#.*/\1/p' | xargs)"
check "a drop-in's line" grep -q '^manual = keep *# /etc/numatier/numatierd.conf.d/50-test.conf:2$' <<<"$(numatier policy)"
for i in 60 70; do
        printf '[node x]\nnode = 1%s\ntier = cxl\n' $i >/etc/numatier/numatierd.conf.d/$i-test.conf
done
printf '[node y]\nnode = 160\ntier = far\n' >/etc/numatier/numatierd.conf.d/20-test.conf
numatier policy >/run/whole.conf
show "$(cat /run/whole.conf)"
check "what is printed is valid" numatier check --config /run/whole.conf
equal "two sections of one name" 170 "$(sed -n '/^\[node x\]/,/^$/s/^node = \([0-9]*\).*/\1/p' /run/whole.conf)"
equal "the same policy" "$(numatier policy --json | grep -c '"key"')" "$(numatier policy --json --config /run/whole.conf | grep -c '"key"')"
equal "one that is never used" '"x"' "$(numatier policy --json | sed -n 's/.*"shadowed_by": \("x"\).*/\1/p')"
healthy "the guest is well"
