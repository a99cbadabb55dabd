"""Viewers come and go, or are killed. The program that they watch does not notice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import FREED_MEMORY_IS_KEPT, PATIENCE_S, wait_until

from loopscope import _trace

HERE = Path(__file__).parent
AT_ONCE = 5
ROUNDS = 20  # of AT_ONCE viewers each
APP_ROUNDS = 3
STALL_MS = 500  # far longer than a busy machine makes a program wait, far shorter than a lease


class Program:
    """The program watched.py, and its reports about itself."""

    def __init__(self, start: Callable[..., subprocess.Popen]) -> None:
        self.process = start(HERE / "watched.py", stdin=subprocess.PIPE)
        self.path = self.process.stdout.readline().strip()
        self.session = _trace.Session(self.path)

    def report(self) -> dict:
        self.process.stdin.write("report\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def level(self) -> str:
        return self.session.present()["level"]

    def end(self) -> None:
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        assert (self.process.returncode, errors) == (0, "")


def check_that_nothing_is_left(program: Program, before: dict, after: dict) -> None:
    assert after["level"] == "phases"
    assert after["descriptors"] == before["descriptors"]
    assert after["threads"] == before["threads"]
    assert FREED_MEMORY_IS_KEPT or after["own_bytes"] - before["own_bytes"] < 2 << 20
    assert [entry.path for entry in _trace.list_sessions()] == [program.path]
    program.end()
    assert _trace.list_sessions() == []


@pytest.mark.timeout(200)
def test_a_hundred_viewers_come_and_go_and_half_of_them_are_killed(start, sessions):
    program = Program(start)
    gaps = []

    def one_round():
        viewers = [
            start(HERE / "viewer.py", program.path, number, stdin=subprocess.PIPE)
            for number in range(AT_ONCE)
        ]
        for viewer in viewers:
            assert viewer.stdout.readline() == "attached\n", viewer.stderr.read()
        wait_until(lambda: program.level() == "tasks", "the viewers' level is in force")
        for number, viewer in enumerate(viewers):
            if number % 2:
                viewer.send_signal(signal.SIGKILL)
            _, errors = viewer.communicate(timeout=PATIENCE_S)  # ends the others in order
            assert (viewer.returncode, errors) == (-signal.SIGKILL if number % 2 else 0, "")
        wait_until(lambda: program.level() == "phases", "the program's own level is back")
        gaps.append(program.report()["longest_gap_ms"])

    one_round()
    before = program.report()
    for _ in range(ROUNDS):
        one_round()
    after = program.report()
    print(f"longest gap of each round: {[round(gap, 1) for gap in gaps]} ms")
    assert max(gaps) < STALL_MS
    check_that_nothing_is_left(program, before, after)


@pytest.fixture
def app(build_directory):
    binary = build_directory / "bin" / "loopscope-gui"
    if not binary.exists():
        pytest.skip("the app is not built")
    if not shutil.which("Xvfb"):
        pytest.skip("there is no Xvfb")
    read_end, write_end = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as numbers:
        number = numbers.readline().strip()
    yield binary, {**os.environ, "DISPLAY": f":{number}"}
    display.terminate()
    display.wait()


@pytest.mark.timeout(150)
def test_the_app_is_killed_again_and_again(start, sessions, app):
    binary, environment = app
    program = Program(start)
    program.report()
    before = None
    gaps = []
    for _ in range(1 + APP_ROUNDS):
        viewer = subprocess.Popen(
            [str(binary), "--level", "tasks", program.path],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: program.level() == "tasks", "the app has raised the level")
            time.sleep(0.3)
        finally:
            viewer.kill()
            viewer.wait()
        wait_until(lambda: program.level() == "phases", "the program's own level is back")
        report = program.report()
        gaps.append(report["longest_gap_ms"])
        before = before or report
    print(f"longest gap of each round: {[round(gap, 1) for gap in gaps]} ms")
    assert max(gaps) < STALL_MS
    check_that_nothing_is_left(program, before, program.report())
