"""When a level is raised, the trace is told what was so before it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import loopscope
import pytest
from loopscope import _trace


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[loopscope.Loop]:
    monkeypatch.setenv("LOOPSCOPE_LEVEL", "phases")
    loop = loopscope.new_event_loop()
    yield loop
    loop.close()


def turn(loop: loopscope.Loop) -> None:
    for _ in range(2):
        loop.call_soon(loop.stop)
        loop.run_forever()


def told(loop: loopscope.Loop, kind: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "loopscope", "export", loop.session_path]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line for line in map(json.loads, out.splitlines()) if line["type"] == kind]


@pytest.mark.parametrize("level", ["callbacks", "tasks"])
def test_the_timers_that_wait_are_told_once(loop, level):
    waits = loop.call_later(3600, print)
    loop.call_later(1800, len).cancel()
    loop.trace_level = level
    turn(loop)
    turn(loop)
    (timer,) = told(loop, "timer_set")
    assert timer["noticed"] is True and timer["name"] == "print"
    assert abs(timer["due_ns"] / 1e9 - waits.when()) < 1e-6
    assert _trace.Session(loop.session_path).counters()["timers_set"] == 2


def test_a_timer_that_is_set_later_is_not_noticed(loop):
    loop.trace_level = "callbacks"
    turn(loop)
    loop.call_later(3600, print)
    loop.trace_level = "tasks"
    turn(loop)
    assert [timer["noticed"] for timer in told(loop, "timer_set")] == [False]


def told_of(sock: socket.socket, loop: loopscope.Loop) -> list[dict[str, Any]]:
    return [line for line in told(loop, "watch_changed") if line["fd"] == sock.fileno()]


def test_what_the_kernel_is_asked_is_told(loop):
    left, right = socket.socketpair()
    with left, right:
        loop.add_reader(left, print)
        loop.trace_level = "callbacks"
        turn(loop)
        (watch,) = told_of(left, loop)
        assert watch["noticed"] is True
        assert (watch["reads"], watch["writes"]) == (True, False)
        assert watch["handle"] == told(loop, "handle_opened")[-1]["handle"]
        loop.remove_reader(left)
        assert [line["noticed"] for line in told_of(left, loop)] == [True, False]
