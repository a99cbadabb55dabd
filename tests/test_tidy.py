"""tests/tidy.py finds with a room at once what clang-tidy finds with each file alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import tidy

ROOT = Path(__file__).parent.parent
MOVED = "int {name}(std::string text) {{ std::string s = std::move(text); return int(text.size() + s.size()); }}\n"
CLASH = "namespace { const int kRules = 1; }\nint rules_of_NAME() { return kRules; }\n"


def test_flags_say_how_to_read_a_file() -> None:
    command = "c++ -DNAME=1 -I/a -isystem /b -O3 -Wall -std=c++20 -o x.o -c x.cpp"
    assert tidy.flags_of(command) == ["-DNAME=1", "-I/a", "-isystem/b", "-std=c++20"]


def test_every_source_of_ours_is_in_a_room(build_directory: Path) -> None:
    if not (build_directory / "compile_commands.json").is_file():
        pytest.skip("nothing was built here")
    seen = {file for room in tidy.rooms(build_directory) for file in room.files}
    ours = {str(p.relative_to(ROOT)) for box in tidy.BOXES for p in (ROOT / box).rglob("*.cpp")}
    assert ours == seen


@pytest.mark.skipif(shutil.which("clang-tidy") is None, reason="there is no clang-tidy")
def test_faults_are_found_even_in_files_that_cannot_stand_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidy, "ROOT", tmp_path)
    shutil.copy(ROOT / ".clang-tidy", tmp_path)
    room = tmp_path / "loop"
    room.mkdir()
    commands = []
    for name in ("one", "two"):
        file = room / f"{name}.cpp"
        includes = "#include <string>\n#include <utility>\n"
        file.write_text(includes + CLASH.replace("NAME", name) + MOVED.format(name=name))
        commands.append({"file": str(file), "command": f"c++ -std=c++20 -c {file}"})
    (tmp_path / "compile_commands.json").write_text(json.dumps(commands))
    (only,) = tidy.rooms(tmp_path)
    said = tidy.check(only, tmp_path)
    for name in ("one", "two"):
        assert any(
            line.startswith(f"{room}/{name}.cpp:") and "bugprone-use-after-move" in line
            for line in said
        ), said


def test_it_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/usr/bin/python3", ROOT / "tests" / "tidy.py"],
        env={**os.environ, "LOOPSCOPE_BUILD": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "build first" in done.stdout
