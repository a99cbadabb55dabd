#!/usr/bin/python3
"""Counts the instructions that an operation of a loop takes. The count is the same however busy the machine is.

    tests/bench/instructions.py                        ours, beside the bounds of instruction_bounds.json
    tests/bench/instructions.py --loops uvloop,asyncio and others'
    tests/bench/instructions.py --renew                writes new bounds: the counts of now, and 15 % more

It counts only the instructions of the loop's thread, not the kernel's. Needs valgrind.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from instructions_of import LONG, SHORT  # noqa: E402

BOUNDS = HERE / "instruction_bounds.json"
OURS = ("loopscope off", "loopscope phases", "loopscope callbacks")
HEADROOM = 1.15

Counts = dict[str, dict[str, float]]  # loop -> operation -> instructions


def count(build: Path, loops: tuple[str, ...]) -> Counts:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        out = Path(folder) / "counted"
        # The watchdog's thread works by the clock. The loop's is the first.
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"]
        marks = build / "tests" / "bench" / "libinstruction_marks.so"
        program = [sys.executable, str(HERE / "instructions_of.py"), str(marks), *loops]
        environment = {
            **os.environ,
            "PYTHONPATH": str(build / "python"),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LOOPSCOPE_DIR": folder,
        }
        command = [*valgrind, f"--callgrind-out-file={out}", *program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-3000:])
        files = sorted(Path(folder).glob("counted.*-01"), key=lambda file: int(file.suffix[1:-3]))
        dumps = "".join(file.read_text() for file in files)
    return counts_in(dumps)


def counts_in(dumps: str) -> Counts:
    """Each part of the file has a mark and the count up to it."""
    found = re.findall(
        r"Client Request: ([^/\n]+)/(\w+)/(\d+)$.*?^summary: (\d+)", dumps, re.M | re.S
    )
    totals = {(loop, operation, int(n)): int(total) for loop, operation, n, total in found}
    counts: Counts = {}
    for loop, operation, length in totals:
        if length == LONG:
            more = totals[loop, operation, LONG] - totals[loop, operation, SHORT]
            counts.setdefault(loop, {})[operation] = round(more / (LONG - SHORT), 1)
    return counts


def made_for() -> dict[str, str]:
    """The Python and the machine for which the bounds hold."""
    return {"python": ".".join(platform.python_version_tuple()[:2]), "machine": platform.machine()}


def table_of(counts: Counts) -> list[str]:
    operations = list(next(iter(counts.values())))
    lines = ["| loop | " + " | ".join(operations) + " |", "|---" * (len(operations) + 1) + "|"]
    for loop, of_loop in counts.items():
        cells = [f"{of_loop[operation]:,.0f}" for operation in operations]
        lines.append(f"| {loop} | " + " | ".join(cells) + " |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    build = Path(os.environ.get("LOOPSCOPE_BUILD", HERE.parent.parent / "build"))
    parser.add_argument("--build", type=Path, default=build)
    parser.add_argument("--loops", default="", help="more loops, with commas between")
    parser.add_argument("--renew", action="store_true")
    arguments = parser.parse_args()
    counts = count(arguments.build.resolve(), (*OURS, *filter(None, arguments.loops.split(","))))
    print("\n".join(table_of(counts)))
    if arguments.renew:
        bounds = {
            loop: {operation: round(HEADROOM * value) for operation, value in of_loop.items()}
            for loop, of_loop in counts.items()
            if loop in OURS
        }
        BOUNDS.write_text(json.dumps({**made_for(), "at_most": bounds}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
