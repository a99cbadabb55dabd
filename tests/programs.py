"""Programs that tests start and wait for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Started = subprocess.Popen[str]
# AddressSanitizer keeps freed memory for a while, so a process grows.
FREED_MEMORY_IS_KEPT = "asan" in os.environ.get("LD_PRELOAD", "")


# A limit for something that takes no time on a quiet machine. A busy machine may be slow without a failure.
PATIENCE_S = 100.0


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Fails with `what` if the condition does not come true in time."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, f"waited {timeout_s} s in vain until {what}"
        time.sleep(0.01)


@contextmanager
def traced(
    script: Path, *arguments: str, level: str = "callbacks"
) -> Iterator[tuple[Started, Path]]:
    """A program on the loop that has said "ready", and the directory that holds its session and no other."""
    directory = Path(tempfile.mkdtemp(prefix="loopscope-test-", dir="/dev/shm"))
    command = [sys.executable, "-m", "loopscope", "run", "--no-app", "--level", level, str(script)]
    child = subprocess.Popen(
        [*command, *arguments],
        env={**os.environ, "LOOPSCOPE_DIR": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", child.communicate()[1]
        yield child, directory
    finally:
        child.kill()
        child.communicate()
        shutil.rmtree(directory, ignore_errors=True)
