"""Each callback is recorded once, under its own name and with its kind."""

from __future__ import annotations

import collections
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import PATIENCE_S
from session_bytes import SessionBytes

PROGRAM = Path(__file__).parent / "kinds.py"
KINDS = (
    "unknown soon threadsafe timer task_step reader writer signal accept connection_made data_received "
    "buffer_updated eof_received connection_lost pause_writing resume_writing datagram_received error_received "
    "future_done internal"
).split()
BIG = 8 << 20


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    sessions = Path("/dev/shm") / f"loopscope-test-{folder.name}"
    sessions.mkdir(mode=0o700)
    try:
        subprocess.run(
            [sys.executable, str(PROGRAM), str(folder / "session")],
            env={**os.environ, "LOOPSCOPE_LEVEL": "tasks", "LOOPSCOPE_DIR": str(sessions)},
            check=True,
            timeout=PATIENCE_S,
        )
    finally:
        shutil.rmtree(sessions)
    return SessionBytes(folder / "session")


def callbacks_of(session, function):
    """How often each kind was recorded under the function's name."""
    return collections.Counter(
        KINDS[event.kind]
        for event in session.events()
        if event.type == "callback_begin" and session.name(event.name)[0] == function
    )


@pytest.mark.parametrize(
    "function, kind, times",
    [
        ("on_soon", "soon", 1),
        ("on_partial", "soon", 1),
        ("on_threadsafe", "threadsafe", 1),
        ("on_timer", "timer", 1),
        ("on_reader", "reader", 1),
        ("on_writer", "writer", 1),
        ("on_signal", "signal", 1),
        ("on_future_done", "future_done", 1),
        ("coroutine_of_a_task", "task_step", 3),
        ("Server", "accept", 1),
        ("Server.connection_made", "connection_made", 1),
        ("Server.data_received", "data_received", 1),
        ("Server.eof_received", "eof_received", 1),
        ("Server.pause_writing", "pause_writing", 1),
        ("Server.resume_writing", "resume_writing", 1),
        ("Server.connection_lost", "connection_lost", 1),
        ("Client.connection_made", "connection_made", 1),
        ("Client.connection_lost", "connection_lost", 1),
    ],
)
def test_a_callback_is_recorded_by_its_name_and_kind(session, function, kind, times):
    assert callbacks_of(session, function) == {kind: times}


def test_reading_into_a_protocols_buffer_is_recorded(session):
    recorded = callbacks_of(session, "Client.buffer_updated")
    assert set(recorded) == {"buffer_updated"} and recorded["buffer_updated"] > 1


def test_names_come_with_file_and_first_line(session):
    source = PROGRAM.read_text().splitlines()
    found = 0
    for event in session.events():
        function, file, line = session.name(event.name)
        if file == str(PROGRAM) and event.type != "step_stopped":  # that names where it stands
            found += 1
            plain = function.removeprefix("sleep in ").rpartition(".")[2]
            assert f"def {plain}(" in source[line - 1]
    assert found > 20


def test_each_byte_is_counted_once(session):
    total = collections.Counter()
    for event in session.events():
        if event.type.startswith("bytes"):
            total[event.type] += event.b
    assert total == {"bytes_read": BIG + len("hello"), "bytes_written": BIG + len("hello")}


def test_a_cancelled_timer_is_recorded_as_such(session):
    set_, fired, cancelled = (
        [
            event
            for event in session.events()
            if event.type == kind and session.name(event.name)[0] == "on_timer"
        ]
        for kind in ("timer_set", "timer_fired", "timer_cancelled")
    )
    assert (len(set_), len(fired), len(cancelled)) == (2, 1, 1)
    assert {fired[0].a, cancelled[0].a} == {event.a for event in set_}


def test_tasks_are_recorded_by_their_coroutines_name(session):
    for kind in ("task_created", "task_done"):
        names = [session.name(event.name)[0] for event in session.events() if event.type == kind]
        assert names.count("main") == 1 and names.count("coroutine_of_a_task") == 1
