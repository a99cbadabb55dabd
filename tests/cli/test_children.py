"""Processes that a program starts under `loopscope run`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from programs import PATIENCE_S

import pytest

PROGRAM = """
import asyncio, multiprocessing, sys

async def main():
    return type(asyncio.get_running_loop()).__module__

def work(queue, generations):
    queue.put(asyncio.run(main()))
    if generations:
        start(queue, generations - 1)

def start(queue, generations):
    context = multiprocessing.get_context("{method}")
    child = context.Process(target=work, args=(queue, generations))
    child.start()
    child.join(100)
    assert child.exitcode == 0

if __name__ == "__main__":
    queue = multiprocessing.get_context("{method}").SimpleQueue()
    start(queue, 1)
    print(queue.get(), queue.get())
"""


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_children_and_theirs_run_on_the_loop(tmp_path: Path, sessions: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(method=method))
    done = subprocess.run(
        [sys.executable, "-m", "loopscope", "run", "--no-app", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (done.stdout, done.stderr) == (
        "loopscope.loop loopscope.loop\n",
        "",
    )


def test_a_child_that_cannot_find_the_package_works_without(
    tmp_path: Path, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program may have cleaned its environment."""
    program = tmp_path / "program.py"
    source = PROGRAM.format(method="spawn").replace(
        "    start(queue, 1)\n",
        "    import os\n    del os.environ['PYTHONPATH']\n    start(queue, 1)\n",
    )
    program.write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "loopscope", "run", "--no-app", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "asyncio.unix_events asyncio.unix_events\n"
