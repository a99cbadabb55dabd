"""The common part of all Python tests: the package as built, sessions of their own, and programs to look at."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from programs import Started

ROOT = Path(__file__).parent.parent
BUILD = Path(os.environ.get("LOOPSCOPE_BUILD", ROOT / "build"))
PACKAGE = BUILD / "python"

if str(PACKAGE) not in sys.path:
    sys.path.insert(0, str(PACKAGE))
# Children of tests find the same package.
os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([str(PACKAGE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
)
os.environ.pop("LOOPSCOPE_LEVEL", None)
# A shell makes its background jobs ignore Ctrl-C, and children inherit that. Tests of Ctrl-C would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def build_directory() -> Path:
    return BUILD


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty session directory that this test and its children use."""
    directory = Path(tempfile.mkdtemp(prefix="loopscope-test-", dir="/dev/shm"))
    monkeypatch.setenv("LOOPSCOPE_DIR", str(directory))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts children that do not outlive the test: start("script.py", "argument")."""
    children: list[Started] = []

    def start_child(*arguments: object, **options: object) -> Started:
        settings: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            **options,
        }
        child = subprocess.Popen([sys.executable, *map(str, arguments)], **settings)  # type: ignore
        children.append(child)
        return child

    yield start_child
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()
