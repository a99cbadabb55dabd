#!/usr/bin/python3
"""Runs CPython's test_asyncio on a loop, each test in a process of its own, and prints a table.

    tests/conformance/run.py                        the core mixins on loopscope
    tests/conformance/run.py --loop asyncio         the control
    tests/conformance/run.py -k sendfile -v         some, with their tracebacks
    tests/conformance/run.py --wide                 the modules that take their loop from the policy, too

A test that hangs is stopped after a time and reported as such, as is one that kills its process. The exit
code is 0 if nothing failed that EXPECTED_FAILURES does not name, and nothing passed that it does.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = HERE / "suite.py"
DEFAULT_SECONDS = 30.0
# Tests of the suite that fail on a loop for a reason that is no fault of the loop: name -> reason.
EXPECTED_FAILURES: dict[str, dict[str, str]] = {"asyncio": {}, "loopscope": {}, "uvloop": {}}


@dataclasses.dataclass
class Outcome:
    name: str
    outcome: str  # ok, failed, skipped, hang, crashed
    detail: str = ""


def environment(session_folder: str) -> dict[str, str]:
    """Ours, where the package is found as it is here, and no viewer sees what the tests leave."""
    path = os.pathsep.join(filter(None, sys.path[1:]))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "LOOPSCOPE_DIR": session_folder,
        "PYTHONWARNINGS": "default",
    }


def list_tests(loop: str, env: dict[str, str]) -> list[str]:
    listing = subprocess.run(
        [sys.executable, str(SUITE), loop], capture_output=True, text=True, env=env
    )
    if listing.returncode != 0:
        sys.exit(f"cannot list the tests on {loop}:\n{listing.stderr}")
    return [line for line in listing.stdout.splitlines() if line.startswith(("core.", "wide."))]


def run_test(loop: str, name: str, seconds: float, env: dict[str, str]) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        command = [sys.executable, "-X", "faulthandler", str(SUITE), loop, name]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=folder
        )
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return Outcome(name, "hang", f"longer than {seconds:g} s\n" + process.communicate()[1])
    try:
        report = json.loads(out.splitlines()[-1])
        return Outcome(name, report["outcome"], report["detail"])
    except (IndexError, ValueError, TypeError, KeyError):
        return Outcome(name, "crashed", f"exit code {process.returncode}\n{err}")


def run_tests(loop: str, pattern: str, wide: bool, jobs: int, seconds: float) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="loopscope-conformance-", dir="/dev/shm") as sessions:
        env = environment(sessions)
        names = [
            n for n in list_tests(loop, env) if pattern in n and (wide or n.startswith("core."))
        ]
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(lambda name: run_test(loop, name, seconds, env), names))


def judge(loop: str, outcomes: list[Outcome]) -> list[str]:
    """Sentences about what differs from what is expected."""
    expected = EXPECTED_FAILURES[loop]
    surprises = []
    for outcome in outcomes:
        bad = outcome.outcome in ("failed", "hang", "crashed")
        if bad and outcome.name not in expected:
            surprises.append(f"{outcome.name}: {outcome.outcome}")
        if not bad and outcome.name in expected:
            surprises.append(f"{outcome.name}: expected to fail, but it was {outcome.outcome}")
    return surprises


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""


def print_table(loop: str, outcomes: list[Outcome], verbose: bool) -> None:
    for outcome in outcomes:
        if outcome.outcome in ("failed", "hang", "crashed"):
            print(f"{outcome.outcome.upper():8} {outcome.name}")
            print(
                "         "
                + (outcome.detail if verbose else last_line(outcome.detail)).replace(
                    "\n", "\n         "
                )
            )
    groups: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        group = ".".join(outcome.name.split(".")[:2])
        groups[group][outcome.outcome] += 1
        groups["all"][outcome.outcome] += 1
    columns = ("ok", "failed", "hang", "crashed", "skipped")
    print(f"\n{loop:24}" + "".join(f"{column:>9}" for column in columns))
    for group, counts in groups.items():
        print(f"{group:24}" + "".join(f"{counts[column]:9}" for column in columns))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loop", choices=sorted(EXPECTED_FAILURES), default="loopscope")
    parser.add_argument(
        "-k", dest="pattern", default="", help="only tests whose name contains this"
    )
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="tests at a time")
    parser.add_argument("-v", dest="verbose", action="store_true", help="whole tracebacks")
    parser.add_argument(
        "--wide", action="store_true", help="also the modules that ask the policy for their loop"
    )
    parser.add_argument(
        "--seconds", type=float, default=DEFAULT_SECONDS, help="time limit of one test"
    )
    arguments = parser.parse_args()
    outcomes = run_tests(
        arguments.loop, arguments.pattern, arguments.wide, arguments.jobs, arguments.seconds
    )
    if not outcomes:
        print(f"no test has '{arguments.pattern}' in its name")
        return 2
    print_table(arguments.loop, outcomes, arguments.verbose)
    surprises = judge(arguments.loop, outcomes)
    for sentence in surprises:
        print("unexpected:", sentence)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
