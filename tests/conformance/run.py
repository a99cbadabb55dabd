#!/usr/bin/python3
"""Runs CPython's test_asyncio on a loop, each test in a process of its own, and prints a table.

    tests/conformance/run.py                        all of it on loopscope
    tests/conformance/run.py --loop asyncio         the control
    tests/conformance/run.py -k core                CPython's own mixins for testing a loop
    tests/conformance/run.py -k sendfile -v         some, with their tracebacks

A test that hangs is stopped after a time, and reported as a hang. A test that kills its process is reported as a crash.
The exit code is 0 if exactly the tests that EXPECTED_FAILURES names failed.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = HERE / "suite.py"
DEFAULT_SECONDS = 30.0
EXPECTED_SECONDS = 2.0  # for tests that are expected to fail; some would wait for ever

# Tests of the suite that no loop but asyncio's own can pass: name -> reason. docs/conformance.md has them too.
_BASE = "wide.test_base_events.BaseEventLoopTests."
FOREIGN = {
    _BASE + "test__run_once": "puts handles into asyncio's private heap `_scheduled`",
    _BASE
    + "test__run_once_schedule_handle": "puts handles into asyncio's private heap `_scheduled`",
    _BASE
    + "test__run_once_cancelled_event_cleanup": "has a mock in place of the selector, so that a turn does not wait",
    _BASE
    + "test_run_forever_pre_stopped": "asserts how a mock in place of the selector was called",
    _BASE
    + "test_single_selecter_event_callback_after_stopping": "events come from a mock in place of the selector",
    _BASE
    + "test_custom_run_forever_integration": "ten turns without work: a mock is in place of the selector",
    _BASE
    + "test_not_implemented": "wants the abstract class: `_make_socket_transport` and others missing",
}
FOREIGN[
    "wide.test_ssl.TestSSL.test_remote_shutdown_receives_trailing_data_on_slow_socket"
] = "puts a socket of its own into a private field of asyncio's transport"
_THREADS = "core.Events.test_call_soon_threadsafe_handle_block_"
FOREIGN.update(
    {
        _THREADS
        + name: "waits in another thread for a callback that runs, by the lock of asyncio's handle"
        for name in ("cancellation", "check_cancelled")
    }
)
EXPECTED_FAILURES: dict[str, dict[str, str]] = {"asyncio": {}, "loopscope": FOREIGN, "uvloop": {}}


@dataclasses.dataclass
class Outcome:
    name: str
    outcome: str  # ok, failed, skipped, hang, crashed
    detail: str
    loops: dict[str, int]  # made in the test: "ours", "asyncio's", "the test's"


def environment(session_folder: str) -> dict[str, str]:
    """Our environment. Tests find the same package as we do, and no viewer sees their sessions."""
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


def run_lane(
    loop: str, names: queue.SimpleQueue[str], seconds: float, env: dict[str, str]
) -> list[Outcome]:
    """Has one process of the suite run tests until none is left."""
    outcomes = []
    with subprocess.Popen(
        [sys.executable, str(SUITE), loop, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
    ) as suite:
        assert suite.stdin is not None and suite.stdout is not None
        with contextlib.suppress(queue.Empty):
            while True:
                name = names.get_nowait()
                limit = EXPECTED_SECONDS if name in EXPECTED_FAILURES[loop] else seconds
                print(name, limit, file=suite.stdin, flush=True)
                outcomes.append(Outcome(name, **json.loads(suite.stdout.readline())))
    return outcomes


def run_tests(loop: str, pattern: str, jobs: int, seconds: float) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="loopscope-conformance-", dir="/dev/shm") as sessions:
        env = environment(sessions)
        names = [name for name in list_tests(loop, env) if re.search(pattern, name)]
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        for name in names:
            waiting.put(name)
        with ThreadPoolExecutor(jobs) as pool:
            lanes = [pool.submit(run_lane, loop, waiting, seconds, env) for _ in range(jobs)]
            outcomes = [outcome for lane in lanes for outcome in lane.result()]
    return sorted(outcomes, key=lambda outcome: names.index(outcome.name))


def judge(loop: str, outcomes: list[Outcome]) -> list[str]:
    """A sentence for each result that was not expected."""
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
        "-k", dest="pattern", default="", help="only tests in whose name this is found"
    )
    parser.add_argument("-j", dest="jobs", type=int, default=2, help="tests at a time")
    parser.add_argument("-v", dest="verbose", action="store_true", help="whole tracebacks")
    parser.add_argument(
        "--seconds", type=float, default=DEFAULT_SECONDS, help="time limit of one test"
    )
    parser.add_argument("--json", type=Path, help="also write each test's outcome to this file")
    arguments = parser.parse_args()
    outcomes = run_tests(arguments.loop, arguments.pattern, arguments.jobs, arguments.seconds)
    if not outcomes:
        print(f"no test has '{arguments.pattern}' in its name")
        return 2
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({each.name: each.outcome for each in outcomes}))
    print_table(arguments.loop, outcomes, arguments.verbose)
    surprises = judge(arguments.loop, outcomes)
    for sentence in surprises:
        print("unexpected:", sentence)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
