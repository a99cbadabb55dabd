"""The trace of a small program has everything that the program did, in order, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import story
from programs import PATIENCE_S
from session_bytes import SessionBytes

HERE = Path(__file__).parent
MODULES = sorted(path.stem for path in (HERE / "stories").glob("[a-z]*.py"))

# The stories use the names of Python 3.11's asyncio. These are the names in other versions.
OTHER_NAMES = {
    "_gather._done_callback": "gather._done_callback",
    "_UnixReadPipeTransport._add_reader": "LoopBase._add_reader",
    "threadsafe _set_result_unless_cancelled": "threadsafe Future.set_result",
    "SSLProtocol._check_handshake_timeout": "SSLProtocol._start_handshake.<lambda>",
    "SSLProtocol._check_shutdown_timeout": "SSLProtocol._start_shutdown.<lambda>",
}


def scripts():
    for module in MODULES:
        found = importlib.import_module(f"stories.{module}")
        for name, script in vars(found).items():
            if inspect.isfunction(script) and list(inspect.signature(script).parameters) == [
                "loop"
            ]:
                yield pytest.param(module, script, id=f"{module}-{name}")


def story_of(script):
    """Its lines. Some end with `  # ...`: they happen only where this_asyncio() of its module says the same."""
    lines = [line.partition("  # ") for line in inspect.cleandoc(script.__doc__).splitlines()]
    here = {script.__globals__["this_asyncio"]()} if any(only for *_, only in lines) else set()
    return [line for line, _, only in lines if not only or only in here]


@pytest.mark.parametrize("module, script", scripts())
def test_the_trace_tells_the_story(module, script, tmp_path):
    if script.__name__ == "a_child" and not (3, 10) <= sys.version_info < (3, 12):
        pytest.skip("this Python's asyncio tells of a child's end by other callbacks")
    if script.__name__ == "an_empty_datagram_is_received" and sys.version_info >= (3, 13):
        pytest.skip("from Python 3.13 on asyncio sends an empty datagram")
    version, what = getattr(script, "since", ((3, 9), ""))
    if sys.version_info < version:
        pytest.skip(f"{what} came with Python {'.'.join(map(str, version))}")
    sessions = tempfile.mkdtemp(prefix="loopscope-test-", dir="/dev/shm")
    try:
        subprocess.run(
            [
                sys.executable,
                str(HERE / "tell.py"),
                str(tmp_path / "session"),
                module,
                script.__name__,
            ],
            env={**os.environ, "LOOPSCOPE_LEVEL": "tasks", "LOOPSCOPE_DIR": sessions},
            check=True,
            timeout=PATIENCE_S,
        )
    finally:
        shutil.rmtree(sessions)
    session = SessionBytes(tmp_path / "session")
    told = story.story(session, hasattr(script, "in_any_poll"), hasattr(script, "in_any_record"))
    for name, elsewhere in OTHER_NAMES.items():
        told = [line.replace(name, elsewhere) for line in told]
    assert told == story_of(script)


def kinds_of(enum: str) -> list[str]:
    """The names in tracer/format.h, in its order."""
    page = (HERE.parent.parent / "tracer/format.h").read_text()
    body = page.partition(f"enum class {enum} ")[2].partition("};")[0]
    return re.findall(r"^  (\w+) = \d+,", body, flags=re.MULTILINE)


def test_the_stories_words_are_the_formats():
    assert kinds_of("CallbackKind") == story.KINDS
    assert kinds_of("HandleKind") == story.HANDLES


def test_each_kind_of_callback_and_handle_has_a_story():
    stories = "\n".join(parameters.values[1].__doc__ for parameters in scripts())
    told = set(re.findall(r"^ +(\w+) \S", stories, flags=re.MULTILINE))
    opened = set(re.findall(r"^ +opened (\w+)\.", stories, flags=re.MULTILINE))
    assert set(kinds_of("CallbackKind")) - told == {"unknown"}
    assert set(kinds_of("HandleKind")) - opened == {"unknown", "wakeup"}  # each loop has a wakeup
