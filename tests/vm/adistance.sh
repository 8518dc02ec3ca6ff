# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# kernels: 6.12 7.3
# machines: hmat:10/10,20/5,15/8 hmat:80/1000,250/300,90/1000,400/100 hmat:7/3,22/13 hmat:100/10,110/9 dram:100/1000,105/1040,300/200 dram:10/10,30/5,60/2
# spread: 1
# timeout: 240
# method = adistance against the tiers that the kernel itself makes of the same HMAT: one of them is
# bound to truncate, one is just within 10%, and one has DRAM nodes that differ by more, at which the
# kernel switches its own algorithm off.

cat >/etc/numatier-adistance.conf <<'CONF'
[policy]
method = adistance
sources = hmat
CONF

numatier --config /etc/numatier-adistance.conf --json >/run/status.json
nodes=$(tr , "\n" </sys/devices/system/node/has_memory |
        awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
for node in $nodes; do
        wanted=$(python3 -c "
import json
for n in json.load(open('/run/status.json'))['nodes']:
    if n['node'] == $node:
        print(n['wanted_tier'] if n['wanted_tier'] is not None else 'Linux')")
        # left to Linux: where the kernel's algorithm is off, its default is what the node gets
        if [ "$wanted" = Linux ]; then
                check "node $node is left to Linux, whose algorithm is off" \
                        eval "dmesg | grep -q 'disable default DRAM node performance'"
                wanted=4
        fi
        equal "node $node: tier" "$(tier_of "$node")" "$wanted"
done
equal "nothing is out of place" "There is nothing to do." \
        "$(numatier --config /etc/numatier-adistance.conf plan)"

# numatier hmat show computes the same from the bytes of HMAT and SRAT: each node's values and initiators in both
# access classes, and its tier, or none where the algorithm is off.
numatier hmat show --json >/run/hmat.json
python3 - >/run/differences 2>&1 <<'PYTHON'
import json, pathlib
NODES = pathlib.Path("/sys/devices/system/node")
TIERS = pathlib.Path("/sys/devices/virtual/memory_tiering")
VALUES = {"read_latency_ns": "read_latency", "write_latency_ns": "write_latency",
          "read_bandwidth_mib": "read_bandwidth", "write_bandwidth_mib": "write_bandwidth"}

def read(path):
    return path.read_text().strip() if path.exists() else None

def tier_of(node):
    return next(int(p.name[11:]) for p in TIERS.glob("memory_tier*")
                if f"node{node}" in [f"node{n}" for n in expand(read(p / "nodelist"))])

def expand(text):
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)

shown = json.load(open("/run/hmat.json"))["nodes"]
if not shown:
    print("no nodes")
for row in shown:
    directory = NODES / f"node{row['node']}/access{row['access']}/initiators"
    linked = sorted(int(p.name[4:]) for p in directory.glob("node*"))
    if linked != row["initiators"]:
        print(f"{directory}: {linked}, shown: {row['initiators']}")
    for key, name in VALUES.items():
        if int(read(directory / name) or 0) != (row[key] or 0):
            print(f"{directory}/{name}: {read(directory / name)}, shown: {row[key]}")
    if row["access"] == 1 and row["tier"] not in (None, tier_of(row["node"])):
        print(f"node {row['node']}: tier {tier_of(row['node'])}, shown: {row['tier']}")
PYTHON
equal "numatier hmat show knows what Linux makes of the table" "" "$(cat /run/differences)"
