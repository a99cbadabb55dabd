"""A command ends as other tools do: on a full disk, a closed output, Ctrl-C, and at an ASCII terminal."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from programs import Started, traced, wait_until

F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", 1031)  # 3.9 has no name for it
PROGRAM = """
    import asyncio, sys

    def größe(loop, left):
        if left:
            loop.call_soon(größe, loop, left - 1)

    async def main():
        größe(asyncio.get_running_loop(), 2000)
        await asyncio.sleep(0.01)
        print("ready", flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
    """
WRITES = [
    ["ls"],
    ["ls", "--json"],
    ["dump"],
    ["export"],
    ["clean"],
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["attach", "--help"],
]
NEVER_READ = [["dump"], ["export"]]
ASCII = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONIOENCODING": "ascii",
}

by_command = pytest.mark.parametrize("arguments", WRITES, ids=" ".join)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, Path]]:
    """One program for all tests, which do not change it. It has recorded more than a pipe holds."""
    script = tmp_path_factory.mktemp("watched") / "größe.py"
    script.write_text(textwrap.dedent(PROGRAM))
    with traced(script) as running:
        yield running


@pytest.fixture
def program(watched: tuple[Started, Path], monkeypatch: pytest.MonkeyPatch) -> Started:
    monkeypatch.setenv("LOOPSCOPE_DIR", str(watched[1]))
    return watched[0]


def loopscope(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loopscope", *map(str, arguments)]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(command, encoding="utf-8", timeout=60, **settings)


def in_a_shell(redirections: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    script = f'exec "$0" -m loopscope "$@" {redirections}'
    command = ["bash", "-c", script, sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)


@by_command
def test_a_full_stdout_is_said_in_one_sentence(arguments: list[str], program: Started) -> None:
    with open("/dev/full", "w") as full:
        done = loopscope(*arguments, stdout=full)
    assert done.stderr == "loopscope: cannot write to stdout: No space left on device\n"
    assert done.returncode == 1


@by_command
def test_a_closed_stdout_is_said_in_one_sentence(arguments: list[str], program: Started) -> None:
    done = in_a_shell(">&-", *arguments)
    assert done.stderr == "loopscope: there is no stdout to write to: it is closed\n"
    assert done.returncode == 2


@by_command
def test_a_reader_that_is_gone_ends_it_in_silence(arguments: list[str], program: Started) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = loopscope(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")


@by_command
def test_it_ends_well_without_stdin_and_stderr(arguments: list[str], program: Started) -> None:
    done = in_a_shell("<&- 2>&-", *arguments)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_without_stderr_an_error_is_only_an_exit_code(sessions: Path) -> None:
    for arguments in (["dump", "4194999"], ["dance"], ["export", "-o", "/nowhere/trace"]):
        done = in_a_shell("<&- 2>&-", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_with_nothing_open_at_all_it_still_ends(
    program: Started, watched: tuple[Started, Path]
) -> None:
    before = [path.read_bytes()[:4096] for path in watched[1].iterdir()]
    for arguments in (["ls"], ["dump"], ["dance"]):
        assert in_a_shell("<&- >&- 2>&-", *arguments).returncode == 2
    assert [path.read_bytes()[:4096] for path in watched[1].iterdir()] == before


def blocked_on_its_pipe(pipe: int) -> bool:
    waiting = int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)
    return waiting >= 4096


@pytest.mark.parametrize("arguments", NEVER_READ, ids=" ".join)
def test_ctrl_c_ends_it_in_silence(
    arguments: list[str], program: Started, start: Callable[..., Started]
) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
    child = start("-m", "loopscope", *arguments, stdout=writer)
    os.close(writer)
    wait_until(lambda: blocked_on_its_pipe(reader), "it waits for its reader", 30)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    os.close(reader)
    assert (child.returncode, stderr) == (-signal.SIGINT, "")


def test_ctrl_c_ends_a_wait_in_silence(
    sessions: Path, start: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPSCOPE_GUI", "/bin/true")
    monkeypatch.setenv("DISPLAY", ":99")
    child = start("-X", "importtime", "-m", "loopscope", "attach", "--wait", os.getpid())
    assert child.stderr is not None
    while "loopscope.__main__" not in (line := child.stderr.readline()) and "cli.run" not in line:
        assert line
    wait_until(lambda: sleeps(child.pid), "it waits", 30)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGINT and "Traceback" not in stderr


def sleeps(pid: int) -> bool:
    """Python's time.sleep() is a select() up to 3.10."""
    place = Path(f"/proc/{pid}/wchan").read_text()
    return "nanosleep" in place or "poll_schedule_timeout" in place or "select" in place


def test_a_terminal_that_knows_ascii_only_gets_ascii(program: Started) -> None:
    environment = {**os.environ, **ASCII}
    for arguments in (["ls"], ["dump"]):
        done = loopscope(*arguments, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.isascii() and r"gr\xf6\xdfe" in done.stdout
    assert loopscope("ls", "--json", env=environment).returncode == 0
    done = loopscope("export", env=environment)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(event.get("name") == "größe" for event in events), "JSON is the same everywhere"


@pytest.mark.parametrize("path", ["größe", "\udcff"])
def test_at_such_a_terminal_errors_are_sentences_too(path: str, sessions: Path) -> None:
    environment = {**os.environ, **ASCII}
    command = [sys.executable, "-m", "loopscope", "dump", os.fsencode(path)]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=30)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1, done.stderr
    assert done.stderr.isascii() and done.stderr.startswith(b"loopscope: there is no session")


@pytest.mark.parametrize("command", ["dump", "export"])
class TestFilesThatCannotBeWritten:
    def refused(self, exit_code: int, *arguments: object) -> str:
        done = loopscope(*arguments)
        assert (done.returncode, done.stdout) == (exit_code, "")
        assert done.stderr.startswith("loopscope: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def test_a_directory(self, command: str, program: Started, tmp_path: Path) -> None:
        assert "Is a directory" in self.refused(2, command, "-o", tmp_path)

    def test_a_place_that_is_none(self, command: str, program: Started) -> None:
        assert "No such file" in self.refused(2, command, "-o", "/nowhere/trace")

    def test_a_name_that_is_too_long(self, command: str, program: Started) -> None:
        assert "too long" in self.refused(2, command, "-o", "x" * 5000)

    def test_a_full_disk(self, command: str, program: Started) -> None:
        assert "No space left" in self.refused(1, command, "-o", "/dev/full")

    def test_the_session_itself(
        self, command: str, program: Started, watched: tuple[Started, Path]
    ) -> None:
        (file,) = watched[1].iterdir()
        assert "the session itself" in self.refused(2, command, "-o", file)
        assert loopscope("dump", file).returncode == 0, "it is still whole"

    def test_a_directory_instead_of_a_session(
        self, command: str, sessions: Path, tmp_path: Path
    ) -> None:
        assert "directory" in self.refused(2, command, tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["dump", "9" * 5000],
        ["export", "-1"],
        ["attach", "--wait", "9" * 5000],
        ["attach", "--wait", "-5"],
        ["attach", "--wait", "٣"],
        ["attach", "--after", "soon"],
        ["dump", ""],
        ["dump", "\n"],
        ["dump", "x" * 100_000],
        ["dump", "/" + "x" * 5000],
    ],
    ids=lambda arguments: " ".join(arguments)[:20],
)
def test_odd_arguments_get_one_sentence(
    arguments: list[str], sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOPSCOPE_GUI", "/bin/true")
    monkeypatch.setenv("DISPLAY", ":99")
    done = loopscope(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("loopscope") and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("app", ["/tmp", "/etc/passwd", "not\nthere", "text"])
def test_an_app_that_is_none_gets_one_sentence(
    app: str, program: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if app == "text":
        no_program = tmp_path / "text"
        no_program.write_text("what is this?")
        no_program.chmod(0o700)
        app = str(no_program)
    monkeypatch.setenv("LOOPSCOPE_GUI", app)
    monkeypatch.setenv("DISPLAY", ":99")
    done = loopscope("attach")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("loopscope: ") and done.stderr.count("\n") == 1, done.stderr


class TestProgramsThatAreRun:
    """A program's own failures stay its own."""

    def test_a_pipe_that_breaks_is_the_programs_own_exception(
        self, tmp_path: Path, sessions: Path
    ) -> None:
        script = tmp_path / "pipe.py"
        script.write_text("raise BrokenPipeError(32, 'mine')")
        done = loopscope("run", "--no-app", script)
        assert done.returncode == 1 and done.stderr.endswith(
            "BrokenPipeError: [Errno 32] mine\n"
        ), done.stderr

    def test_closed_descriptors_stay_closed(self, tmp_path: Path, sessions: Path) -> None:
        script = tmp_path / "closed.py"
        script.write_text(
            "import os, sys\nfor fd in (0, 2):\n    try: print(os.fstat(fd))\n    except OSError as e: print(e.errno)\n"
            "print(sys.stdin, sys.stderr, sys.stdout.errors)"
        )
        python = f'exec "{sys.executable}" "{script}" <&- 2>&-'
        wanted = subprocess.run(["bash", "-c", python], capture_output=True, text=True).stdout
        assert in_a_shell("<&- 2>&-", "run", "--no-app", script).stdout == wanted

    def test_a_script_that_is_not_there_needs_no_stderr(self, sessions: Path) -> None:
        done = in_a_shell("2>&-", "run", "--no-app", "/nowhere.py")
        assert (done.returncode, done.stdout) == (2, "")
