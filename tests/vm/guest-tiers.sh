# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 7.3 6.12 6.1
# machines: guest-of:cxl-expander guest-of:demotion-targets
# spread: 1
# timeout: 240
# The guest that "numatier guest" describes: its nodes are in the tiers of the host's nodes, with their values.

# What an expression says of each guest node, and of the host's node that it stands for.
of_host() { # PYTHON-EXPRESSION of a node n
        python3 -c '
import json, re
nodes = {n["node"]: n for n in json.load(open("/run/payload/test/host.json"))["nodes"]}
for host in re.findall(r"^# Guest node \d+: node (\d+)", open("/run/payload/test/guest").read(), re.M):
    n = nodes[int(host)]
    print('"$1"')'
}

of_guest() { # PYTHON-EXPRESSION of a node n
        numatier --json | python3 -c '
import json, sys
for n in json.load(sys.stdin)["nodes"]:
    print('"$1"')'
}

show "$(numatier)"
show "$(grep '^#' /run/payload/test/guest)"
for what in 'n["tier"]' 'n["latency_ns"]' 'n["latency_source"]'; do
        equal "$what" "$(of_host "$what" | xargs)" "$(of_guest "$what" | xargs)"
done
# 16 bits for each bandwidth: within a hundredth
equal "bandwidths" "$(of_host 'round(n["bandwidth_mib"] / 1000)' | xargs)" \
        "$(of_guest 'round(n["bandwidth_mib"] / 1000)' | xargs)"
refuse "HMAT is whole" grep -q 'HMAT: Ignoring' <(dmesg)
# Linux has its own numbers: what is to be apart is apart, in this order, and the baseline's tier is 4
in_order() {
        numatier --json | python3 -c '
import json, sys
tiers = {}
for n in json.load(sys.stdin)["nodes"]:
    tiers.setdefault(n["wanted_tier"], []).append(n["present_tier"])
ordered = [tiers[t] for t in sorted(tiers)]
sys.exit(len(ordered) < 2 or any(max(a) >= min(b) for a, b in zip(ordered, ordered[1:])))'
}
case $KERNEL in
6.1) refuse "6.1 makes no tiers by HMAT" in_order ;;
*) check "Linux keeps the tiers apart, in order" in_order ;;
esac
equal "the tier of node 0" 4 "$(tier_of 0)"
healthy "the guest is well"
