"""`loopscope stalls` on real programs: the line that holds the loop, while it does and afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from programs import PATIENCE_S, traced

PROGRAM = """
import asyncio, sys, time

def render_report():
    time.sleep(float(sys.argv[1]))  # the line

def prepare():
    render_report()

async def handler():
    prepare()

async def main():
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while True:
        await asyncio.sleep(0.2)
        loop.call_soon(str)
        await handler()

asyncio.run(main())
"""
LINE = 1 + PROGRAM.splitlines().index("    time.sleep(float(sys.argv[1]))  # the line")


@contextmanager
def following(directory: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "loopscope", "stalls", "--follow", *options],
        env={**os.environ, "LOOPSCOPE_DIR": str(directory)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def stall_told(child: subprocess.Popen[str], is_open: bool) -> dict[str, Any]:
    assert child.stdout is not None
    for line in child.stdout:
        told: dict[str, Any] = json.loads(line)
        if told["open"] is is_open and told["stack"]:
            return told
    raise AssertionError("it told of none")


def own_frame(told: dict[str, Any], script: Path) -> list[Any]:
    return next(frame for frame in told["stack"] if frame[1] == str(script))


@pytest.mark.parametrize("level", ["phases", "callbacks", "tasks"])
def test_a_stall_is_told_with_its_line_and_again_when_it_is_over(
    tmp_path: Path, level: str
) -> None:
    script = tmp_path / "service.py"
    script.write_text(PROGRAM)
    with traced(script, "0.3", level=level) as (_, directory), following(directory, "--json") as it:
        told = stall_told(it, True)
        assert own_frame(told, script) == ["render_report", str(script), LINE]
        assert told["label"] == "in_system_call"
        over = stall_told(it, False)
        assert own_frame(over, script) == ["render_report", str(script), LINE]
        assert over["held_ms"] >= 300
        assert (over["callback"] is None) == (level == "phases")
        assert over["waited"] is None if level == "phases" else over["waited"] >= 1


def test_people_read_the_line_and_the_stack(tmp_path: Path) -> None:
    script = tmp_path / "service.py"
    script.write_text(PROGRAM)
    with traced(script, "0.3", level="callbacks") as (_, directory):
        with following(directory, "--json") as it:
            stall_told(it, False)
        done = subprocess.run(
            [sys.executable, "-m", "loopscope", "stalls"],
            env={**os.environ, "LOOPSCOPE_DIR": str(directory)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    assert done.returncode == 0, done.stderr
    assert f"at {script}:{LINE} in render_report" in done.stdout
    assert "in the system call" in done.stdout


def test_a_program_without_stalls_has_none(tmp_path: Path) -> None:
    script = tmp_path / "idle.py"
    script.write_text(PROGRAM)
    with traced(script, "0") as (child, directory):
        child.kill()
        child.wait()
        environment = {**os.environ, "LOOPSCOPE_DIR": str(directory)}
        command = [sys.executable, "-m", "loopscope", "stalls", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_session_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loopscope", "stalls", "no-such-session"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no-such-session" in done.stderr
