"""A trace says the same, event for event, wherever it lies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from instant_program import Program

from loopscope import _trace

INSTANTS = 200
RATE_IS_REFINED_NS = 100_000


def events(session: _trace.Session) -> list[tuple[Any, ...]]:
    return [
        (
            (event.position, event.type, event.phase, event.kind, event.inferred),
            (event.name and (event.name.function, event.name.file, event.name.line)),
            (event.iteration, event.object, event.value),
            event.t_ns,
        )
        for event in session.events(boundaries=True)
    ]


def same(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> None:
    assert len(one) == len(other) > 10_000
    for a, b in zip(one, other):
        assert a[:-1] == b[:-1]
        assert abs(a[-1] - b[-1]) <= RATE_IS_REFINED_NS, (a, b)


def test_live_copied_and_dead_a_trace_has_the_same_events(sessions: Path, tmp_path: Path) -> None:
    with Program(sessions, INSTANTS, 1 << 20, "wait") as program:
        for _ in program.instants():
            pass
        # It stands still now, and waits for a line that never comes.
        path = program.session.path
        assert program.session.alive
        live = events(_trace.Session(path))
        copied = _trace.Session(shutil.copy(path, str(tmp_path / "copy")))
        assert not copied.alive
        same(live, events(copied))
    dead = _trace.Session(path)
    assert not dead.alive
    same(live, events(dead))
