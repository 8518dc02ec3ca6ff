#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what `numatier guest` prints for all captured machines.

    tests/machines/guests.py NUMATIER SOURCE-ROOT          what QEMU and Linux make of it
    tests/machines/guests.py --xml NUMATIER SOURCE-ROOT    libvirt's own schema (virt-xml-validate)

The first reads the options as QEMU does (its rules and its encoding of HMAT), and the table as Linux does, and
writes the guest down as a capture. Under the same policy each of its nodes must be in the tier of the host's node,
but for those of which a remark says why not. The domain of libvirt must say the same as the options. And machines
with random values must be within QEMU's rules, each value as near to the host's as 16 bits allow.

MACHINES in the environment: how many of those there are, 30 if it is not set.
"""

import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

MIB = 1 << 20
TYPES = [f"{kind}-{what}" for what in ("latency", "bandwidth") for kind in ("access", "read", "write")]
# A node of which one of these is said may be in another tier: what decides on the host is not in its values.
EXCUSES = re.compile(r"^Node (\d+) (?:is in tier .* (?:because of|only because)|is left to Linux because|"
                     r"was moved manually|is memory of a GPU)")


class Refused(Exception):
    """QEMU would not start, or the output is not what it should be."""


def expect(condition, text):
    if not condition:
        raise Refused(text)


def run(numatier, *arguments):
    return subprocess.run([numatier, "--no-pager", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})


def parse_script(text):
    """The options as (name, {key: value}), the words without a key under ""; and the comments."""
    words = shlex.split(text.replace("\\\n", " "), comments=True)
    expect(words[0] == "qemu-system-x86_64" and words[-1] == "$@", "not a command line")
    options = []
    for name, value in zip(words[1:-1:2], words[2:-1:2]):
        keys = {}
        for part in value.split(","):
            key, equals, rest = part.partition("=")
            expect(not equals or key not in keys, f"{key} is there twice")
            keys[key if equals else ""] = rest if equals else part
        options.append((name, keys))
    return options, [line[2:] for line in text.splitlines() if line.startswith("# ")]


def members(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def size_of(text):
    expect(text.endswith("M"), f"size {text}")
    return int(text[:-1]) * MIB


class Matrix:
    """hw/core/numa.c:parse_numa_hmat_lb and hw/acpi/hmat.c:build_hmat_lb."""

    def __init__(self, latency):
        self.latency, self.entries, self.unit, self.range = latency, {}, None, 0

    def add(self, place, value):
        expect(place not in self.entries, f"{place} is there twice")
        expect(value > 0, f"{place} is 0")
        self.entries[place] = value
        if self.latency:
            unit = 1
            while value % (unit * 10) == 0:
                unit *= 10
            old = self.unit or (1 << 64) - 1
            self.range = max(self.range, value // old)
            self.unit = min(old, unit)
            expect(self.range < 65535, f"latency {value} differs too much")
        else:
            expect(value % MIB == 0, f"bandwidth {value} is not aligned")
            self.range |= value
            self.unit = self.range & -self.range
            expect(self.range.bit_length() - (self.unit.bit_length() - 1) <= 16 and value // self.unit < 65535,
                   f"bandwidth {value} differs too much")

    def read(self, place):
        """drivers/acpi/numa/hmat.c:hmat_normalize of the entry in the table, of revision 2."""
        entry = self.entries.get(place, 0) // (self.unit or 1) & 0xffff
        unit = (self.unit * 1000 if self.latency else self.unit // MIB) & 0xffffffff
        if entry in (0, 0xffff) or unit > 0xffffffff // entry:
            return 0
        return (entry * unit + 999 & 0xffffffff) // 1000 if self.latency else entry * unit


class Guest:
    """What QEMU makes of the options (hw/core/numa.c, hw/core/machine.c)."""

    def __init__(self, options):
        self.nodes, self.backends, self.distances, self.caches = {}, {}, {}, {}
        self.matrices = {}
        self.hmat, self.cpus, self.memory = False, 0, 0
        for name, keys in options:
            getattr(self, "take_" + (keys[""] if name == "-numa" else name[1:]).replace("-", "_"))(keys)
        self.check()

    def take_machine(self, keys):
        self.hmat = keys.get("hmat") == "on"

    def take_smp(self, keys):
        self.cpus = int(keys[""])
        expect(self.cpus == int(keys["sockets"]) * int(keys["cores"]) * int(keys["threads"]), "-smp")
        self.cores = int(keys["cores"]) * int(keys["threads"])

    def take_m(self, keys):
        self.memory = size_of(keys[""])

    def take_object(self, keys):
        expect(keys[""] == "memory-backend-ram" and keys["policy"] == "bind", "backend")
        self.backends[keys["id"]] = size_of(keys["size"]), int(keys["host-nodes"])

    def take_node(self, keys):
        expect(self.hmat or "initiator" not in keys, "initiator without hmat=on")
        size, host = self.backends[keys["memdev"]]
        cpus = list(members(keys["cpus"])) if "cpus" in keys else []
        expect(not cpus or cpus[0] % self.cores == 0 and len(cpus) % self.cores == 0, "a socket in two nodes")
        node = int(keys["nodeid"])
        expect(node == len(self.nodes) < 128 and host < 128, "numbers of nodes")
        initiator = int(keys["initiator"]) if "initiator" in keys else None
        self.nodes[node] = {"size": size, "host": host, "cpus": cpus, "initiator": initiator}

    def take_dist(self, keys):
        value, pair = int(keys["val"]), (int(keys["src"]), int(keys["dst"]))
        expect(10 <= value <= 255 and pair[0] != pair[1] and pair not in self.distances, "distance")
        self.distances[pair] = value

    def take_hmat_lb(self, keys):
        kind, place = keys["data-type"], (int(keys["initiator"]), int(keys["target"]))
        expect(self.hmat and keys["hierarchy"] == "memory", "hmat-lb without hmat=on")
        expect(self.nodes[place[0]]["cpus"] and place[1] in self.nodes, f"hmat-lb {place}")
        latency = kind.endswith("latency")
        self.matrices.setdefault(kind, Matrix(latency)).add(
            place, int(keys["latency"]) if latency else size_of(keys["bandwidth"]))

    def take_hmat_cache(self, keys):
        node, level, size = (int(keys[key]) for key in ("node-id", "level", "size"))
        given = {kind.rpartition("-")[2] for kind, m in self.matrices.items() if any(t == node for _, t in m.entries)}
        expect(given == {"latency", "bandwidth"}, "hmat-cache without values")
        levels = self.caches.setdefault(node, [])
        expect(level == len(levels) + 1 <= 3 and (not levels or size > levels[-1]["size"]) and
               int(keys["line"]) < 65536, "hmat-cache")
        levels.append({"size": size, "line": int(keys["line"]), "associativity": keys["associativity"],
                       "policy": keys["policy"]})

    def check(self):
        expect(self.memory == sum(n["size"] for n in self.nodes.values()), "-m is not the sum of the nodes")
        expect(all(n["size"] > 0 for n in self.nodes.values()), "Linux ignores HMAT if a node has no memory")
        expect(sorted(c for n in self.nodes.values() for c in n["cpus"]) == list(range(self.cpus)), "CPUs")
        for number, node in self.nodes.items():
            initiator = node["initiator"]
            if self.hmat:
                expect(initiator is not None and self.nodes[initiator]["cpus"], "no initiator")
                expect(not node["cpus"] or initiator == number, "another initiator for CPUs")
        pairs = {(i, j) for i in self.nodes for j in self.nodes if i != j}
        if self.distances and set(self.distances) != pairs:
            expect({tuple(sorted(p)) for p in self.distances} == {tuple(sorted(p)) for p in pairs} and
                   len(self.distances) * 2 == len(pairs), "distances are missing")
        for kinds in (TYPES[:3], TYPES[3:]):
            expect(kinds[0] not in self.matrices or not {*kinds[1:]} & {*self.matrices}, "access beside read or write")

    def distance(self, i, j):
        default = 10 if i == j else 20
        return self.distances.get((i, j), self.distances.get((j, i), default))

    def perf(self, node):
        """What Linux in the guest shows. Its values are those of the initiator that the table attaches, and each
        matrix overwrites what an earlier one said, in the order of their types."""
        values = {}
        for kind in TYPES:
            if kind not in self.matrices:
                continue
            way, _, what = kind.partition("-")
            value = self.matrices[kind].read((self.nodes[node]["initiator"], node))
            values |= {f"{w}_{what}": value for w in (["read", "write"] if way == "access" else [way])}
        return values

    def capture(self):
        """The guest as numatier would capture it."""
        where = "sys/devices/system/node/"
        ids = ",".join(map(str, self.nodes))
        files = {where + name: ids for name in ("online", "possible", "has_memory")}
        files[where + "has_cpu"] = ",".join(str(i) for i, n in self.nodes.items() if n["cpus"])
        files |= {where + "has_generic_initiator": "", "proc/sys/kernel/osrelease": "6.12.95",
                  "sys/devices/virtual/memory_tiering/memory_tier4/nodelist": ids}
        for i, node in self.nodes.items():
            own = f"{where}node{i}/"
            kib = node["size"] // 1024 - (65536 if i == 0 else 0)  # the kernel takes some
            files[own + "meminfo"] = f"\n  Node {i} MemTotal: {kib} kB\n  Node {i} MemFree: {kib} kB"
            files[own + "distance"] = " ".join(str(self.distance(i, j)) for j in self.nodes)
            for name, value in self.perf(i).items():
                for access in ("access0", "access1"):
                    files[f"{own}{access}/initiators/{name}"] = str(value)
        return "# numatier capture 1\n" + "".join(
            f"{path}:{text if text.startswith(chr(10)) else ' ' + text}\n" for path, text in sorted(files.items()))

    def facts(self):
        """What a domain of libvirt must say, too."""
        entries = {(kind, *place): value for kind, m in self.matrices.items() for place, value in m.entries.items()}
        nodes = {i: (n["size"], n["host"], n["cpus"]) for i, n in self.nodes.items()}
        distances = {(i, j): self.distance(i, j) for i in self.nodes for j in self.nodes} if self.distances else {}
        return {"nodes": nodes, "entries": entries, "distances": distances, "caches": self.caches,
                "memory": self.memory, "cpus": self.cpus}


def read_domain(text):
    """The same of the XML. libvirt's full is QEMU's complex, and QEMU has dashes in its policies."""
    domain = ElementTree.fromstring(text)
    nodes, distances, caches, entries = {}, {}, {}, {}
    hosts = {int(m.get("cellid")): int(m.get("nodeset")) for m in domain.iter("memnode")}
    for cell in domain.iter("cell"):
        i = int(cell.get("id"))
        expect(cell.get("unit") == "MiB", "unit of a cell")
        cpus = list(members(cell.get("cpus"))) if cell.get("cpus") else []
        nodes[i] = int(cell.get("memory")) * MIB, hosts[i], cpus
        distances |= {(i, int(s.get("id"))): int(s.get("value")) for s in cell.iter("sibling")}
        for cache in cell.iter("cache"):
            caches.setdefault(i, []).append({
                "size": int(cache.find("size").get("value")) * 1024, "line": int(cache.find("line").get("value")),
                "associativity": cache.get("associativity").replace("full", "complex"),
                "policy": re.sub("^write", "write-", cache.get("policy"))})
    for name, scale in (("latency", 1), ("bandwidth", MIB)):
        for entry in domain.iter(name):
            place = int(entry.get("initiator")), int(entry.get("target"))
            entries[(f"{entry.get('type')}-{name}", *place)] = int(entry.get("value")) * scale
    return {"nodes": nodes, "entries": entries, "distances": distances, "caches": caches,
            "memory": int(domain.find("memory").text) * MIB, "cpus": int(domain.find("vcpu").text)}


def ask(numatier, form, policy, machine, *more):
    done = run(numatier, "guest", "--format", form, "--config", policy, "--machine", machine, *more)
    expect(done.returncode == 0, f"exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def nodes_of(numatier, policy, machine):
    done = run(numatier, "--json", "--config", policy, "--machine", machine)
    expect(done.returncode == 0, done.stderr)
    return {n["node"]: n for n in json.loads(done.stdout)["nodes"]}


def make_guest(numatier, policy, machine, *more):
    options, remarks = parse_script(ask(numatier, "qemu", policy, machine, *more))
    guest = Guest(options)
    domain = read_domain(ask(numatier, "libvirt", policy, machine, *more))
    expect(domain == guest.facts(), f"libvirt says {domain}\nand QEMU {guest.facts()}")
    return guest, remarks


def check_tiers(numatier, policy, machine, *more):
    """How many nodes were compared."""
    guest, remarks = make_guest(numatier, policy, machine, *more)
    excused = {int(m[1]) for m in map(EXCUSES.match, remarks) if m}
    if any(remark.startswith("No distance between") for remark in remarks):
        excused |= {node["host"] for node in guest.nodes.values()}
    here = nodes_of(numatier, policy, machine)
    with tempfile.NamedTemporaryFile("w", suffix=".machine") as file:
        file.write(guest.capture())
        file.flush()
        there = nodes_of(numatier, policy, file.name)
    compared = 0
    for i, node in guest.nodes.items():
        if node["host"] in excused:
            continue
        compared += 1
        a, b = here[node["host"]]["tier"], there[i]["tier"]
        expect(a == b, f"node {node['host']}: tier {a}, and {b} as guest node {i}: {there[i]['reason']}")
    return compared


def machines_of(root):
    """(name, policy, machine) of each captured machine, with files that exist."""
    for directory in sorted(p for p in (root / "tests/machines").iterdir() if p.is_dir()):
        policy = directory / "numatierd.conf"
        if (directory / "machine").exists() and not (directory / "numatierd.conf.py").exists():
            yield directory.name, policy if policy.exists() else root / "conf/numatierd.conf", directory / "machine"


# What cannot be read now is not left out: no guest is made.
REFUSED = {"broken-chains": "cannot be read now", "garbage": "cannot be read now"}
# Part of a machine, and other sizes.
PARTS = {"two-sockets-hbm-cxl": [["--nodes", "0,2,4"], ["--nodes", "1,0,5,3"], ["--memory", "4G", "--cpus", "2"],
                                 ["--nodes", "0,4", "--cpus", "8,0", "--memory", "8GiB,1G"]],
         "cxl-expander": [["--nodes", "0,2"], ["--nodes", "1,2", "--cpus", "6"]],
         "knl-snc4-flat": [["--nodes", "0-3,4-7"]]}


def check_machines(numatier, root):
    problems, compared = [], 0
    for name, policy, machine in machines_of(root):
        for more in [[], *PARTS.get(name, [])]:
            try:
                compared += check_tiers(numatier, policy, machine, *more)
                if name in REFUSED:
                    problems.append(f"{name}: is not refused")
            except (Refused, KeyError, ValueError) as error:
                if REFUSED.get(name, "\0") not in str(error):
                    problems.append(f"{name} {' '.join(more)}: {type(error).__name__} {error}")
    return problems, compared


def random_machine(rng):
    """A capture of a machine with values of all sizes, and node -> value name -> value."""
    def pick(top):
        return max(1, int(top ** rng.random()))

    n = rng.randint(1, 6)
    where, ids = "sys/devices/system/node/", ",".join(map(str, range(n)))
    lines = [f"{where}{name}: {ids}" for name in ("online", "possible", "has_memory")]
    lines += [f"{where}has_cpu: 0", f"{where}has_generic_initiator:",
              f"{where}node0/distance: {' '.join(['10', *(str(rng.randint(11, 254)) for _ in range(n - 1))])}"]
    same, values = rng.random() < 0.5, {}
    for i in range(n):
        latency, bandwidth = pick(2 ** 32 - 1 if rng.random() < 0.1 else 4294966), pick(2 ** 32 - 1)
        values[i] = {"read_latency": latency, "read_bandwidth": bandwidth,
                     "write_latency": latency if same else pick(4294966),
                     "write_bandwidth": bandwidth if same else pick(2 ** 32 - 1)}
        lines += [f"{where}node{i}/meminfo:", f"  Node {i} MemTotal: {pick(2 ** 32)} kB", f"  Node {i} MemFree: 1 kB"]
        lines += [f"{where}node{i}/access1/initiators/{name}: {value}" for name, value in values[i].items()]
    return "# numatier capture 1\n" + "\n".join(lines) + "\n", values


def check_random(numatier, root, seed):
    rng = random.Random(seed)
    text, values = random_machine(rng)
    with tempfile.NamedTemporaryFile("w", suffix=".machine") as file:
        file.write(text)
        file.flush()
        guest, _ = make_guest(numatier, root / "conf/numatierd.conf", file.name)
    for i in values:
        for name, value in values[i].items():
            got = guest.perf(i).get(name, 0)
            if name.endswith("latency") and value > 4294966:
                expect(got == 0, f"seed {seed}: node {i} {name}: {value} as {got}")
                continue
            column = [v[name] for v in values.values() if name.endswith("bandwidth") or v[name] <= 4294966]
            base, unit = 10 if name.endswith("latency") else 2, 1
            while (max(column) + unit // 2) // unit > 65534:
                unit *= base
            expect(got > 0 and abs(got - value) <= unit, f"seed {seed}: node {i} {name}: {value} as {got}")
            expect(unit > 1 or got == value, f"seed {seed}: node {i} {name}: {value} as {got}, and it fits")


def check_all(numatier, root):
    problems, compared = check_machines(numatier, root)
    if compared < 60:
        problems.append(f"only {compared} nodes were compared")
    count = int(os.environ.get("MACHINES", "30"))
    for seed in range(count):
        try:
            check_random(numatier, root, seed)
        except Refused as error:
            problems.append(str(error))
    return problems, f"{compared} nodes in the same tiers, {count} machines with random values"


def check_xml(numatier, root):
    problems, count = [], 0
    for name, policy, machine in machines_of(root):
        if name in REFUSED:
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(ask(numatier, "libvirt", policy, machine))
            file.flush()
            done = subprocess.run(["virt-xml-validate", file.name, "domain"], capture_output=True, text=True)
        count += 1
        if done.returncode != 0:
            problems.append(f"{name}: {done.stdout}{done.stderr}")
    return problems, f"{count} domains are valid"


def main():
    xml = "--xml" in sys.argv
    numatier, root = [pathlib.Path(a).absolute() for a in sys.argv[1:] if a != "--xml"]
    if xml and not shutil.which("virt-xml-validate"):
        print("virt-xml-validate is not installed (Debian package libvirt-clients)")
        return 77
    problems, text = (check_xml if xml else check_all)(numatier, root)
    print("\n".join(problems) or text)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
