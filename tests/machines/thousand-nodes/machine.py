# SPDX-License-Identifier: LGPL-2.1-or-later
"""1024 possible nodes, every third online, four of them with CPUs, up to number 1023."""
online = range(0, 1024, 3)
cpus = [0, 3, 6, 9]
listing = ",".join(map(str, online))
top = "sys/devices/system/node/"
print("# numatier capture 1")
print(f"{top}online: {listing}\n{top}possible: 0-1023\n{top}has_memory: {listing}")
print(f"{top}has_cpu: {','.join(map(str, cpus))}\n{top}has_generic_initiator:")
for node in online:
    latency, bandwidth = (100, 100000) if node in cpus else (250, 30000)
    print(f"{top}node{node}/meminfo: Node {node} MemTotal: 1048576 kB")
    if node in cpus:
        print(f"{top}node{node}/distance: " + " ".join("10" if n == node else "20" for n in online))
    for kind in ("read", "write"):
        print(f"{top}node{node}/access1/initiators/{kind}_latency: {latency}")
        print(f"{top}node{node}/access1/initiators/{kind}_bandwidth: {bandwidth}")
print(f"sys/devices/virtual/memory_tiering/memory_tier4/nodelist: {listing}")
