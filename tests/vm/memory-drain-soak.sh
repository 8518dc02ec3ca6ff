# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# suite: soak
# kernels: 6.1 6.12 7.3
# machines: hot-added:dimm hot-added:virtio-mem
# timeout: 1800
# Twenty rounds of numatier drain and numatier online under a program whose pages are on the node; each drain is left
# alone, interrupted or killed, at a random time. Then with pages of the kernel there.

# shellcheck source=tests/vm/memory-drain.bash
. /run/payload/test/memory-drain.bash

rounds=20

failed() { # ROUND WHAT
        failures=$((failures + 1))
        say "round $1: $2: $(tally); $(tail -n 1 /tmp/said)"
}

run_round() { # ROUND SIGNAL, or "" for none
        start_holder $holder_mib
        [ "$(ask_holder)" = $((holder_mib * 256)) ] || failed "$1" "its pages are not there"
        env --default-signal=INT numatier drain "$node" >/tmp/said 2>&1 &
        drainer=$!
        if [ -n "$2" ]; then
                sleep "$(bc <<<"$RANDOM % 60 * 0.1")"
                kill "-$2" "$drainer" 2>/dev/null
        fi
        wait "$drainer" || [ -n "$2" ] || failed "$1" "it does not end well"
        wait_for 30 is_consistent || failed "$1" "a block is on its way"
        [ -n "$2" ] || [ "$(tally)" = "4 offline" ] || failed "$1" "it is not drained"
        is_intact || failed "$1" "the data are damaged"
        bring_back || failed "$1" "it does not come back"
        [ "$(tally)" = "4 movable" ] || failed "$1" "it is not as it was"
        is_intact || failed "$1" "the data are damaged afterwards"
        stop_holder
}

begin
failures=0
signals=("" INT KILL "" TERM)
for ((round = 1; round <= rounds; round++)); do
        run_round $round "${signals[round % 5]}"
done
equal "$rounds rounds of drain and online" 0 $failures
try_kernel_pages
equal "the daemon never died" 0 "$(systemctl show -P NRestarts numatierd)"
healthy "the guest is well"
