"""The loops that every test of this folder runs on."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
from collections.abc import Callable

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


@dataclasses.dataclass(frozen=True)
class Choice:
    """A loop to test, and how much it records meanwhile."""

    module: str
    factory: str
    level: str = "off"


CHOICES = {
    "stock": Choice("asyncio", "SelectorEventLoop"),
    "loopscope": Choice("loopscope", "new_event_loop", "phases"),
    "loopscope-tasks": Choice("loopscope", "new_event_loop", "tasks"),
}


def factory_of(name: str) -> LoopFactory:
    choice = CHOICES[name]
    return getattr(importlib.import_module(choice.module), choice.factory)
