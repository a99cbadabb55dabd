"""The build refuses a Python for which the package cannot be built, and says why and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = f"""
cmake_minimum_required(VERSION 3.25)
project(choice LANGUAGES NONE)
include({ROOT}/bindings/python.cmake)
"""


def configure(folder: Path, python: object) -> str:
    """CMake's refusal, in one line."""
    (folder / "CMakeLists.txt").write_text(PROJECT)
    command = [
        "cmake",
        "-G",
        "Ninja",
        "-S",
        folder,
        "-B",
        folder / "build",
        f"-DPython_EXECUTABLE={python}",
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode != 0, "it was not refused"
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("implementation", "version", "free_threaded", "header", "sentence"),
    [
        ("pypy", "3.10", 0, __file__, "is pypy; loopscope is built on CPython's own C API"),
        ("cpython", "3.8", 0, __file__, "is Python 3.8; loopscope needs 3.9 or newer"),
        ("cpython", "3.99", 0, __file__, "is Python 3.99; loopscope is made for 3.9 to"),
        ("cpython", "3.13", 1, __file__, "is a free-threaded build; the loop relies on the GIL"),
        ("cpython", "3.9", 0, "/no/Python.h", "has no C headers: /no/Python.h is missing"),
    ],
)
def test_a_python_that_cannot_be_used_is_refused(
    tmp_path: Path,
    implementation: str,
    version: str,
    free_threaded: int,
    header: str,
    sentence: str,
) -> None:
    python = tmp_path / "python"
    answers = "\n".join([implementation, version, str(free_threaded), header])
    python.write_text(f"#!/bin/sh\ncat <<'END'\n{answers}\nEND\n")
    python.chmod(0o755)
    said = configure(tmp_path, python)
    assert f"{python} {sentence}" in said
    assert "-DPython_EXECUTABLE=" in said


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false"])
def test_what_does_not_run_is_refused(tmp_path: Path, python: str) -> None:
    said = configure(tmp_path, python)
    assert f"{python} does not run" in said and "-DPython_EXECUTABLE=" in said


def test_what_it_asks_for_is_what_a_python_says_of_itself() -> None:
    """The made-up answers above have the form of a real Python's."""
    text = (ROOT / "bindings" / "python.cmake").read_text()
    program = text.partition('-c "')[2].partition('"\n')[0]
    answers = subprocess.check_output([sys.executable, "-c", program], text=True).split("\n")
    assert answers[:2] == ["cpython", "%d.%d" % sys.version_info[:2]]
    assert answers[2] == "0" and answers[3].endswith("Python.h")
