"""The stress program, killed at random moments: every session opens, no event is torn, nothing that it did is missing.

LOOPSCOPE_KILLS=100 kills it more often. What it did last is known from another source: epoll_shim.c notes each of its
polls in a file that outlives it, with the clock that the trace has.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest
import shim
from session_bytes import Event, SessionBytes

from loopscope import _trace

STRESS = Path(__file__).parent / "stress.py"
KILLS = int(os.environ.get("LOOPSCOPE_KILLS", "5"))
POLLS = 100_000  # of which the program lives to see a part
LONGEST_LIFE_S = 2.0
MS = 1_000_000
PHASES = 8


def kill_in_the_middle(start, folder: Path) -> tuple[int, list[shim.Call]]:
    """When it was killed, in ns, and its polls up to then."""
    log = folder / "calls.bin"
    log.unlink(missing_ok=True)
    environment = shim.environment(shim.build(folder), log, 4 * POLLS)
    program = start(STRESS, folder / "copy", POLLS, env=environment, stdout=subprocess.DEVNULL)
    while not log.exists() or not shim.read(log):
        time.sleep(0.01)
    time.sleep(random.random() * LONGEST_LIFE_S)
    killed_ns = time.monotonic_ns()
    os.kill(program.pid, signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL, "the program has to live longer"
    return killed_ns, shim.read(log)


def check_each_event(session: SessionBytes) -> list[Event]:
    """Nothing is half written, by a reader that knows only the format. All events, the oldest first."""
    events = session.events()
    # A poll that is over may have waited for the GIL, while another thread wrote events.
    in_order = [event for event in events if event.type != "poll_wake"]
    for before, event in zip(in_order, in_order[1:]):
        assert event.ticks >= before.ticks, (before, event)
    for event in events:
        assert event.type != "none" and event.phase < PHASES, event
        session.name(event.name)
    return events


def check_readers_agree(path: Path, events: list[Event]) -> int:
    """When the last event happened, in ns."""
    session = _trace.Session(str(path))
    assert not session.alive
    read = list(session.events())
    assert {event.clock for event in read} == {"none"}
    read = [event for event in read if event.track == "loop" and event.type != "clock_anchor"]
    # Of a ring that has wrapped the oldest event may have been about to be overwritten.
    assert len(read) in (len(events), len(events) - 1)
    assert [event.type for event in read] == [event.type for event in events[-len(read) :]]
    return read[-1].t_ns


@pytest.mark.timeout(60 + 30 * KILLS)
@pytest.mark.parametrize("level", ["phases", "tasks"])
def test_a_killed_stress_program_leaves_all_that_it_did(
    start, sessions, tmp_path, monkeypatch, level
):
    monkeypatch.setenv("LOOPSCOPE_LEVEL", level)
    ran_ns: list[
        int
    ] = []  # from the last event to the kill, if the program is known to have had a CPU just before
    asleep_ns: list[
        int
    ] = []  # from the last event to the beginning of the poll in which it was killed
    for _ in range(KILLS):
        killed_ns, polls = kill_in_the_middle(start, tmp_path)
        (entry,) = _trace.list_sessions()
        assert (entry.alive, entry.readable, entry.problem) == (False, True, "")
        session = SessionBytes(Path(entry.path))
        events = check_each_event(session)
        last_ns = check_readers_agree(Path(entry.path), events)

        # The trace tells of a poll before the shim does, and of its return after the shim.
        last = polls[-1]
        begun = sum(event.type == "poll_begin" for event in events)
        assert session.lost or begun - len(polls) in (0, 1)
        assert events[-1].ticks >= polls[-2].after(session.clock)
        if last.before_ns and not last.after_ns:
            asleep_ns.append(last.before_ns - last_ns)
        elif killed_ns - last.after_ns < MS // 2:
            ran_ns.append(killed_ns - last_ns)
        os.unlink(entry.path)
    print(f"{level}: {KILLS} kills; last event before the kill: {numbers(ran_ns)}")
    print(f"{level}: last event before the poll in which it was killed: {numbers(asleep_ns)}")


def numbers(ns: list[int]) -> str:
    """How many; least / median / most"""
    if not ns:
        return "none"
    least, middle, most = min(ns) / 1000, statistics.median(ns) / 1000, max(ns) / 1000
    return f"{len(ns)} times; {least:.0f} / {middle:.0f} / {most:.0f} us"
