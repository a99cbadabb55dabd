#!/usr/bin/python3
"""What one event of each type costs the loop's thread: event_costs.py [--build BUILD] [--passes N] prints a table.

ns are the least of many short turns, so that other programs' work is left out. Instructions are counted by
callgrind (valgrind). Both contain the reading of the clock where the verb reads it. Finding a callback's name takes
what the last two of the first three rows differ by, and in bindings the steps from a Python callable to its function.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

Row = tuple[str, float]  # the level from which it is written, ns


def measure(program: Path, passes: int) -> dict[str, Row]:
    """The least of some passes, on one CPU after the other."""
    least: dict[str, Row] = {}
    cpus = sorted(os.sched_getaffinity(0))
    for number in range(passes):
        command = ["taskset", "-c", str(cpus[number % len(cpus)]), program, "ns"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        for name, (level, ns) in json.loads(done.stdout).items():
            least[name] = min(least.get(name, (level, ns)), (level, ns))
    return least


def count(program: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        valgrind = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--combine-dumps=yes"]
        out = Path(folder) / "counted"
        subprocess.run(
            [*valgrind, f"--callgrind-out-file={out}", program, "instructions"],
            env={**os.environ, "LOOPSCOPE_DIR": folder},
            check=True,
            capture_output=True,
        )
        dumps = "".join(path.read_text() for path in sorted(Path(folder).glob("counted*")))
    found = re.findall(r"Client Request: ([^/\n]+)/(\d+)$.*?^summary: (\d+)", dumps, re.M | re.S)
    each = {name: int(total) / int(events) for name, events, total in found}
    nothing = each.pop("nothing")
    return {name: total - nothing for name, total in each.items()}


def table_of(measured: dict[str, Row], counted: dict[str, float]) -> list[str]:
    lines = ["| | from level | ns | instructions |", "|---|---|---|---|"]
    for name, (level, ns) in measured.items():
        lines.append(f"| {name} | {level} | {ns:.1f} | {counted[name]:.0f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    build = Path(os.environ.get("LOOPSCOPE_BUILD", HERE.parent.parent / "build"))
    parser.add_argument("--build", type=Path, default=build)
    parser.add_argument("--passes", type=int, default=10)
    arguments = parser.parse_args()
    program = arguments.build.resolve() / "bin" / "event_costs"
    print("\n".join(table_of(measure(program, arguments.passes), count(program))))


if __name__ == "__main__":
    main()
