"""After kill -9 everything that the program recorded until its last moment is there."""

from __future__ import annotations

import os
import random
import signal
import struct
import time
from pathlib import Path

import pytest

from loopscope import _trace

BUSY = Path(__file__).parent / "busy.py"
ROUNDS = 20
FEWEST_ROUNDS = 5  # on a machine that is busy with other things
MOST_ROUNDS = 200
MS = 1_000_000
CLOCK_ERROR_NS = 50_000  # of a session's ticks against CLOCK_MONOTONIC


def kill_at_a_random_moment(start, pulse: Path) -> tuple[int, int, int]:
    """(pid, when it was killed, when its last iteration but one ran), both in CLOCK_MONOTONIC ns."""
    pulse.write_bytes(bytes(16))
    program = start(BUSY, pulse)
    assert program.stdout.readline() == "busy\n"
    time.sleep(random.random() * 0.2)
    killed_ns = time.monotonic_ns()
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    (last_but_one_ns, _) = struct.unpack("<QQ", pulse.read_bytes())
    return program.pid, killed_ns, last_but_one_ns


@pytest.mark.timeout(200)
@pytest.mark.parametrize("level", ["phases", "tasks"])
def test_a_killed_program_leaves_its_last_millisecond(
    start, sessions, tmp_path, monkeypatch, level
):
    monkeypatch.setenv("LOOPSCOPE_LEVEL", level)
    ages = []
    for _ in range(MOST_ROUNDS):
        pid, killed_ns, pulse_ns = kill_at_a_random_moment(start, tmp_path / "pulse")
        (entry,) = [entry for entry in _trace.list_sessions() if entry.pid == pid]
        assert (entry.alive, entry.readable, entry.problem) == (False, True, "")
        session = _trace.Session(entry.path)
        assert not session.alive
        last = None
        for last in session.events():
            pass
        assert last is not None
        # No event of the program is missing, whatever the system did to it meanwhile.
        assert last.t_ns > pulse_ns - CLOCK_ERROR_NS
        # A program that waited for a CPU when it was killed says nothing about how fresh the trace is.
        if pulse_ns > killed_ns - MS // 2:
            ages.append(killed_ns - last.t_ns)
            assert ages[-1] < MS
        os.unlink(entry.path)
        if len(ages) == ROUNDS:
            break
    print(f"last event before the kill: {[f'{age / 1000:.0f}' for age in ages]} us")
    assert len(ages) >= FEWEST_ROUNDS


def test_a_killed_program_is_listed_dead_and_can_be_cleaned_up(start, sessions, tmp_path):
    pid, _, _ = kill_at_a_random_moment(start, tmp_path / "pulse")
    assert [entry.pid for entry in _trace.list_sessions()] == [pid]
    path = _trace.find_session(str(pid))
    assert Path(path).parent == sessions
    assert _trace.Session(path).counters()["iterations"] > 0
    assert _trace.clean_dead_sessions() == 1
    assert list(sessions.iterdir()) == []
