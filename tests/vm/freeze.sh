# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.1 7.3 6.12
# spread: 2
# machines: small-fast-dimm
# module: yes
# timeout: 900
# Memory exhaustion with demotion between two tiers and no swap: without the guard the machine freezes,
# with it the program that takes the memory is killed, and the demo's program lives.

# shellcheck source=tests/vm/work.bash
. /run/payload/test/work.bash
# shellcheck source=tests/vm/freeze.bash
. /run/payload/test/freeze.bash

demotion=/sys/kernel/mm/numa/demotion_enabled
lru_gen=/sys/kernel/mm/lru_gen/enabled
min_ttl=/sys/kernel/mm/lru_gen/min_ttl_ms
override=/sys/devices/system/node/node1/memtier_override

lives() { # WHEN
        local before pages
        before=$(demoted_pages)
        equal "$1: the demo's program lives" finished "$(work)"
        pages=$(($(demoted_pages) - before))
        check "$1: and $pages pages were demoted" test "$pages" -gt 0
}

is_killed() { # WHEN
        local word seconds turns
        read -r word seconds turns <<<"$(eat 40)"
        equal "$1: memory runs out, and the program that takes it is killed ($seconds s, $turns turns)" \
                ended "$word"
}

freezes() { # WHEN: now and then the kernel gives up early, so this may take some attempts
        local word seconds turns attempt
        for attempt in {1..5}; do
                read -r word seconds turns <<<"$(eat 40)"
                [ "$word" != frozen ] || break
        done
        equal "$1: memory runs out, and the machine freezes ($seconds s, $turns turns, attempt $attempt)" \
                frozen "$word"
}

swapoff -a
modprobe_override
say "$lru_gen $(cat $lru_gen)"
is_killed "one tier"

policy 'demotion = yes'
guard=100
if [ "$KERNEL" != 6.12 ]; then
        # 6.1: the classic LRU, which has no guard; 7.3: its guard kills too early for a default
        check "demotion = yes is refused" grep -q 'demotion = yes is refused' <<<"$(numatier plan)"
        numatier apply
        equal "apply does the rest, and says that it differs" 3 $?
        equal "demotion is off" false "$(cat $demotion)"
        if [ "$KERNEL" = 6.1 ]; then
                echo y >$lru_gen
        else
                guard=20
                policy 'demotion = yes' 'min-ttl = 20ms'
        fi
fi
check "demotion = yes" numatier apply
equal "demotion is on" true "$(cat $demotion)"
equal "the guard is written" $guard "$(cat $min_ttl)"
equal "the node is moved" memory_tier5 "$(cat $override)"
# 7.3 kills with any guard as soon as node 0 is full, this program now and then, too
[ "$KERNEL" = 7.3 ] || lives "with the guard"
is_killed "with the guard"

policy 'demotion = force' 'min-ttl = 0'
check "min-ttl = 0" numatier apply
equal "the guard is off" 0 "$(cat $min_ttl)"
[ "$KERNEL" != 6.1 ] || echo n >$lru_gen
[ "$KERNEL" != 7.3 ] || lives "without the guard"
freezes "without the guard"

check "numatier restore" numatier restore
equal "everything is as it was" "false 0 memory_tier4" "$(cat $demotion) $(cat $min_ttl) $(cat $override)"
is_killed "one tier again"
