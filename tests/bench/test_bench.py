"""The comparison runs and writes what it says; how fast anything is, is for people to judge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench.py"


def run_bench(build: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(BENCH), "--build", str(build), "--out", str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@pytest.mark.timeout(120)
def test_each_loop_gets_a_figure_in_each_benchmark(build_directory, tmp_path):
    only = "echo 1 KiB protocol,echo 1 KiB sock,sleep_0"
    done = run_bench(build_directory, tmp_path, "--rounds", "1", "--seconds", "0.1", "--only", only)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads((tmp_path / "bench.json").read_text())
    assert document["machine"]["commit"] and document["machine"]["cpu"]
    figures = document["figures"]
    assert {figure["benchmark"] for figure in figures} == {
        "echo 1 KiB protocol",
        "echo 1 KiB sock",
        "sleep_0",
    }
    loops = {figure["loop"] for figure in figures}
    assert {"asyncio", "loopscope off", "loopscope phases", "loopscope callbacks"} <= loops
    assert len(figures) == 3 * len(loops)
    assert all(len(figure["values"]) == 1 and figure["values"][0] > 0 for figure in figures)
    report = (tmp_path / "bench.md").read_text()
    assert all(f"## {figure['benchmark']}" in report for figure in figures)


def test_a_build_folder_without_the_package_is_a_clear_error(tmp_path):
    done = run_bench(tmp_path, tmp_path)
    assert done.returncode == 2
    assert f"there is no loopscope in {tmp_path / 'python'}" in done.stdout


def test_a_benchmark_that_does_not_exist_is_a_clear_error(build_directory, tmp_path):
    done = run_bench(build_directory, tmp_path, "--only", "no such thing")
    assert (done.returncode, done.stdout) == (2, "no benchmark has 'no such thing' in its name\n")
