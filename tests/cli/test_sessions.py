"""`loopscope ls`, `dump`, `export` and `clean` on real sessions: live, killed, ended, damaged, another user's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from programs import PATIENCE_S, Started, wait_until

FORMAT_VERSION_OFFSET = 8
HEADER_BYTES_OFFSET = 12
PROGRAM = """
    import asyncio, sys

    def heartbeat(loop):
        loop.call_later(0.01, heartbeat, loop)

    async def echo(reader, writer):
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    async def main():
        heartbeat(asyncio.get_running_loop())
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for number in range(20):
            writer.write(b"x" * 100)
            await reader.readexactly(100)
        print("ready", flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
    """
BUSY = """
import asyncio

async def main():
    for _ in range(5000):
        await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def loopscope(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loopscope", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)


def listed() -> list[dict[str, Any]]:
    done = loopscope("ls", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def program(tmp_path: Path, sessions: Path, start: Callable[..., Started]) -> Started:
    """A program on the loop that has done some I/O and now beats."""
    script = tmp_path / "server.py"
    script.write_text(textwrap.dedent(PROGRAM))
    child = start("-m", "loopscope", "run", "--no-app", "--level", "tasks", script)
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line == "ready\n", child.communicate()[1]
    return child


@pytest.fixture
def killed(program: Started) -> Started:
    program.kill()
    program.wait()
    return program


def session_file(sessions: Path) -> Path:
    (file,) = [path for path in sessions.rglob("*") if path.is_file()]
    return file


def refused(*arguments: object) -> str:
    done = loopscope(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert done.stderr.startswith("loopscope") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_ls_says_so_when_there_is_nothing(sessions: Path) -> None:
    assert loopscope("ls").stdout.startswith("no sessions")
    assert listed() == []


def test_ls_shows_a_live_program(program: Started) -> None:
    (session,) = listed()
    assert session["alive"] and session["readable"] and session["pid"] == program.pid
    assert session["session"] == f"{program.pid}.1" and session["level"] == "tasks"
    assert "server.py" in session["program"] and session["python"] == sys.version.split()[0]
    table = loopscope("ls").stdout
    assert f"{program.pid}.1" in table and "live" in table and "server.py" in table


def test_ls_calls_a_program_by_the_title_that_the_app_shows(
    tmp_path: Path, sessions: Path, start: Callable[..., Started]
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__main__.py").write_text(textwrap.dedent(PROGRAM))
    child = start(
        "-m", "loopscope", "run", "--no-app", "-m", "shop", "asgi:app", "--port", 80, cwd=tmp_path
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    (session,) = listed()
    assert session["title"] == "shop asgi:app"
    assert session["program"].endswith("shop/__main__.py asgi:app --port 80")
    table = loopscope("ls").stdout
    assert "  shop asgi:app --port 80\n" in table and "__main__.py" not in table


def test_ls_shows_a_killed_program_as_dead(killed: Started) -> None:
    (session,) = listed()
    assert not session["alive"] and session["readable"] and session["pid"] == killed.pid
    assert "dead" in loopscope("ls").stdout


def test_a_program_that_ends_leaves_nothing(program: Started) -> None:
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=PATIENCE_S)
    assert listed() == []


def test_clean_removes_only_what_is_dead(program: Started, sessions: Path) -> None:
    assert loopscope("clean").stdout == "removed 0 dead sessions\n"
    program.kill()
    program.wait()
    assert loopscope("clean").stdout == "removed 1 dead session\n"
    assert listed() == []


@pytest.mark.parametrize("by", ["pid", "session", "path", "nothing"])
def test_dump_finds_the_session(by: str, program: Started, sessions: Path) -> None:
    wanted = {
        "pid": [program.pid],
        "session": [f"{program.pid}.1"],
        "path": [session_file(sessions)],
        "nothing": [],
    }
    done = loopscope("dump", *wanted[by])
    assert done.returncode == 0, done.stderr
    assert "heartbeat" in done.stdout and str(program.pid) in done.stdout


def test_dump_reads_what_a_killed_program_left(killed: Started) -> None:
    assert "heartbeat" in loopscope("dump", killed.pid).stdout


def test_dump_into_a_pipe_that_closes_early_is_no_error(program: Started) -> None:
    command = f"{sys.executable} -m loopscope dump {program.pid} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stderr == "" and done.stdout.count("\n") == 1


def exported(*arguments: object) -> list[dict[str, Any]]:
    done = loopscope("export", *arguments, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_export_writes_one_event_a_line(program: Started) -> None:
    events = exported(program.pid)
    assert all({"t_ns", "type"} <= event.keys() for event in events)
    times = [event["t_ns"] for event in events]
    assert times == sorted(times) and len(times) > 100


def test_export_gives_every_line_a_time_even_to_what_was_lost(
    tmp_path: Path, sessions: Path, start: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPSCOPE_RING_EVENTS", "4096")
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    child = start("-m", "loopscope", "run", "--no-app", script)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    events = exported(child.pid)
    assert events[0]["type"] == "lost" and events[0]["count"] > 0
    assert events[0]["t_ns"] == events[1]["t_ns"] and events[0]["phase"] is None
    assert all({"t_ns", "type", "phase"} <= event.keys() for event in events)


def test_dump_says_what_its_level_does_not_record(
    tmp_path: Path, sessions: Path, start: Callable[..., Started]
) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    child = start("-m", "loopscope", "run", "--no-app", "--level", "off", script)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    lines = loopscope("dump", child.pid).stdout.splitlines()
    assert "callbacks     not recorded at level off" in lines
    assert "iterations    not recorded at level off" in lines
    assert [line for line in lines if line.endswith("  0")] == ["events        0"]


def test_dump_explains_its_signs(program: Started) -> None:
    text = loopscope("dump", program.pid).stdout
    legend = next(line for line in text.splitlines() if line.startswith("The first column"))
    assert "ms since the session was created" in legend and "~ marks" in legend
    assert text.index(legend) < text.index("loop_start")


def test_export_explains_each_poll(program: Started) -> None:
    polls = [event for event in exported(program.pid) if event["type"] == "poll_begin"]
    waits = [poll for poll in polls if poll["reason"] == "until_timer"]
    assert waits and all(0 <= poll["timeout_ms"] <= 11 for poll in waits)
    assert all(poll["culprit"].startswith("heartbeat server.py:") for poll in waits[-3:])


def test_export_pairs_callbacks_with_their_names(program: Started) -> None:
    open_callbacks = []
    seen = set()
    for event in exported(program.pid):
        if event["type"] == "callback_begin":
            open_callbacks.append(event)
            seen.add((event["name"], os.path.basename(event["file"]), event["kind"]))
            assert event["t_ready_ns"] <= event["t_ns"]
        elif event["type"] == "callback_end":
            open_callbacks.pop()
    assert ("heartbeat", "server.py", "timer") in seen
    assert any(name == "echo" and kind == "task_step" for name, _, kind in seen)
    assert open_callbacks == []


def test_export_of_a_killed_program_is_whole_lines(killed: Started, tmp_path: Path) -> None:
    out = tmp_path / "trace.jsonl"
    done = loopscope("export", killed.pid, "-o", out)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [json.loads(line) for line in out.read_text().splitlines()][-1]["t_ns"] > 0


def test_export_to_where_one_cannot_write_is_refused(program: Started, tmp_path: Path) -> None:
    assert "No such file" in refused(
        "export", program.pid, "-o", tmp_path / "nowhere" / "trace.jsonl"
    )


def test_a_pid_that_does_not_exist_is_refused(sessions: Path) -> None:
    assert "4194999" in refused("dump", 4194999)


def test_a_process_without_a_loop_is_refused(sessions: Path) -> None:
    assert str(os.getpid()) in refused("dump", os.getpid())


def test_nothing_to_choose_from_is_refused(sessions: Path) -> None:
    refused("dump")
    refused("export")


def test_another_format_version_is_refused_naming_both(killed: Started, sessions: Path) -> None:
    from loopscope import _trace

    file = session_file(sessions)
    damaged = bytearray(file.read_bytes())
    struct.pack_into("<I", damaged, FORMAT_VERSION_OFFSET, 4711)
    file.write_bytes(damaged)
    sentence = refused("dump", file)
    assert "4711" in sentence and str(_trace.FORMAT_VERSION) in sentence
    (session,) = listed()
    assert not session["readable"] and "4711" in session["problem"]


def test_a_session_of_another_build_is_of_another_version(killed: Started, sessions: Path) -> None:
    file = session_file(sessions)
    foreign = bytearray(file.read_bytes())
    struct.pack_into("<I", foreign, HEADER_BYTES_OFFSET, 4096)
    file.write_bytes(foreign)
    for sentence in (refused("dump", file), listed()[0]["problem"], loopscope("ls").stdout):
        assert "made by another version of loopscope" in sentence and "damaged" not in sentence
        assert "a header of 4096 bytes" in sentence and "a header of 2048 bytes" in sentence
    assert loopscope("clean").stdout == "removed 1 dead session\n"


@pytest.mark.parametrize("size", [0, 7, 100, 4096, 100_000])
def test_a_truncated_session_is_refused(size: int, killed: Started, sessions: Path) -> None:
    file = session_file(sessions)
    os.truncate(file, size)
    refused("dump", file)
    refused("export", file)
    assert loopscope("ls").returncode == 0


def test_a_file_that_is_no_session_is_refused(tmp_path: Path, sessions: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"#!/bin/sh\n" * 10_000)
    refused("dump", other)


def test_a_missing_file_is_refused(tmp_path: Path, sessions: Path) -> None:
    refused("dump", tmp_path / "nowhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_session_is_refused(killed: Started, sessions: Path) -> None:
    file = session_file(sessions)
    os.chown(file, 12345, 12345)
    sentence = refused("dump", file)
    assert "12345" in sentence or "belongs" in sentence or "own" in sentence


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv"
)
def test_nobody_cannot_open_roots_session(program: Started, sessions: Path) -> None:
    os.chmod(sessions, 0o755)  # even if the directory were open, the file is not
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable]
    if subprocess.run([*nobody, "-c", "import loopscope"], capture_output=True).returncode != 0:
        pytest.skip("this Python or the package lies where nobody may read it")
    command = [*nobody, "-m", "loopscope", "dump", str(session_file(sessions))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert program.poll() is None


def test_the_list_survives_a_program_that_comes_and_goes(
    sessions: Path, tmp_path: Path, start: Callable[..., Started]
) -> None:
    script = tmp_path / "short.py"
    script.write_text("import asyncio\nfor _ in range(200): asyncio.run(asyncio.sleep(0))")
    child = start("-m", "loopscope", "run", "--no-app", script)
    while child.poll() is None:
        assert loopscope("ls", "--json").returncode == 0
    assert child.returncode == 0
    wait_until(lambda: listed() == [], "its sessions are gone")
