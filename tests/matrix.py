#!/usr/bin/python3
"""Builds the package for every CPython that is found, tests it there, and prints a table.

    tests/matrix.py                           3.9 to 3.15, whichever are found
    tests/matrix.py 3.12 /opt/py/bin/python3  these
    tests/matrix.py --system /var/tmp/sid     and those of another Linux in that folder: see docs/pythons.md
    tests/matrix.py --only tests              without CPython's own tests of asyncio; `conformance`: only those
    tests/matrix.py -k "timers or tls"        some of our tests, as pytest's -k

Each Python gets a virtual environment and a build folder below build/matrix. The packages for building and testing
(pybind11, pytest and its plug-ins) come from PyPI. A Python for which they are not there is skipped, and the table says
so. Our tests run on asyncio's own loop, too, which decides what is right on that Python. CPython's own tests run on
loopscope; the core and those that failed also run on asyncio's loop. A failure counts if asyncio's own loop passes on
the same Python, and run.py has no reason for it.

Exit code 0 if nothing failed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = ROOT / "build" / "matrix"
# Debian 12 has pybind11 2.10, which supports nothing newer than Python 3.11. .ci/packages.txt names the others.
REQUIREMENTS = ["pybind11>=2.13", "pytest", "pytest-timeout", "hypothesis"]
OUR_TESTS = ["tests/bindings", "tests/cli", "tests/truth"]

sys.path[:0] = [str(HERE), str(HERE / "conformance")]

import count_results  # noqa: E402
import other_system  # noqa: E402
import pythons  # noqa: E402
import run as conformance  # noqa: E402


@dataclasses.dataclass
class Row:
    """A line of the table."""

    python: str
    tests: str = ""
    ours: str = ""
    stock: str = ""
    problem: str = ""
    failed: bool = False


class Failed(Exception):
    """A step that failed. It says which one, and why."""


class Workshop:
    """The environment and the build folder of one Python."""

    def __init__(self, python: pythons.Python, folder: Path) -> None:
        self.python = python
        self.folder = folder / python.minor
        self.build = self.folder / "build"
        self.executable = self.folder / "venv" / "bin" / "python"

    def step(self, name: str, *command: object) -> None:
        log = self.folder / f"{name}.log"
        with log.open("w") as out:
            done = subprocess.run(list(map(str, command)), stdout=out, stderr=out, cwd=ROOT)
        if done.returncode != 0:
            lines = [line for line in log.read_text().splitlines() if line.strip()]
            raise Failed(f"{name} failed, see {log}: {lines[-1] if lines else 'it says nothing'}")

    def prepare(self) -> None:
        if not self.made_of_this_python():
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.executable.exists():
            self.step("venv", self.python.executable, "-m", "venv", self.folder / "venv")
        self.step("pip", self.executable, "-m", "pip", "install", "--quiet", *REQUIREMENTS)

    def made_of_this_python(self) -> bool:
        made = pythons.ask(str(self.executable))
        return made is not None and made.version == self.python.version

    def compile(self) -> None:
        self.step(
            "configure",
            *("cmake", "-S", ROOT, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"),
            *("-DLOOPSCOPE_GUI=OFF", "-DLOOPSCOPE_TESTS=OFF"),
            f"-DPython_EXECUTABLE={self.executable}",
        )
        self.step("compile", "ninja", "-C", self.build, "_native", "_trace")

    def run(self, name: str, *command: object) -> None:
        """Runs something on the package as built, in a session folder of its own; its output goes to a log."""
        with tempfile.TemporaryDirectory(prefix="loopscope-matrix-", dir="/dev/shm") as sessions:
            environment = {
                **os.environ,
                "LOOPSCOPE_BUILD": str(self.build),
                "LOOPSCOPE_DIR": sessions,
                "PYTHONPATH": str(self.build / "python"),
            }
            with (self.folder / f"{name}.log").open("w") as out:
                subprocess.run(
                    [str(self.executable), *map(str, command)],
                    stdout=out,
                    stderr=out,
                    cwd=ROOT,
                    env=environment,
                )

    def test(self, row: Row, expression: str) -> None:
        results = self.folder / "tests.xml"
        results.unlink(missing_ok=True)
        some = ["-k", expression] if expression else []
        self.run(
            "tests",
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={results}", *some),
            *OUR_TESTS,
        )
        counts = count_results.count(results)
        row.tests = (
            f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"
        )
        row.failed |= counts["failed"] > 0 or counts["passed"] == 0

    def conform(self, row: Row, jobs: int) -> None:
        if not self.python.tests:
            row.ours = row.stock = "it comes without test_asyncio"
            return
        ours = self.outcomes("loopscope", "", jobs)
        bad = [name for name, outcome in ours.items() if outcome not in ("ok", "skipped")]
        names = "|".join(["^core", *(f"^{re.escape(name)}$" for name in bad)])
        stock = self.outcomes("asyncio", names, jobs)
        row.ours = f"{share(ours)}, core {share(core(ours))}"
        row.stock = f"core {share(core(stock))}"
        known = conformance.EXPECTED_FAILURES["loopscope"]
        worse = [name for name in bad if name not in known and stock[name] == "ok"]
        if worse:
            row.failed = True
            row.problem = "red here and green on asyncio: " + ", ".join(worse)

    def outcomes(self, loop: str, pattern: str, jobs: int) -> dict[str, str]:
        results = self.folder / f"{loop}.json"
        results.unlink(missing_ok=True)
        script = HERE / "conformance" / "run.py"
        self.run(loop, script, "--loop", loop, "-j", jobs, "-k", pattern, "--json", results)
        if not results.exists():
            raise Failed(f"CPython's tests did not run on {loop}, see {self.folder / loop}.log")
        found: dict[str, str] = json.loads(results.read_text())
        return found


def share(outcomes: dict[str, str]) -> str:
    ran = [outcome for outcome in outcomes.values() if outcome != "skipped"]
    return f"{ran.count('ok')} of {len(ran)}"


def core(outcomes: dict[str, str]) -> dict[str, str]:
    return {name: outcome for name, outcome in outcomes.items() if name.startswith("core.")}


def work_on(python: pythons.Python, arguments: argparse.Namespace) -> Row:
    row = Row(str(python))
    workshop = Workshop(python, arguments.folder)
    try:
        workshop.prepare()
    except Failed as failure:
        row.problem = f"passed over: {failure}"
        return row
    try:
        workshop.compile()
        if arguments.only != "conformance":
            workshop.test(row, arguments.expression)
        if arguments.only != "tests":
            workshop.conform(row, arguments.jobs)
    except Failed as failure:
        row.failed, row.problem = True, str(failure)
    return row


def rows_of_system(arguments: argparse.Namespace, missing: list[str]) -> list[Row]:
    """Runs this script inside the other system, for the Pythons that were not found in this one."""
    handed_over = arguments.folder / "rows.json"
    arguments.folder.mkdir(parents=True, exist_ok=True)
    handed_over.unlink(missing_ok=True)
    options = ["--folder", arguments.folder, "--rows", handed_over, "-j", arguments.jobs]
    options += ["--only", arguments.only] if arguments.only else []
    options += ["-k", arguments.expression] if arguments.expression else []
    python = other_system.newest_python(arguments.system)
    other_system.run_inside(arguments.system, python, Path(__file__).resolve(), *options, *missing)
    if not handed_over.exists():
        raise other_system.CannotEnter(f"nothing came of it in {arguments.system}")
    return [Row(**row) for row in json.loads(handed_over.read_text())]


def print_table(rows: list[Row]) -> None:
    columns = ["Python", "our tests", "CPython's on loopscope", "on asyncio"]
    cells = [[row.python, row.tests, row.ours, row.stock] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells)]
    for line in (columns, *cells):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for row in rows:
        if row.problem:
            print(f"{row.python}: {row.problem}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pythons", nargs="*", help="versions (3.12) or executables; default: all")
    parser.add_argument("--only", choices=("tests", "conformance"))
    parser.add_argument("-k", dest="expression", default="", help="some of our tests, for pytest")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to build")
    parser.add_argument("--system", type=Path, help="another Linux, with more Pythons")
    parser.add_argument("--rows", type=Path, help="also write the table to this file, as JSON")
    arguments = parser.parse_args()
    arguments.folder = arguments.folder.resolve()
    fit, passed_over = pythons.find(arguments.pythons)
    # Programs that a script starts in the background ignore Ctrl-C, and so do their children. But the tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rows = []
    for python in fit:
        print(f"Python {python} ...", file=sys.stderr)
        rows.append(work_on(python, arguments))
    if arguments.system is not None:
        missing = pythons.missing(arguments.pythons, fit)
        for name in missing:
            passed_over.pop(name, None)
        try:
            rows += rows_of_system(arguments, missing)
        except other_system.CannotEnter as reason:
            passed_over[", ".join(missing)] = str(reason)
    if arguments.rows is not None:
        arguments.rows.write_text(json.dumps([dataclasses.asdict(row) for row in rows]))
    print_table(rows)
    for name, reason in passed_over.items():
        print(f"{name}: passed over, {reason}")
    return 1 if any(row.failed for row in rows) or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
