"""The loops that are compared, by name."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os

# name -> (module, factory, level of recording)
CONTENDERS = {
    "loopscope off": ("loopscope", "new_event_loop", "off"),
    "loopscope phases": ("loopscope", "new_event_loop", "phases"),
    "loopscope callbacks": ("loopscope", "new_event_loop", "callbacks"),
    "uvloop": ("uvloop", "new_event_loop", ""),
    "asyncio": ("asyncio", "SelectorEventLoop", ""),
}


def present() -> list[str]:
    """The names of those that are installed."""
    return [name for name, (module, _, _) in CONTENDERS.items() if importlib.util.find_spec(module)]


def make_loop(name: str) -> asyncio.AbstractEventLoop:
    module, factory, level = CONTENDERS[name]
    if level:
        os.environ["LOOPSCOPE_LEVEL"] = level
    return getattr(importlib.import_module(module), factory)()
