#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the examples of the documentation.

    tests/machines/samples.py [--update] NUMATIER SOURCE-ROOT

Each sample policy of numatierd.conf(5) is valid, and leaves GPUs alone when it is pasted. (README.md's sample
policy has a directory of its own, "readme".) A drop-in is checked over the vendor's
policy, by the name that its first line gives it.

Each example of README.md and the man pages that starts with "$ numatier ... --machine tests/..." shows what
the program prints. --update replaces the examples that differ.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

# In Markdown an indented block: blank lines belong to it, and it ends before a line with less indentation. In a
# man page what stands between two lines of three backticks.
COMMAND = r"\$ (?P<command>numatier\b[^\n]*--machine tests/[^\n]*)\n"
EXAMPLES = {
    ".md": re.compile(r"^(?P<indent> {4})" + COMMAND + r"(?P<output>(?: {4}(?!\$ ).*\n|\n(?= {4}(?!\$ )))*)", re.M),
    ".scd": re.compile(r"^```\n(?P<indent>)" + COMMAND + r"(?P<output>(?:(?!```).*\n)*)", re.M),
}


def samples(root):
    """Of each sample: its name, its text, and the policy that it would be a part of."""
    page = (root / "man/numatierd.conf.5.scd").read_text()
    vendor = (root / "conf/numatierd.conf").read_text()
    tiers = re.search(r"^\[tier .*?(?=^\[apply\])", vendor, re.M | re.S)[0]
    for sample in re.findall(r"^```\n(.*?)^```$", page, re.M | re.S):
        dropin = re.search(r"numatierd\.conf\.d/(\S+)", sample.splitlines()[0])
        yield (dropin[1], sample, tiers + sample) if dropin else ("numatierd.conf", sample, sample)


def run(*arguments, cwd=None):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          cwd=cwd, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})


def moved(numatier, policy, machine, nodes):
    """Which of the nodes the policy gives a tier."""
    done = run(numatier, "--json", "--no-pager", "--config", policy, "--machine", machine)
    seen = {n["node"]: n["tier"] for n in json.loads(done.stdout)["nodes"]}
    return [n for n in nodes if seen[n] is not None]


def check_json(numatier):
    """What check --json says of a policy with errors: all of them, and nothing beside them."""
    with tempfile.NamedTemporaryFile("w", suffix='"bad.conf') as policy:
        policy.write("[tier a]\nx\n[daemon]\nrescan = y\n")
        policy.flush()
        bad = run(numatier, "check", "--json", "--config", policy.name)
    try:
        errors = json.loads(bad.stdout)["errors"]
    except ValueError as error:
        return [f"check --json: {error}\n{bad.stdout}"]
    if bad.returncode != 1 or bad.stderr or len(errors) != 2 or not errors[1].startswith(f"{policy.name}:4: "):
        return [f"check --json: status {bad.returncode}\n{bad.stdout}\n{bad.stderr}"]
    return []


def check_samples(numatier, root):
    machines = {name: root / "tests/machines" / name / "machine" for name in ("six-gpus", "gpus-unreadable")}
    problems, count = [], 0
    for name, sample, text in samples(root):
        count += 1
        with tempfile.TemporaryDirectory() as directory:
            file, whole = pathlib.Path(directory, name), pathlib.Path(directory, "whole")
            file.write_text(sample)
            whole.write_text(text)
            over = [] if name == "numatierd.conf" else ["--config", root / "conf/numatierd.conf"]
            check = run(numatier, "check", *over, file)
            if check.returncode != 0:
                problems.append(f"{sample}\n{check.stderr}")
                continue
            problems += [f"{sample}\nmoves nodes {nodes} of {machine}" for machine, capture in machines.items()
                         if (nodes := moved(numatier, whole, capture, range(2, 8)))]
    problems += check_json(numatier)
    if count < 5:
        problems.append(f"only {count} samples were found")
    return count, problems


def printed(numatier, root, match):
    """The example as the program prints it, under the vendor's policy."""
    arguments = shlex.split(match["command"])[1:]
    done = run(numatier, "--no-pager", "--config", "conf/numatierd.conf", *arguments, cwd=root)
    lines = [(match["indent"] + line).rstrip() for line in (done.stdout + done.stderr).splitlines()]
    return match[0][:match.start("output") - match.start()] + "\n".join(lines) + "\n"


def check_examples(numatier, root, update):
    problems, count = [], 0
    for page in [root / "README.md", *sorted((root / "man").glob("*.scd"))]:
        text = page.read_text()
        for match in EXAMPLES[page.suffix].finditer(text):
            count += 1
            now = printed(numatier, root, match)
            if now == match[0]:
                continue
            if update:
                page.write_text(page.read_text().replace(match[0], now))
            else:
                problems.append(f"{page.name} shows:\n{match[0]}and the program prints:\n{now}")
    if count < 3:
        problems.append(f"only {count} examples were found")
    return count, problems


def main():
    update = "--update" in sys.argv
    numatier, root = [pathlib.Path(a).absolute() for a in sys.argv[1:] if a != "--update"]
    n_samples, problems = check_samples(numatier, root)
    n_examples, more = check_examples(numatier, root, update)
    problems += more
    print("\n".join(problems) or f"{n_samples} samples: valid, and no GPU moves; {n_examples} examples: as printed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
