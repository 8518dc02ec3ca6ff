# SPDX-License-Identifier: LGPL-2.1-or-later
"""The policy that README.md shows, as somebody pastes it."""
import pathlib
import re

readme = (pathlib.Path(__file__).parents[3] / "README.md").read_text()
section = re.search(r"^## A policy\n(.*?)^## ", readme, re.M | re.S)[1]
lines = [line[4:] for line in section.splitlines() if line.startswith("    ") or not line]
print("\n".join(lines).strip())
