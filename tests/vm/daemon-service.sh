# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# spread: 2
# machines: thread
# module: yes
# timeout: 300
# The service on the thread's guest: without an interface and with one, journal and catalog, reload,
# the kernel's other knobs set and restored, the watchdog.

# shellcheck source=tests/vm/daemon.bash
. /run/payload/test/daemon.bash
override=/sys/devices/system/node/node1/memtier_override
weights=/sys/kernel/mm/mempolicy/weighted_interleave
demotion=/sys/kernel/mm/numa/demotion_enabled
balancing=/proc/sys/kernel/numa_balancing
min_ttl=/sys/kernel/mm/lru_gen/min_ttl_ms
rate=/proc/sys/kernel/numa_balancing_promote_rate_limit_MBps
drop_ins=/etc/systemd/system/numatierd.service.d
[ "$KERNEL" = 6.1 ] && home=4 || home=18

reads() { # WANT FILE
        [ "$(cat "$2" 2>&1)" = "$1" ]
}

becomes() { # WANT FILE
        if wait_for 10 reads "$1" "$2"; then
                ok "${2##*/} becomes $1"
        else
                not_ok "${2##*/} becomes $1, not $(cat "$2" 2>&1)"
        fi
}

before_and_after() { # every setting that numatier may write to
        local file
        for file in $demotion $min_ttl $balancing $rate "$weights"/*; do
                [ -f "$file" ] && echo "$file $(cat "$file")"
        done
        echo "node 1 in memory_tier$(tier_of 1)"
}

journalctl --update-catalog
before=$(before_and_after)

# In the foreground, on a kernel that cannot move nodes: where it has formed the tiers, its own numbers will do
numatierd --once --dry-run 2>/tmp/once
status=$?
[ "$KERNEL" = 6.1 ] && want=3 || want=0
equal "--once --dry-run: Linux's numbers" "$want" "$status"
policy number '[tier cxl]' 'memory-tier = 5'
numatierd --once --dry-run 2>/tmp/once
equal "--once --dry-run: there is something to wish for" 3 $?
numatierd --once 2>/tmp/once
equal "--once without an interface: something is left" 3 $?
check "and says so" grep -q "Node 1 belongs in tier cxl (memory_tier5) but stays in memory_tier$home: this kernel has no way" /tmp/once
printf '[tier dram]\nmax-latency = 3 parsecs\nfoo = bar\n' >/tmp/bad.conf
check "--check: the system's policy" numatierd --check
numatierd --check --config /tmp/bad.conf 2>/tmp/check
equal "--check: a bad policy" 1 $?
equal "--check: every error" 2 "$(grep -cE 'bad\.conf:[23]: ' /tmp/check)"

# A kernel that does not answer must not hold up who starts the unit. Looked at in the end: it takes half a minute.
mkdir -p /tmp/stuck$nodes /tmp/stuck/proc/sys/kernel
mkfifo /tmp/stuck$nodes/online
systemd-run --quiet --no-block --unit=stuck --property=Type=notify numatierd --root /tmp/stuck

# The service
check "it starts" systemctl start numatierd
equal "READY comes after the first pass" "$started 39f53479d3a045ac8e11786248231fbf" \
        "$(journalctl --sync; journalctl -b -u numatierd -o export | sed -n 's/^MESSAGE_ID=//p' |
                grep -E "$started|39f53479d3a045ac8e11786248231fbf" | tr '\n' ' ' | sed 's/ $//')"
check "the node that cannot be moved is told" wait_for 10 status_has 'cannot move node 1'
check "STATUS: nodes and tiers" status_has '^2 nodes in 2 tiers (dram: 0, cxl: 1)'
equal "with fields" "1 cxl 5 $home" "$(last $unmet NODE TIER WANTED_TIER PRESENT_TIER)"
check "and the reason" grep -q '^NUMATIER_REASON=.*latency 20 ns' /tmp/last
check "journalctl -x explains" grep -q "Install and load numatier" <<<"$(journalctl -b -x MESSAGE_ID=$unmet)"
equal "no capability" 0000000000000000 "$(sed -n 's/^CapEff:\t//p' "/proc/$(main_pid)/status")"
numatierd 2>/tmp/second
equal "a second one fails" 1 $?
check "and says why" grep -q "process $(main_pid)" /tmp/second
for _ in 1 2 3; do systemctl reload numatierd && sleep 0.3; done
equal "what lasts is told once" 1 "$(count $unmet)"
say "$(grep -E '^(Rss|Private_Dirty|Private_Clean)' "/proc/$(main_pid)/smaps_rollup" | tr -s '\n ' ' ')"

# Reload
demote=('demotion = yes')
policy apply '[apply]' "${demote[@]}"
systemctl reload numatierd
case $KERNEL in
6.1) # the classic LRU: nothing guards demotion, and there is no swap
        check "demotion = yes is refused" wait_for 10 is_told $held 1
        equal "and the setting is named" $demotion "$(last $held PATH)"
        check "STATUS says so" status_has 'held back'
        equal "demotion is off" false "$(cat $demotion)"
        demote=('demotion = force')
        ;;
6.12)
        becomes 100 $min_ttl
        ;;
7.3) # the guard would kill too early, unless the administrator wants it
        check "demotion = yes is refused" wait_for 10 is_told $held 1
        demote=('demotion = yes' 'min-ttl = 20ms')
        ;;
esac
policy apply '[apply]' "${demote[@]}"
systemctl reload numatierd
becomes true $demotion
[ "$KERNEL" != 7.3 ] || equal "the guard is written" 20 "$(cat $min_ttl)"
equal "the knob is told" "$demotion false true" "$(last $knob PATH OLD_VALUE VALUE)"
policy bad '[tier dram]' 'max-latency = 3 parsecs' 'foo = bar'
systemctl reload numatierd
check "a bad policy is refused" wait_for 10 status_has '^A new policy was refused'
equal "with every error" 2 "$(entries $policy_refused | grep -cE '^MESSAGE=.*bad\.conf:[23]: tier dram\.')"
equal "it is active" active "$(systemctl is-active numatierd)"
echo false >$demotion
policy bad ''
rm $policies/bad.conf
systemctl reload numatierd
check "a good one again" wait_for 10 status_has '^2 nodes'
becomes true $demotion

# The module
check "the module is loaded" modprobe_override
check "and put to use at once" wait_for 5 reads memory_tier5 $override
equal "the move is told" "1 cxl 5 $home" "$(last $moved NODE TIER WANTED_TIER PRESENT_TIER)"
check "STATUS: the interface and the move" wait_for 5 status_has 'through memtier_override; last: node 1 to cxl'

# The other knobs
policy apply '[apply]' "${demote[@]}" 'weighted-interleave = by-bandwidth' 'numa-balancing = tiering' \
        'promotion-rate-limit = 1GiB/s'
systemctl reload numatierd
becomes 1024 $rate
if [ -d $weights ]; then
        becomes 2 $weights/node0
        becomes 1 $weights/node1
        [ ! -f $weights/auto ] || becomes false $weights/auto
fi
check "numa_balancing is refused without CAP_SYS_ADMIN" wait_for 5 status_has 'without effect'
equal "it is told" $balancing "$(last $refused PATH)"
systemctl reload numatierd
sleep 0.5
equal "and told once" 1 "$(count $refused)"
mkdir -p $drop_ins
cp /usr/share/doc/numatier/examples/numa-balancing.conf $drop_ins
systemctl daemon-reload
check "restart with the drop-in" systemctl restart numatierd
becomes $(($(sed -n "s|^$balancing ||p" <<<"$before") | 2)) $balancing

# The watchdog
printf '[Service]\nWatchdogSec=2s\n' >$drop_ins/watchdog.conf
systemctl daemon-reload
systemctl restart numatierd
old=$(main_pid)
kill -STOP "$old"
restarted() { [ "$(main_pid)" != "$old" ] && [ "$(main_pid)" != 0 ] && systemctl is-active --quiet numatierd; }
check "a stopped daemon is killed and started again" wait_for 20 restarted
check "by the watchdog" grep -q watchdog <<<"$(journalctl -b -u numatierd)"

# Idle
if [ "$KERNEL" = 7.3 ]; then
        rm $drop_ins/watchdog.conf
        printf '[Service]\nWatchdogSec=0\n' >$drop_ins/watchdog.conf
        policy rescan '[daemon]' 'rescan = 0'
        systemctl daemon-reload
        systemctl restart numatierd
        sleep 4
        switches() { cat /proc/"$(main_pid)"/task/*/status | sed -n 's/.*ctxt_switches:\t//p' | paste -sd+ | bc; }
        first=$(switches)
        sleep 10
        equal "no wake-up in ten idle seconds" "$first" "$(switches)"
fi

# The end
check "a start does not wait for the kernel for ever" wait_for 60 systemctl is-active --quiet stuck
check "it says that it waits" grep -q "^Waiting for the kernel for .*; last file read: /" \
        <<<"$(systemctl show -P StatusText stuck)"
systemctl kill --signal=KILL stuck
check "it stops" systemctl stop numatierd
equal "tiers stay as they are" memory_tier5 "$(cat $override)"
equal "so do knobs" true "$(cat $demotion)"
check "numatier restore" numatier restore
equal "everything is as it was" "$before" "$(before_and_after)"
healthy "the guest is well"
