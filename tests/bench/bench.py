#!/usr/bin/python3
"""Compares loopscope with asyncio, uvloop and servers that are no Python loop at all, in one run.

    tests/bench/bench.py --cache ~/.cache/loopscope-bench          everything
    tests/bench/bench.py --targets --rounds 5                      the cases with a target (docs/performance_figures.md)
    tests/bench/bench.py --only 'protocol 1 KiB x10,sleep 0' --loops loopscope,uvloop
    tests/bench/bench.py --list                                    the cases

The contenders take turns, so that a disturbance of the machine disturbs all of them. The report has the median of the
rounds' ratios. Server and client run on CPUs of their own. Nothing here is asserted: read the numbers, and on which
machine they were measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import machine  # noqa: E402
import report  # noqa: E402
from cases import CASES, Case  # noqa: E402
from contenders import NAMES, Places  # noqa: E402
from figures import Results  # noqa: E402
from launcher import Programs, make_certificate  # noqa: E402
from schedule import Pace, contenders_of, measure_case, present  # noqa: E402
from targets import cases_of_targets, contenders_of_target_case  # noqa: E402
from contender_versions import versions_of  # noqa: E402

DESCRIPTORS = 11_000  # for 10,000 connections


def parse_arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog=__doc__.partition("\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each server's round")
    parser.add_argument("--only", default="", help="names of cases, or parts, with commas between")
    parser.add_argument("--loops", default="", help="names of contenders, or parts, with commas")
    parser.add_argument(
        "--targets", action="store_true", help="only cases and contenders that a target is about"
    )
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    build = Path(os.environ.get("LOOPSCOPE_BUILD", machine.ROOT / "build"))
    parser.add_argument("--build", type=Path, default=build)
    parser.add_argument("--cache", type=Path, help="a folder for packages of a Python registry")
    parser.add_argument("--out", type=Path, help="where bench.md and bench.json go (BUILD/bench)")
    return parser.parse_args()


def is_wanted(name: str, parts: str) -> bool:
    """A part that is the whole name of a case selects only that case."""
    return not parts or any(
        part == name or (part in name and part not in EXACT) for part in parts.split(",")
    )


EXACT = {case.name for case in CASES} | set(NAMES)


def chosen_cases(arguments: argparse.Namespace) -> list[Case]:
    targets = cases_of_targets()
    return [
        case
        for case in CASES
        if is_wanted(case.name, arguments.only) and (not arguments.targets or case.name in targets)
    ]


def run_all(
    arguments: argparse.Namespace, programs: Programs, cases: list[Case], results: Results
) -> None:
    pace = Pace(arguments.rounds, arguments.seconds)
    found = present(programs, [n for n in NAMES if is_wanted(n, arguments.loops)], results)
    for case in cases:
        contenders = [name for name in contenders_of(case) if name in [*found, "writer"]]
        if arguments.targets:
            compared = contenders_of_target_case(case.name)
            contenders = [name for name in contenders if name in compared]
        measure_case(programs, case, contenders, pace, results)
        if results.of_case(case.name):
            print("\n".join(["", case.name, *report.table_of(case.name, results)]), flush=True)


def main() -> int:
    arguments = parse_arguments()
    cases = chosen_cases(arguments)
    if not cases:
        print(f"no case has {arguments.only!r} in its name")
        return 2
    if arguments.list:
        print("\n".join(case.name for case in cases))
        return 0
    package = arguments.build / "python"
    if not (package / "loopscope").exists():
        print(f"there is no loopscope in {package}: build, or name the build folder with --build")
        return 2
    if machine.allow_many_descriptors() < DESCRIPTORS:
        print(
            f"fewer than {DESCRIPTORS} descriptors are allowed: cases with 10,000 connections fail"
        )
    facts, results, began = machine.facts(), Results(), time.monotonic()
    out = arguments.out or arguments.build / "bench"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        places = Places(arguments.build.resolve(), sys.executable, arguments.cache)
        programs = Programs(places, Path(folder), make_certificate(Path(folder)))
        run_all(arguments, programs, cases, results)
        versions = versions_of(programs, results)
    if not results.cases():
        print("nothing could be measured")
        return 1
    facts["took"] = f"{(time.monotonic() - began) / 60:.0f} min"
    is_complete = not arguments.only and not arguments.loops
    rounds, seconds = arguments.rounds, arguments.seconds
    write(out, report.Run(facts, versions, results, rounds, seconds, is_complete))
    return 0


def write(out: Path, run: report.Run) -> None:
    (out / "bench.md").write_text(report.markdown(run))
    (out / "bench.json").write_text(json.dumps(report.document(run), indent=1))
    print("\n".join(["", *report.target_table(run.results, run.is_complete)]))
    print(f"\nwritten: {out / 'bench.md'} and {out / 'bench.json'}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, subprocess.SubprocessError) as reason:
        sys.exit(f"bench.py: {reason!r}")
