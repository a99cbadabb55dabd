"""The watchdog names the line that blocks, while it blocks, whatever blocks and at any level."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import blockers
import pytest
from loopscope import _trace
from programs import PATIENCE_S

SOURCE = Path(blockers.__file__)
ON_CPU, IN_CALL, COLLECTING, GIL = "on_cpu", "in_system_call", "collecting", "waiting_for_gil"
# What the thread does meanwhile, and in which system call, if it is one.
EXPECTED = {
    "time_sleep_two_calls_below": (IN_CALL, "clock_nanosleep"),
    "three_awaits_deep": (IN_CALL, "clock_nanosleep"),
    "done_callback": (IN_CALL, "clock_nanosleep"),
    "data_received": (IN_CALL, "clock_nanosleep"),
    "a_timer": (IN_CALL, "clock_nanosleep"),
    "a_finalizer": (IN_CALL, "clock_nanosleep"),
    "a_generator": (IN_CALL, "clock_nanosleep"),
    "spin": (ON_CPU, None),
    "compressing": (ON_CPU, None),
    "a_query": (ON_CPU, None),
    "a_regular_expression": (ON_CPU, None),
    "parsing": (ON_CPU, None),
    "a_lock": (IN_CALL, "futex"),
    "fetching": (IN_CALL, "recvfrom"),
    "receiving": (IN_CALL, "recvfrom"),
    "a_child": (IN_CALL, None),
    "reading": (IN_CALL, "read"),
    "collecting": (COLLECTING, None),
    "importing": (IN_CALL, "clock_nanosleep"),
    "another_thread_with_the_gil": (GIL, None),
}
ALSO_AT_TASKS = (
    "three_awaits_deep",
    "data_received",
    "a_timer",
    "spin",
    "another_thread_with_the_gil",
)
OTHERS_FUNCTION = {"another_thread_with_the_gil": "holds_the_gil"}


def line_of(kind: str) -> int:
    """The line with "# here" in the function of this kind."""
    name = OTHERS_FUNCTION.get(kind, kind)
    text = SOURCE.read_text()
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            assert node.end_lineno is not None
            marked = [
                n for n in range(node.lineno, node.end_lineno + 1) if "# here" in lines[n - 1]
            ]
            assert len(marked) == 1
            return marked[0]
    raise AssertionError(f"no function {name}")


@dataclass
class Stall:
    since: int
    kind: str
    doings: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    stacks: list[list[_trace.Name]] = field(default_factory=list)
    first_sample_ns: int = 0
    over: bool = False


def stalls_of(session: _trace.Session) -> list[Stall]:
    found: dict[int, Stall] = {}
    for event in session.events():
        if event.track != "watchdog":
            continue
        if event.type == "stall_begin":
            found[event.object] = Stall(event.other_ns, event.kind)
        stall = found.get(event.object)
        if stall is None:
            continue
        if event.type == "stall_sample":
            stall.doings.append(event.kind)
            stall.stacks.append(event.stack or [])
            stall.first_sample_ns = stall.first_sample_ns or event.t_ns
        elif event.type == "stall_times" and event.name is not None:
            stall.calls.append(event.name.function)
        elif event.type == "stall_end":
            stall.over = True
    return list(found.values())


def innermost_of_ours(stack: list[_trace.Name]) -> int:
    return next((frame.line for frame in stack if frame.file == str(SOURCE)), 0)


@dataclass
class Blocker:
    process: subprocess.Popen[str]
    session: _trace.Session

    def say(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def wait_until_over(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "over\n"


@pytest.fixture
def blocker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Blocker]:
    kind, level = request.param
    process = subprocess.Popen(
        [sys.executable, str(SOURCE), kind],
        env={**os.environ, "LOOPSCOPE_LEVEL": level, "LOOPSCOPE_DIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    tmp_path.chmod(0o700)
    assert process.stdout is not None
    yield Blocker(process, _trace.Session(process.stdout.readline().rstrip("\n")))
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "blocker",
    [*((kind, "phases") for kind in EXPECTED), *((kind, "tasks") for kind in ALSO_AT_TASKS)],
    indirect=True,
    ids=lambda given: f"{given[0]}-{given[1]}",
)
def test_the_line_that_blocks_is_named(blocker: Blocker, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["blocker"][0]
    blocker.say()
    blocker.wait_until_over()
    expected = line_of(kind)
    ours = [
        stall
        for stall in stalls_of(blocker.session)
        if any(innermost_of_ours(stack) == expected for stack in stall.stacks)
    ]
    assert ours, [stall.stacks for stall in stalls_of(blocker.session)]
    [stall] = ours[-1:]
    doing, call = EXPECTED[kind]
    hits = [innermost_of_ours(stack) == expected for stack in stall.stacks]
    assert sum(hits) * 2 > len(hits), "most samples are of that line"
    at_the_line = [found for found, hit in zip(stall.doings, hits) if hit]
    busy = {"waiting_for_cpu", "unknown"}  # on a machine that has no CPU to spare
    assert max(set(at_the_line) - busy or at_the_line, key=at_the_line.count) in (doing, *busy)
    if call is not None:
        assert call in stall.calls
    assert stall.over
    blocker.say()


@pytest.mark.parametrize("blocker", [("receiving", "phases")], indirect=True)
def test_it_is_named_while_it_blocks(blocker: Blocker) -> None:
    blocker.process.send_signal(0)
    blocker.say()
    give_up = time.monotonic() + PATIENCE_S
    expected = line_of("receiving")
    while time.monotonic() < give_up:
        for stall in stalls_of(blocker.session):
            if [innermost_of_ours(stack) for stack in stall.stacks][:1] == [expected]:
                assert not stall.over or blocker.session.present()["callback_depth"] == 0
                return
        time.sleep(0.005)
    pytest.fail("the stall was not told")
