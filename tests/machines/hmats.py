#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what `numatier hmat build` makes of all captured machines, and of random ones.

    tests/machines/hmats.py NUMATIER SOURCE-ROOT          what Linux makes of the tables
    tests/machines/hmats.py --iasl NUMATIER SOURCE-ROOT   acpica's compiler, both ways
    tests/machines/hmats.py --update NUMATIER SOURCE-ROOT writes hmats.txt anew: read it before you commit

Each machine gets a SRAT (sparse proximity domains, in an order that gives it its node numbers, domains without
memory between them) and an HMAT: none, that of its values, one that lies. Either the table is refused with a
message, or: it is read here as Linux reads it (drivers/acpi/numa/hmat.c, mm/memory-tiers.c), its tiers are those of
the policy, and when the machine has booted with it, the same table comes out, byte for byte.

MACHINES in the environment: how many random machines there are, 30 if it is not set.
"""

import difflib
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

HERE = pathlib.Path(__file__).parent
loader = SourceFileLoader("machines_run", str(HERE / "run"))
machines_run = module_from_spec(spec_from_loader("machines_run", loader))
sys.dont_write_bytecode = True
loader.exec_module(machines_run)

MIB = 1 << 20
BLOCK = 128 * MIB
VALUES = ["read_latency", "write_latency", "read_bandwidth", "write_bandwidth"]
NODES = "sys/devices/system/node"
TABLES = "sys/firmware/acpi/tables"
DRAM_DISTANCE = 576
# ACPI 6.5, 5.2.28.4: the values that each type of matrix speaks of
TYPES = [VALUES[:2], VALUES[:1], VALUES[1:2], VALUES[2:], VALUES[2:3], VALUES[3:]]


class Wrong(Exception):
    """The table is not what it should be."""


class Skipped(Exception):
    """This machine cannot be laid out, or no SRAT gives it its node numbers."""


def expect(condition, text):
    if not condition:
        raise Wrong(text)


def run(numatier, machine, *arguments):
    return subprocess.run([numatier, "--no-pager", *arguments, "--machine", "-"], input=machine.capture(),
                          capture_output=True, timeout=60, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})


# Tables

def table(signature, revision, oem_revision, body, creator=b"TEST"):
    head = struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0, b"OEMOEM", b"OEMTABLE",
                       oem_revision, creator, 7)
    whole = bytearray(head + body)
    whole[9] = -sum(whole) & 0xff
    return bytes(whole)


def make_srat(cpus, initiators, ranges, ports=()):
    """cpus, initiators: domains; ranges: (domain, first, bytes); ports: domains. In this order."""
    body = struct.pack("<IQ", 1, 0)
    for i, domain in enumerate(cpus):
        body += struct.pack("<BBHIIIII", 2, 24, 0, domain, i, 1, 0, 0)
    for domain in initiators:
        body += struct.pack("<BBBBI16sII", 5, 32, 0, 1, domain, b"", 1, 0)
    for domain, first, length in ranges:
        body += struct.pack("<BBIHQQIIQ", 1, 40, domain, 0, first, length, 0, 1, 0)
    for i, domain in enumerate(ports):
        body += struct.pack("<BBBBI8sIIII", 6, 32, 0, 0, domain, b"ACPI0016", 5 + i, 0, 1, 0)
    return table(b"SRAT", 3, 1, body)


def matrix(kind, base, initiators, targets, entries):
    length = 32 + 4 * len(initiators) + 4 * len(targets) + 2 * len(entries)
    return struct.pack(f"<HHIBBBBIIIQ{len(initiators)}I{len(targets)}I{len(entries)}H", 1, 0, length, 0, kind, 0, 0,
                       len(initiators), len(targets), 0, base, *initiators, *targets, *entries)


def make_hmat(attached, initiators, targets, value_of, oem_revision=5):
    """value_of(initiator, target) -> [four values]"""
    body = b"\0\0\0\0"
    for target, initiator in attached.items():
        body += struct.pack("<HHIHHIIIQQ", 0, 0, 40, 1 if initiator is not None else 0, 0, initiator or 0, target, 0, 0,
                            0)
    for kind, value in ((1, 0), (2, 1), (4, 2), (5, 3)):
        entries = [value_of(i, t)[value] for i in initiators for t in targets]
        base = max(1, -(-max(entries, default=1) // 0xfffe))
        body += matrix(kind, base * (1000 if value < 2 else 1), initiators, targets, [e // base for e in entries])
    body += struct.pack("<HHIIIQIHH", 2, 0, 32, targets[0], 0, 1 << 34, 0x00401111, 0, 0)
    return table(b"HMAT", 2, oem_revision, body)


class Hmat:
    """As Linux reads it."""

    def __init__(self, data):
        (signature, length, self.revision, _, self.oem, self.oem_table, self.oem_revision, self.creator,
         _) = struct.unpack_from("<4sIBB6s8sI4sI", data)
        expect(signature == b"HMAT" and length == len(data) and sum(data) & 0xff == 0, "damaged")
        self.attached, self.matrices, self.caches, self.order = {}, [], [], []
        offset = 40
        while offset < length:
            kind, _, size = struct.unpack_from("<HHI", data, offset)
            expect(size >= 32 and offset + size <= length, "a structure beyond the end")
            self.order.append(kind)
            if kind == 0:
                flags, _, initiator, memory = struct.unpack_from("<HHII", data, offset + 8)
                expect(size == 40, "structure 0")
                self.attached[memory] = initiator if flags & 1 else None
            elif kind == 1:
                flags, kind, _, _, n, m, _, base = struct.unpack_from("<BBBBIIIQ", data, offset + 8)
                expect(size == 32 + 4 * n + 4 * m + 2 * n * m, "structure 1")
                numbers = struct.unpack_from(f"<{n}I{m}I{n * m}H", data, offset + 32)
                self.matrices.append((flags & 15, kind, base, numbers[:n], numbers[n:n + m], numbers[n + m:]))
            else:
                self.caches.append(data[offset:offset + size])
            offset += size

    def normalize(self, entry, base, kind):
        if entry in (0, 0xffff) or entry * base > 0xffffffff:
            return 0
        return (entry * base + 999 & 0xffffffff) // 1000 if kind < 3 else entry * base

    def entry(self, which, initiator, target):
        """hmat_initiator_perf"""
        _, kind, base, initiators, targets, entries = which
        if initiator not in initiators or target not in targets:
            return 0
        return self.normalize(entries[initiators.index(initiator) * len(targets) + targets.index(target)], base, kind)

    def values(self, target, initiators):
        """The best of these initiators: hmat_update_target_attrs; and those that are linked."""
        found = dict.fromkeys(VALUES, 0)
        attached = self.attached.get(target)
        if attached is not None and attached in initiators:
            for which in self.matrices:
                if which[0] == 0 and attached in which[3] and target in which[4]:
                    for value in TYPES[which[1]]:
                        found[value] = self.entry(which, attached, target)
            return found, [attached]
        left = sorted(initiators)
        for value in (VALUES[1], VALUES[0], VALUES[3], VALUES[2]):
            about = [m for m in self.matrices if m[0] == 0 and value in TYPES[m[1]]]
            if not about:
                continue
            entries = {i: self.entry(about[-1], i, target) for i in left}
            known = [e for e in entries.values() if e]
            best = (min(known) if "latency" in value else max(known)) if known else 0
            left = [i for i in left if entries[i] == best]
            found[value] = best
        return found, left


def predict(values, dram):
    """Node -> tier: mt_set_default_dram_perf and mt_perf_to_adistance. None: the algorithm is off."""
    reference = None
    for node in sorted(dram):
        if values[node] is None:
            continue
        v = [values[node][name] for name in VALUES]
        if v[0] + v[1] == 0 or v[2] + v[3] == 0:
            return None
        if reference is None:
            reference = v
        elif any(abs(a - b) * 10 > b for a, b in zip(v, reference)):
            return None
    if reference is None:
        return None
    tiers = {}
    for node, of in values.items():
        if of is None:
            continue
        v = [of[name] for name in VALUES]
        if v[0] + v[1] and v[2] + v[3]:
            distance = DRAM_DISTANCE * (v[0] + v[1]) // (reference[0] + reference[1]) * \
                (reference[2] + reference[3]) // (v[2] + v[3])
            tiers[node] = distance >> 7
    return tiers


# Machines

def entry(path, data):
    """A file of a capture, as lib/sysroot/capture.h describes it."""
    if data is None:
        return f"{path} ! EIO\n"
    if isinstance(data, bytes):
        return f"{path} =\n" + "".join(f"  {data[i:i + 16].hex(' ')}\n" for i in range(0, len(data), 16))
    return f"{path}:\n" + "".join(f"  {line}\n" for line in data.splitlines())


class Machine:
    """A capture with tables. It is changed here, not in a tree: thousands of files take seconds."""

    def __init__(self, files, links, seed):
        self.files, self.links, self.random = dict(files), links, random.Random(seed)
        self.text, self.ports = None, []
        self.files.pop(f"{TABLES}/HMAT", None)
        self.cpu, self.memory, self.online, self.generic = (
            machines_run.members(files.get(f"{NODES}/{name}") or "")
            for name in ("has_cpu", "has_memory", "online", "has_generic_initiator"))
        self.place_blocks(files, links)
        self.number()

    def capture(self):
        if self.text is None:
            self.text = "".join(["# numatier capture 1\n", *(f"{path} -> {to}\n" for path, to in self.links.items()),
                                 *(entry(path, data) for path, data in self.files.items())]).encode()
        return self.text

    def place_blocks(self, files, links):
        """Node -> numbers of blocks; those of the capture where it has some."""
        self.block = int((files.get("sys/devices/system/memory/block_size_bytes") or f"{BLOCK:x}"), 16)
        self.blocks = {node: [] for node in self.memory}
        for path in links:
            if (match := re.fullmatch(rf"{NODES}/node(\d+)/memory(\d+)", path)) and int(match[1]) in self.blocks:
                self.blocks[int(match[1])].append(int(match[2]))
        for line in (files.get("captured/memory-blocks") or "").splitlines():
            if match := re.match(r"(\S+) node (\d+) (?:online|offline)", line):
                self.blocks.setdefault(int(match[2]), []).extend(machines_run.members(match[1]))
        after = max((max(b) for b in self.blocks.values() if b), default=0) + 8
        for node, blocks in sorted(self.blocks.items()):
            if not blocks:
                blocks += range(after, after + 2)
                after += 8
        self.write("sys/devices/system/memory/block_size_bytes", f"{self.block:x}\n")
        record = [(number, node) for node, numbers in self.blocks.items() for number in numbers]
        self.write("captured/memory-blocks", "".join(f"{number} node {node} online kernel\n"
                                                     for number, node in sorted(record)))

    def number(self):
        """Domains in the order that makes Linux give these numbers: those with CPUs first."""
        last = max(self.online)
        firsts = sorted({*self.cpu, *self.generic})
        if firsts != list(range(len(firsts))):
            # nodes with CPUs behind others, or gaps before them: offline CPUs are in SRAT too
            firsts = list(range(max(firsts) + 1))
        domains = self.random.sample(range(1024), last + 1)
        self.domain = dict(enumerate(domains))
        cpus = [self.domain[n] for n in firsts if n not in self.generic]
        ranges = []
        for node in [*range(last + 1)]:
            for number in self.blocks.get(node, []):
                ranges.append((self.domain[node], number * self.block, self.block))
            if node not in self.blocks and (node not in firsts):
                ranges.append((self.domain[node], (1 << 50) + node * self.block, self.block))
        self.ranges = ranges
        # interleaved initiators and CPUs must keep their order: CPUs are only before generic initiators
        if self.generic and max(self.cpu) > min(self.generic):
            raise Skipped("a device's node is before a CPU's")
        self.parts = cpus, [self.domain[n] for n in self.generic], ranges
        self.write(f"{TABLES}/SRAT", make_srat(*self.parts))

    def write(self, path, data):
        self.files[path], self.text = data, None

    def lay_out(self, root):
        files = {path: data for path, data in self.files.items() if isinstance(data, str)}
        machines_run.lay_out(files, self.links, root)
        (root / "captured").mkdir()
        (root / "captured/memory-blocks").write_text(self.files["captured/memory-blocks"])
        (root / TABLES).mkdir(parents=True, exist_ok=True)
        for path, data in self.files.items():
            if isinstance(data, bytes):
                (root / path).write_bytes(data)

    def add_port(self, domain):
        self.ports.append(domain)
        self.write(f"{TABLES}/SRAT", make_srat(*self.parts, self.ports))

    def remove_values(self):
        for path in [p for p in self.files if re.fullmatch(rf"{NODES}/node\d+/access\d+/initiators/\w+_\w+", p)]:
            del self.files[path]
        self.text = None

    def read_access(self, node):
        values = (self.files.get(f"{NODES}/node{node}/access1/initiators/{name}") or "" for name in VALUES)
        return [int(v) if v.strip().isdigit() else 0 for v in values]

    def firmware(self, change=lambda node, values: values, attach=True):
        """The table that has the machine's values."""
        nodes = [n for n in self.memory if n not in self.generic]
        access = {self.domain[n]: change(n, self.read_access(n)) for n in nodes}
        access |= dict.fromkeys(self.ports, [10, 10, 8, 8])
        cpus = [self.domain[n] for n in self.cpu]
        own = {t: t if t in cpus else cpus[0] for t in access}

        def value_of(initiator, target):
            v = access[target]
            return v if initiator == own[target] else [v[0] * 2, v[1] * 2, v[2] // 2, v[3] // 2]
        data = make_hmat(own if attach else dict.fromkeys(own), cpus, list(access), value_of)
        self.write(f"{TABLES}/HMAT", data)
        return data

    def boot(self, data):
        """The machine after it has booted with that table."""
        hmat = Hmat(data)
        self.write(f"{TABLES}/HMAT", data)
        cpus = [self.domain[n] for n in self.cpu]
        for node in self.memory:
            for access, initiators in ((0, cpus + [self.domain[n] for n in self.generic]), (1, cpus)):
                values, _ = hmat.values(self.domain[node], initiators)
                for name in VALUES:
                    self.write(f"{NODES}/node{node}/access{access}/initiators/{name}", f"{values[name]}\n")


def check_table(machine, data, used, status, cpus):
    """What must be true of each table that was built."""
    hmat = Hmat(data)
    expect(hmat.revision == 2 and hmat.creator == b"NTIR", "header")
    expect((hmat.oem, hmat.oem_table) == (b"OEMOEM", b"OEMTABLE"), "OEM IDs")
    expect(hmat.oem_revision == (Hmat(used).oem_revision + 1 if used else 1), "OEM revision")
    expect(hmat.caches == (Hmat(used).caches if used else []), "side caches")
    expect(hmat.order == sorted(hmat.order), "the order of structures")
    memory = {domain for domain, _, _ in machine.ranges}
    expect(set(hmat.attached) <= memory, "a domain that is not in SRAT")
    left_out = set(status["left_out"])
    values = {n: None if n in left_out else hmat.values(machine.domain[n], cpus)[0] for n in machine.memory}
    tiers = predict(values, [n for n in machine.memory if n in machine.cpu])
    expect(tiers is not None, "Linux does not use it")
    order = [t["name"] for t in status["tiers"]]
    placed = [(order.index(n["tier"]), tiers[n["node"]], n["node"]) for n in status["nodes"]
              if n["tier"] in order and n["node"] in machine.memory and n["node"] not in left_out]
    for a, b in itertools.pairwise(sorted(placed)):
        expect(a[1] == b[1] if a[0] == b[0] else a[1] < b[1],
               f"nodes {a[2]} and {b[2]}: the policy wants tiers {order[a[0]]} and {order[b[0]]}, and Linux makes "
               f"{a[1]} and {b[1]}")


def check(numatier, machine, policy, used, results):
    done = run(numatier, machine, "hmat", "build", "--config", policy)
    if done.returncode != 0:
        lines = [line for line in done.stderr.decode().splitlines() if not line.startswith("numatier: warning: ")]
        expect(done.returncode == 1 and not done.stdout and lines, f"failed without a reason:\n{done.stderr.decode()}")
        results["refused"] += 1
        return done.stderr.decode()
    results["built"] += 1
    results["tables"].append(done.stdout)
    if results["iasl"]:
        return None
    status = json.loads(run(numatier, machine, "--json", "--config", policy).stdout)
    status["left_out"] = [int(n) for n in re.findall(r"Node (\d+) is left out", done.stderr.decode())]
    cpus = [machine.domain[n] for n in machine.cpu]
    check_table(machine, done.stdout, used, status, cpus)
    machine.boot(done.stdout)
    again = run(numatier, machine, "hmat", "build", "--config", policy)
    expect(again.returncode == 0, f"refused after the reboot:\n{again.stderr.decode()}")
    expect(again.stdout == done.stdout, "another table after the reboot")
    return None


def lie(node, values):
    """Firmware that has the memory the wrong way round."""
    return [max(1, v // (3 if node % 2 else 1)) if i < 2 else v * (3 if node % 2 else 1) for i, v in enumerate(values)]


def part(node, values):
    """The second node's DRAM is 12% slower than that of the first."""
    return values if node == 0 else [v * 112 // 100 if i < 2 else v * 100 // 112 for i, v in enumerate(values)]


CHANGES = {"lies": lie, "apart": part}


def prepare(text, variant, seed):
    machine = Machine(*machines_run.parse_capture(text), seed)
    used = None
    if variant == "values":
        used = machine.firmware()
    elif variant == "unattached":
        used = machine.firmware(attach=False)
    elif variant in CHANGES:
        used = machine.firmware(CHANGES[variant])
        machine.boot(used)
    elif variant == "port":
        machine.add_port(2000)
        used = machine.firmware()
    elif variant == "absent":
        machine.remove_values()
    return machine, used


def check_captures(numatier, source, results):
    problems = []
    for directory in sorted(p for p in HERE.iterdir() if p.is_dir()):
        text = machines_run.read_or_run(directory, "machine")
        own = machines_run.read_or_run(directory, "numatierd.conf")
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
            conf.write(own or (source / "conf/numatierd.conf").read_text())
            conf.flush()
            for variant in ("none", "values", "unattached", "lies"):
                try:
                    machine, used = prepare(text, variant, directory.name)
                    why = check(numatier, machine, conf.name, used, results)
                    if why and os.environ.get("VERBOSE"):
                        print(f"{directory.name}, {variant}: {why}")
                except Skipped:
                    results["skipped"].add(directory.name)
                except Wrong as wrong:
                    problems.append(f"{directory.name}, HMAT: {variant}: {wrong}")
    return problems


def random_capture(dice):
    """A machine of nodes in two or three tiers, each with values that are alike."""
    n_cpu, n_far = dice.randint(1, 4), dice.randint(0, 4)
    base = [dice.randint(50, 200), dice.randint(10_000, 400_000)]
    far = [int(base[0] * dice.uniform(1.5, 4)), int(base[1] / dice.uniform(1.5, 20))]
    lines = ["proc/sys/kernel/osrelease: 7.3.0", f"{NODES}/has_generic_initiator:"]
    total = n_cpu + n_far
    everything = f"0-{total - 1}" if total > 1 else "0"
    lines += [f"{NODES}/{name}: {everything}" for name in ("online", "possible", "has_memory")]
    lines.append(f"{NODES}/has_cpu: 0-{n_cpu - 1}" if n_cpu > 1 else f"{NODES}/has_cpu: 0")
    for node in range(total):
        spread = dice.choice([0, 0, 0, 0.02, 0.08, 0.15, 0.5])
        latency, bandwidth = [max(1, int(v * dice.uniform(1 - spread, 1 + spread)))
                              for v in (base if node < n_cpu else far)]
        lines += [f"{NODES}/node{node}/meminfo:", f"  Node {node} MemTotal: {dice.randint(1, 64) << 20} kB",
                  f"  Node {node} MemFree: 1 kB"]
        if node < n_cpu:
            row = " ".join("10" if n == node else str(dice.randint(11, 30)) for n in range(total))
            lines.append(f"{NODES}/node{node}/distance: {row}")
        for name in VALUES:
            value = latency if "latency" in name else bandwidth
            if "write" in name and dice.random() < 0.2:
                value = int(value * dice.uniform(0.8, 1.2)) or 1
            if dice.random() > 0.01:
                lines.append(f"{NODES}/node{node}/access1/initiators/{name}: {value}")
    return "# numatier capture 1\n" + "\n".join(lines) + "\n", total


def random_policy(dice, total):
    text = "[policy]\n" + dice.choice(["", "", "method = adistance\n", "sources = user measured slit\n"])
    text += "[tier fast]\nmax-latency = 1.3x\nmin-bandwidth = 0.5x\n[tier slow]\n"
    for node in range(total):
        roll = dice.random()
        if roll < 0.1:
            text += f"[node n{node}]\nnode = {node}\nlatency = {dice.randint(1, 900)}ns\n" \
                f"bandwidth = {dice.randint(1, 900_000)}MiB/s\n"
        elif roll < 0.15:
            text += f"[node n{node}]\nnode = {node}\nignore = yes\n"
        elif roll < 0.2:
            text += f"[node n{node}]\nnode = {node}\ntier = {dice.choice(['fast', 'slow'])}\n"
    return text


def check_random(numatier, results, count, first):
    problems = []
    for seed in range(first, first + count):
        dice = random.Random(seed)
        text, total = random_capture(dice)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
            conf.write(random_policy(dice, total))
            conf.flush()
            try:
                machine, used = prepare(text, dice.choice(["none", "values", "unattached", "lies"]), seed)
                check(numatier, machine, conf.name, used, results)
            except Wrong as wrong:
                problems.append(f"random machine {seed}: {wrong}")
    return problems


def try_program(numatier, source):
    """Where the table goes, and what is said if it cannot be made."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name) / "root"
        root.mkdir()
        machine, _ = prepare((HERE / "mailing-list-6.12/machine").read_text(), "none", 1)
        machine.lay_out(root)
        build = [numatier, "--no-pager", "hmat", "build", "--root", str(root), "--config",
                 str(source / "conf/numatierd.conf")]
        to = pathlib.Path(name) / "to"
        to.mkdir()

        def start(*arguments, status, **options):
            done = subprocess.run([*build, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60,
                                  **{"stdout": subprocess.PIPE, **options})
            text = done.stderr.decode()
            expect(done.returncode == status, f"{arguments}: exit status {done.returncode}, not {status}: {text}")
            return done.stdout, text

        def refused(what):
            _, text = start("--output", str(to / "table"), status=1)
            expect(what in text, f"expected \"{what}\", found: {text}")
            expect((to / "table").read_bytes() == table_bytes, "a refusal changed the file")
            expect(os.listdir(to) == ["table"], f"left behind: {os.listdir(to)}")

        table_bytes, text = start(status=0)
        expect(not text, text)
        (to / "table").write_text("old")
        start("--output", str(to / "table"), status=0, preexec_fn=lambda: os.umask(0o077))
        expect((to / "table").read_bytes() == table_bytes, "another file than standard output")
        expect((to / "table").stat().st_mode & 0o7777 == 0o644, "mode")
        expect(os.listdir(to) == ["table"], f"left behind: {os.listdir(to)}")
        start("--output", "/dev/full", status=1)
        start("--output", str(to / "nowhere/table"), status=1)
        with open("/dev/full", "wb") as full:
            start(status=1, stdout=full)
        null = os.stat("/dev/null").st_rdev
        start("--output", "/dev/null", status=0)
        expect(os.stat("/dev/null").st_rdev == null, "/dev/null was replaced")
        ours, terminal = os.openpty()
        _, text = start(status=2, stdout=terminal)
        expect("--output" in text, text)
        os.close(terminal)
        os.close(ours)

        srat = root / TABLES / "SRAT"
        data = srat.read_bytes()
        # a table of ours that was made for another SRAT is no source of values
        (root / TABLES / "HMAT").write_bytes(table_bytes)
        stored = root / "etc/numatier/hmat.srat"
        stored.parent.mkdir(parents=True)
        stored.write_bytes(data)
        start("--output", str(to / "table"), status=0)
        stored.write_bytes(data[::-1])
        refused("when the firmware had another SRAT")
        stored.unlink()
        (root / TABLES / "HMAT").unlink()
        srat.write_bytes(data[:-1])
        refused("SRAT")
        srat.unlink()
        refused("This machine has no SRAT")
        srat.mkdir()
        refused("/sys/firmware/acpi/tables/SRAT cannot be read")
        srat.rmdir()
        srat.write_bytes(data)
        (root / TABLES / "HMAT").write_bytes(b"HMAT")
        refused("HMAT")
        # Linux numbers them if there are several, and uses the first
        (root / TABLES / "HMAT").unlink()
        (root / TABLES / "HMAT1").write_bytes(machine.firmware())
        expect(Hmat(start(status=0)[0]).oem_revision == 6, "the first of several tables")


def check_program(numatier, source):
    try:
        try_program(numatier, source)
    except Wrong as wrong:
        return [str(wrong)]
    return []


def of(node, latency, bandwidth):
    return f"[node n{node}]\nnode = {node}\nlatency = {latency}ns\nbandwidth = {bandwidth}MiB/s\n"


# What is printed for each of these is in hmats.txt: name, machine, HMAT, policy after the vendor's
CASES = [
    ("the mailing list's guest without HMAT", "mailing-list-6.12", "none", of(0, 10, 10) + of(1, 20, 5)),
    ("the same, of which nothing was measured", "mailing-list-6.1", "absent", ""),
    ("an HMAT that lies", "mailing-list-6.12", "lies", ""),
    ("an HMAT that lies, corrected", "mailing-list-6.12", "lies", of(1, 20, 5)),
    ("DRAM nodes 12% apart", "two-sockets", "apart", ""),
    ("two sockets with HBM and CXL", "two-sockets-hbm-cxl", "values", ""),
    ("two sockets with HBM and CXL, corrected", "two-sockets-hbm-cxl", "values", of(4, 250, 30000) + of(5, 250, 30000)),
    ("a generic initiator", "generic-initiator", "values", ""),
    ("a generic port, as firmware has it for CXL", "mailing-list-6.12", "port", of(1, 20, 5)),
]


def print_case(numatier, source, case):
    name, directory, variant, more = case
    policy = (machines_run.read_or_run(HERE / directory, "numatierd.conf") or
              (source / "conf/numatierd.conf").read_text())
    with tempfile.TemporaryDirectory() as temporary, tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write(f"{policy}\n{more}")
        conf.flush()
        machine, _ = prepare(machines_run.read_or_run(HERE / directory, "machine"), variant, name)
        to = pathlib.Path(temporary) / "built.aml"
        done = run(numatier, machine, "hmat", "build", "--output", to, "--config", conf.name)
        text = f"== {name}\n{done.stderr.decode()}exit status {done.returncode}\n"
        if to.exists():
            shown = run(numatier, machine, "hmat", "show", to)
            text += shown.stderr.decode() + shown.stdout.decode()
        text = text.replace(str(to), "TABLE").replace(conf.name, "POLICY")
        return "".join(line.rstrip() + "\n" for line in text.splitlines()) + "\n"


def check_cases(numatier, source, update):
    found = "# SPDX-License-Identifier: LGPL-2.1-or-later\n\n" + \
        "".join(print_case(numatier, source, case) for case in CASES)
    if update:
        (HERE / "hmats.txt").write_text(found)
    expected = (HERE / "hmats.txt").read_text()
    return ["".join(difflib.unified_diff(expected.splitlines(True), found.splitlines(True), "hmats.txt (expected)",
                                         "hmats.txt (got)"))] if found != expected else []


def check_iasl(tables):
    """Disassembled and compiled again, a table is the same but for its creator."""
    problems = []
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name)
        for number, data in enumerate(tables):
            (path / f"{number}.aml").write_bytes(data)
        for step, ending in (["iasl", "-d"], "aml"), (["iasl"], "dsl"):
            files = [f"{number}.{ending}" for number in range(len(tables))]
            done = subprocess.run([*step, *files], cwd=name, capture_output=True, text=True)
            if done.returncode != 0 or re.search(r"(?i)invalid|incorrect|bad|[1-9]\d* warnings", done.stderr):
                problems.append(f"{' '.join(step)}:\n{done.stdout}{done.stderr}")
            if ending == "aml":
                for number in range(len(tables)):
                    (path / f"{number}.aml").unlink()
        for number, data in enumerate(tables):
            again = path / f"{number}.aml"
            plain = [bytes(d[:9] + d[10:28] + d[36:]) for d in (data, again.read_bytes() if again.exists() else b"")]
            if plain[0] != plain[1]:
                problems.append(f"table {number}: acpica's compiler makes other bytes of it")
    return problems


def main():
    use_iasl = "--iasl" in sys.argv
    numatier, source = [a for a in sys.argv[1:] if not a.startswith("--")]
    if use_iasl and not shutil.which("iasl"):
        print("SKIP: iasl is not there (acpica-tools)")
        return 77
    results = {"built": 0, "refused": 0, "tables": [], "skipped": set(), "iasl": use_iasl}
    problems = check_captures(numatier, pathlib.Path(source), results)
    problems += check_random(numatier, results, int(os.environ.get("MACHINES", "30")), 0)
    if use_iasl:
        problems += check_iasl(sorted(set(results["tables"])))
    else:
        problems += check_cases(numatier, pathlib.Path(source), "--update" in sys.argv)
        problems += check_program(numatier, pathlib.Path(source))
    if results["built"] < 60:
        problems.append(f"only {results['built']} tables could be built")
    print("\n".join(problems) or f"{results['built']} tables built, {results['refused']} refused, as expected; "
          f"skipped: {', '.join(sorted(results['skipped'])) or 'none'}")
    return 1 if problems else 0


sys.exit(main())
