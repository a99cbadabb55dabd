"""The stress program runs once at each level. Several tests look at its session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import shim
from session_bytes import Event, SessionBytes

STRESS = Path(__file__).parent / "stress.py"
POLLS = 100_000
RING_EVENTS = {"phases": 1 << 21, "tasks": 1 << 23}


@dataclass
class StressRun:
    session: SessionBytes
    events: list[Event]
    calls: list[shim.Call]


def run_stress(level: str, sessions: str) -> StressRun:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(sessions) / "copy"
        calls = shim.run(
            STRESS,
            str(copy),
            str(POLLS),
            folder=Path(folder),
            capacity=4 * POLLS,
            LOOPSCOPE_LEVEL=level,
            LOOPSCOPE_RING_EVENTS=str(RING_EVENTS[level]),
            LOOPSCOPE_DIR=sessions,
        )
        session = SessionBytes(copy)
    assert session.lost == 0, "the ring was too small for the whole run"
    return StressRun(session, session.events(), calls)


@pytest.fixture(scope="session")
def stress_run() -> Iterator[Callable[[str], StressRun]]:
    """stress_run("phases"), stress_run("tasks")"""
    done: dict[str, StressRun] = {}

    def run(level: str) -> StressRun:
        if level not in done:
            sessions = tempfile.mkdtemp(prefix="loopscope-test-", dir="/dev/shm")
            try:
                done[level] = run_stress(level, sessions)
            finally:
                shutil.rmtree(sessions)
        return done[level]

    yield run
