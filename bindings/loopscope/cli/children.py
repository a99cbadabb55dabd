"""Keeps a program's own processes on the loop: those that multiprocessing spawns, as uvicorn's workers.

Forked ones inherit all that `loopscope run` did. A spawned one is a new python that is told on its command line to ask
its parent for work; here it is told to guard its loops first. Programs started in any other way are none of ours.
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
    """In the program that was run."""
    multiprocessing.spawn.get_command_line = command_line


def start() -> None:
    """In a process of the program's, before multiprocessing takes over."""
    loopscope.install()
    other_loops.guard()
    follow()


def command_line(**keywords: Any) -> list[str]:
    """As multiprocessing's own, with something to do before it."""
    command = _command_line(**keywords)
    if "-c" in command:  # a frozen program has none
        code = command.index("-c") + 1
        command[code] = _PROLOGUE + command[code]
    return command
