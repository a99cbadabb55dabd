"""Keeps processes that multiprocessing spawns on the loop, for example uvicorn's workers.

A forked process inherits everything that `loopscope run` did. A spawned one is a new python; its command line has code
that asks the parent for work. This module adds code before that, which guards its loops. Programs that are started in
any other way stay as they are.
"""

from __future__ import annotations

import multiprocessing.spawn
from typing import Any

import loopscope
from loopscope.cli import other_loops

_PROLOGUE = """\
try:
    from loopscope.cli import children
    children.start()
except ImportError:
    pass
"""

_command_line = multiprocessing.spawn.get_command_line


def follow() -> None:
    """Called in the program that `loopscope run` runs."""
    multiprocessing.spawn.get_command_line = command_line


def start() -> None:
    """Called in a spawned process, before multiprocessing takes over."""
    loopscope.install()
    other_loops.guard()
    follow()


def command_line(**keywords: Any) -> list[str]:
    """multiprocessing's own command line, with the prologue before its code."""
    command = _command_line(**keywords)
    if "-c" in command:  # a frozen program has none
        code = command.index("-c") + 1
        command[code] = _PROLOGUE + command[code]
    return command
