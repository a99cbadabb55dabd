"""The app as the command line starts it: beside a program, attached later, and by ./run on a virtual display."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from programs import PATIENCE_S, Started, wait_until

ROOT = Path(__file__).parent.parent.parent
BEATS = "import asyncio\nasync def main():\n    while True: await asyncio.sleep(0.01)\nasyncio.run(main())\n"

needs_display = pytest.mark.skipif(not os.environ.get("DISPLAY"), reason="there is no display")


@pytest.fixture(autouse=True)
def app_is_built(build_directory: Path) -> None:
    if not (build_directory / "bin" / "loopscope-gui").exists():
        pytest.skip("the app is not built")


def loopscope(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loopscope", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)


def apps_on(pid: int, app: str = "loopscope-gui") -> list[int]:
    """Processes of the app that were given this program's session."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if entry.name.isdecimal() and Path(words[0]).name == app and f"/{pid}." in " ".join(words):
            found.append(int(entry.name))
    return found


@pytest.fixture
def beating(tmp_path: Path, sessions: Path) -> Path:
    script = tmp_path / "beats.py"
    script.write_text(BEATS)
    return script


@needs_display
def test_run_opens_the_app_on_the_program(beating: Path, start: Callable[..., Started]) -> None:
    program = start("-m", "loopscope", "run", beating)
    try:
        wait_until(lambda: apps_on(program.pid), "the app is there")
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text()
        assert children == "", "the program has a child that it did not start"
        program.send_signal(signal.SIGINT)
        program.wait(PATIENCE_S)
        assert apps_on(program.pid), "the app ended together with the program"
    finally:
        for app in apps_on(program.pid):
            os.kill(app, signal.SIGKILL)


@needs_display
def test_no_app_opens_none(beating: Path, start: Callable[..., Started]) -> None:
    program = start("-m", "loopscope", "run", "--no-app", beating)
    time.sleep(1.5)
    assert apps_on(program.pid) == [] and program.poll() is None


@needs_display
def test_a_program_without_a_loop_ends_without_an_app(tmp_path: Path, sessions: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("print('hello')")
    done = loopscope("run", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


@needs_display
def test_attach_takes_a_picture(
    beating: Path, tmp_path: Path, start: Callable[..., Started]
) -> None:
    program = start("-m", "loopscope", "run", "--no-app", beating)
    picture = tmp_path / "picture.png"
    done = loopscope("attach", "--wait", "--screenshot", picture, "--after", 2, program.pid)
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 20_000


def test_attach_without_a_display_is_refused(
    sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = loopscope("attach")
    assert done.returncode == 2 and "no display" in done.stderr and done.stderr.count("\n") == 1


@needs_display
def test_attach_without_a_session_is_refused(sessions: Path) -> None:
    done = loopscope("attach")
    assert done.returncode == 2 and done.stderr.count("\n") == 1


@needs_display
def test_waiting_for_a_process_that_ends_is_refused(
    sessions: Path, start: Callable[..., Started]
) -> None:
    sleeper = start("-c", "import time; time.sleep(1)")
    done = loopscope("attach", "--wait", sleeper.pid)
    assert done.returncode == 2 and "ended before" in done.stderr


def test_an_app_that_cannot_be_started_is_refused(
    sessions: Path, monkeypatch: pytest.MonkeyPatch, beating: Path
) -> None:
    monkeypatch.setenv("LOOPSCOPE_GUI", "/nowhere/loopscope-gui")
    monkeypatch.setenv("DISPLAY", ":99")
    done = loopscope("attach")
    assert done.returncode == 2 and "/nowhere/loopscope-gui" in done.stderr


@pytest.fixture
def without_display(monkeypatch: pytest.MonkeyPatch, build_directory: Path) -> None:
    if build_directory.resolve() != (ROOT / "build").resolve():
        pytest.skip("./run builds into build/, which is not what is tested")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_run_without_a_display_ends_with_a_screenshot(
    sessions: Path, tmp_path: Path, without_display: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "picture.png"
    monkeypatch.setenv("LOOPSCOPE_SCREENSHOT", str(picture))
    done = subprocess.run([ROOT / "run"], capture_output=True, text=True, timeout=2 * PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert f"the screenshot lies at {picture}" in done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 50_000
    assert list(sessions.iterdir()) == [], "the program was not ended properly"


# Each ends before a window is there.
ENDS_AT_ONCE = {
    "has no loop": ("print('hello')", 0),
    "raises": ("raise SystemExit(23)", 23),
    "closes its loop": ("import asyncio; asyncio.run(asyncio.sleep(0.2))", 0),
}


@pytest.mark.parametrize("name", ENDS_AT_ONCE)
def test_run_gives_the_exit_code_of_a_program_that_ends_at_once_and_says_why_there_is_no_picture(
    name: str,
    sessions: Path,
    tmp_path: Path,
    without_display: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = tmp_path / "picture.png"
    monkeypatch.setenv("LOOPSCOPE_SCREENSHOT", str(picture))
    code, exit_code = ENDS_AT_ONCE[name]
    script = tmp_path / "program.py"
    script.write_text(code)
    done = subprocess.run(
        [ROOT / "run", script], capture_output=True, text=True, timeout=2 * PATIENCE_S
    )
    assert done.returncode == exit_code, done.stderr
    ended = f"the program has ended with exit code {exit_code}"
    assert picture.exists() or f"{ended}, before a picture could be taken" in done.stderr


def test_run_gives_the_exit_code_of_a_program_that_ends_some_time_after_its_loop(
    sessions: Path,
    tmp_path: Path,
    without_display: None,
    build_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = tmp_path / "app"
    app.write_text(
        f"""#!/bin/sh
        while [ -n "$(ls {sessions})" ]; do sleep 0.02; done
        exec {build_directory}/bin/loopscope-gui "$@"
        """
    )
    app.chmod(0o700)
    monkeypatch.setenv("LOOPSCOPE_GUI", str(app))
    monkeypatch.setenv("LOOPSCOPE_SCREENSHOT", str(tmp_path / "picture.png"))
    code = (
        "import asyncio, time; asyncio.run(asyncio.sleep(0.5)); time.sleep(3); raise SystemExit(23)"
    )
    done = subprocess.run(
        [ROOT / "run", "-c", code], capture_output=True, text=True, timeout=2 * PATIENCE_S
    )
    assert done.returncode == 23, done.stderr
    assert "ended with exit code 23, before a picture could be taken" in done.stderr


def test_run_gives_a_program_its_stdin(
    sessions: Path, tmp_path: Path, without_display: None
) -> None:
    done = subprocess.run(
        [ROOT / "run", "-", "argument"],
        input="import sys; print(sys.argv)",
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
    )
    assert (done.returncode, done.stdout) == (0, "['-', 'argument']\n"), done.stderr
