"""Names in a program cannot act on the terminal of the person who looks at it, whatever command shows them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import COMMANDS, EVIL, PROGRAM

from programs import Started, traced

SHOWN = (
    r"\x1b]0;owned\x07\x1b[2J\r\n\t\x9b31m\x7f\u202eevil\u2066\u200b\u2028\ufeff\U000e0041[link="
)


def loopscope(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loopscope", *map(os.fsencode, map(str, arguments))]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=30)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, Path]]:
    """One program for all tests, which do not change it."""
    script = tmp_path_factory.mktemp("watched") / "evil.py"
    script.write_text(PROGRAM)
    with traced(script, EVIL, level="tasks") as running:
        yield running


@pytest.fixture
def program(watched: tuple[Started, Path], monkeypatch: pytest.MonkeyPatch) -> Started:
    monkeypatch.setenv("LOOPSCOPE_DIR", str(watched[1]))
    return watched[0]


def assert_harmless(text: str) -> None:
    found = COMMANDS.search(text)
    assert found is None, text[max(0, found.start() - 80) : found.end() + 40]


def test_ls_shows_them_as_they_are_written(program: Started) -> None:
    done = loopscope("ls")
    assert_harmless(done.stdout)
    assert SHOWN in done.stdout and len(done.stdout.splitlines()) == 2


def test_ls_in_json_loses_nothing(program: Started) -> None:
    done = loopscope("ls", "--json")
    assert_harmless(done.stdout)
    assert json.loads(done.stdout)[0]["program"].endswith(EVIL)


def test_ls_at_a_terminal_obeys_none_of_them(program: Started) -> None:
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "400"}
    command = [sys.executable, "-m", "loopscope", "ls"]
    subprocess.run(command, stdout=terminal, env=environment, check=True, timeout=30)
    os.close(terminal)
    shown = b""
    while b"\r\n" not in shown[-2:] or shown.count(b"\n") < 2:
        shown += os.read(controller, 65536)
    os.close(controller)
    text = shown.decode()
    assert r"\x1b]0;owned\x07\x1b[2J" in text.replace("\x1b[0m", "").replace("\x1b[32m", "")
    for command_of_evil in ("\x1b]", "\x07", "\x1b[2J", "\x9b", "\u202e"):
        assert command_of_evil not in text


def test_dump_shows_them_as_they_are_written(program: Started) -> None:
    done = loopscope("dump", program.pid)
    assert_harmless(done.stdout)
    assert SHOWN in done.stdout
    for line in ("callback_begin", "timer_set", "poll_begin", "task_created", "handle_opened"):
        assert any(line in shown and "evil" in shown for shown in done.stdout.split("\n")), line


def test_export_loses_nothing_of_them(program: Started) -> None:
    done = loopscope("export", program.pid)
    assert_harmless(done.stdout)
    events = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert {EVIL} <= {event.get("name") for event in events}
    assert {"/srv/" + EVIL} <= {event.get("file") for event in events}


def test_a_sentence_that_lists_programs_has_a_line_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "two_loops.py"
    script.write_text("import loopscope\n\nanother = loopscope.new_event_loop()\n" + PROGRAM)
    with traced(script, EVIL, level="tasks") as (program, directory):
        monkeypatch.setenv("LOOPSCOPE_DIR", str(directory))
        done = loopscope("dump", program.pid)
    assert done.returncode == 2 and done.stderr.count("\n") == 3
    assert_harmless(done.stderr)
    assert SHOWN in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["dump", EVIL],
        ["dump", "./" + EVIL],
        ["export", "/nowhere/" + EVIL],
        ["dump", "nothing\udcff"],
        ["dump", "/nowhere/\udcff"],
        ["export", "--format", EVIL],
        ["ls", EVIL],
        [EVIL],
        ["attach", "--wait", EVIL],
        ["attach", "--after", EVIL],
    ],
    ids=lambda arguments: "-".join(arguments[:-1]) or "command",
)
def test_what_the_user_typed_comes_back_harmless(
    arguments: list[str], sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPSCOPE_GUI", "/bin/true")
    monkeypatch.setenv("DISPLAY", ":99")
    done = loopscope(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("loopscope") and done.stderr.count("\n") == 1, done.stderr
    assert_harmless(done.stderr)


@pytest.mark.parametrize("command", ["dump", "export"])
def test_a_file_that_cannot_be_written_is_named_harmlessly(
    command: str, program: Started, tmp_path: Path
) -> None:
    done = loopscope(command, program.pid, "-o", tmp_path / "nowhere" / EVIL)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert_harmless(done.stderr)
