"""The help of the command line, and its answers to nonsense."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from programs import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent


def loopscope(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loopscope", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


def test_the_version_is_that_of_the_build() -> None:
    stated = re.search(
        r"project\(loopscope VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()
    )
    assert stated and loopscope("--version").stdout == f"loopscope {stated[1]}\n"


def test_help_names_every_command() -> None:
    text = loopscope("--help").stdout
    assert all(command in text for command in ("run", "ls", "attach", "dump", "export", "clean"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["run"],
        ["run", "--no-app"],
        ["run", "-m"],
        ["run", "--level", "loud", "program.py"],
        ["run", "--no-such-option", "program.py"],
        ["ls", "surplus"],
        ["export", "--format", "xml"],
    ],
)
def test_nonsense_gets_one_sentence_and_exit_code_2(arguments: list[str]) -> None:
    done = loopscope(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("loopscope") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["ls", "--nonsense"], ["ls", "surplus"], ["attach", "--wat"], ["run", "--nonsense", "x.py"]],
)
def test_nonsense_after_a_command_points_to_the_help_of_that_command(arguments: list[str]) -> None:
    help_shown = f"`python3 -m loopscope {arguments[0]} --help`"
    assert help_shown in loopscope(*arguments).stderr
    assert "`python3 -m loopscope --help`" in loopscope("--nonsense", *arguments[:1]).stderr


def test_waiting_for_nothing_says_what_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPSCOPE_GUI", sys.executable)  # any program; it is not started
    monkeypatch.setenv("DISPLAY", ":99")
    for arguments in (["attach", "--wait"], ["attach", "--wait", "soon"]):
        done = loopscope(*arguments)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert "attach --wait PID" in done.stderr and "''" not in done.stderr
    assert "soon" in done.stderr


def test_the_help_of_run_names_each_kind_of_program() -> None:
    text = loopscope("run", "--help").stdout
    assert all(kind in text for kind in ("SCRIPT", "-m MODULE", "-c CODE", "- "))


def test_the_level_reaches_the_program(tmp_path: Path, sessions: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio\nasync def main(): print(asyncio.get_running_loop().trace_level)\nasyncio.run(main())"
    )
    for arguments, level in (
        ([], "callbacks"),
        (["--level", "off"], "off"),
        (["--level", "tasks"], "tasks"),
    ):
        done = loopscope("run", "--no-app", *arguments, str(program))
        assert done.stdout == level + "\n", done.stderr


def test_without_a_display_the_program_runs_and_one_line_says_so(
    tmp_path: Path, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    program = tmp_path / "program.py"
    program.write_text("print('hello')")
    done = loopscope("run", str(program))
    assert (done.returncode, done.stdout) == (0, "hello\n")
    assert "no display" in done.stderr and done.stderr.count("\n") == 1
