# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: two-sockets
# spread: 1
# The demotion targets that status predicts, against those that the kernel logs.

logged() { # NODE: its targets as the kernel set them last; nothing for "null"
        dmesg | grep "Demotion targets for Node $1:" | tail -n 1 | sed -n 's/.*preferred: \(.*\), fallback.*/\1/p'
}

predicted() { # NODE
        numatier status "$1" --no-legend -o TARGET | xargs
}

show "$(numatier)" "$(dmesg | grep 'Demotion targets' | tail -n 5)"
for node in 0 1 2 3 4; do
        equal "the targets of node $node" "$(logged $node)" "$(predicted $node)"
done
equal "the nearest, not all" "2 3" "$(predicted 0) $(predicted 1)"
equal "a tier further down" "4 4" "$(predicted 2) $(predicted 3)"
across() { # NODE
        numatier --json status "$1" | python3 -c '
import json, sys
print(*json.load(sys.stdin)["nodes"][0]["demotion_targets_across_sockets"])'
}

for node in 0 1 2; do
        equal "node $node: in its own socket" "" "$(across $node)"
done
equal "node 3: across sockets" 4 "$(across 3)"
check "and said" grep -q '^Pages of node 3 would be demoted to another socket (node 4)' <<<"$(numatier)"
healthy "the guest is well"
