#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that each sample policy of the documentation is valid, and leaves GPUs alone when it is pasted.

    tests/machines/samples.py NUMATIER SOURCE-ROOT

README.md's sample has a directory of its own, "readme". Here are those of numatierd.conf(5): a drop-in
stands after the vendor's tiers.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile


def samples(root):
    """Each sample as it would be in force."""
    page = (root / "man/numatierd.conf.5.scd").read_text()
    vendor = (root / "conf/numatierd.conf").read_text()
    tiers = re.search(r"^\[tier .*?(?=^\[apply\])", vendor, re.M | re.S)[0]
    for sample in re.findall(r"^```\n(.*?)^```$", page, re.M | re.S):
        yield tiers + sample if "numatierd.conf.d/" in sample.splitlines()[0] else sample


def run(*arguments):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


def moved(numatier, policy, machine, nodes):
    """Which of the nodes the policy gives a tier."""
    done = run(numatier, "--json", "--no-pager", "--config", policy, "--machine", machine)
    seen = {n["node"]: n["tier"] for n in json.loads(done.stdout)["nodes"]}
    return [n for n in nodes if seen[n] is not None]


def main():
    numatier, root = sys.argv[1], pathlib.Path(sys.argv[2])
    machines = {name: root / "tests/machines" / name / "machine" for name in ("six-gpus", "gpus-unreadable")}
    problems, count = [], 0
    for text in samples(root):
        count += 1
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as policy:
            policy.write(text)
            policy.flush()
            check = run(numatier, "check", policy.name)
            if check.returncode != 0:
                problems.append(f"{text}\n{check.stderr}")
                continue
            problems += [f"{text}\nmoves nodes {nodes} of {name}" for name, machine in machines.items()
                         if (nodes := moved(numatier, policy.name, machine, range(2, 8)))]
    if count < 5:
        problems.append(f"only {count} samples were found")
    print("\n".join(problems) or f"{count} samples: valid, and no GPU moves")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
