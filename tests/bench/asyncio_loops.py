"""The asyncio loops that the bench compares, and how its programs make them."""

from __future__ import annotations

import asyncio
import importlib
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Loop:
    module: str
    factory: str = "new_event_loop"
    level: str = ""  # of recording
    environment: str = ""  # the virtual environment that has it; else the system's packages


LOOPS = {
    "loopscope off": Loop("loopscope", level="off"),
    "loopscope phases": Loop("loopscope", level="phases"),
    "loopscope callbacks": Loop("loopscope", level="callbacks"),
    "uvloop": Loop("uvloop"),
    "newest uvloop": Loop("uvloop", environment="uvloop"),
    "asyncio": Loop("asyncio", "SelectorEventLoop"),
}
# No contender: the cost of this level is measured for its own sake.
ALSO_MADE = {"loopscope tasks": Loop("loopscope", level="tasks")}


def make_loop(name: str) -> asyncio.AbstractEventLoop:
    loop = {**LOOPS, **ALSO_MADE}[name]
    if loop.level:
        os.environ["LOOPSCOPE_LEVEL"] = loop.level
    made: asyncio.AbstractEventLoop = getattr(importlib.import_module(loop.module), loop.factory)()
    return made
