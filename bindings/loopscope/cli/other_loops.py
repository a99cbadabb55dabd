"""Keeps a program on this loop if it asks for another one, and says so.

Programs ask in two ways: with asyncio.set_event_loop_policy(), and with uvloop's own functions (uvicorn's
loop="auto" uses them if uvloop is installed). A program that makes asyncio's own loop by name gets it, because it
asked for that class; a line says so. Only `loopscope run` guards. A program that merely uses loopscope may mix loops
as it likes.
"""

from __future__ import annotations

import asyncio
import importlib.abc
import importlib.machinery
import importlib.util
import selectors
import sys
import types
from collections.abc import Sequence

import loopscope
from loopscope.cli.errors import printable, tell

_said: set[str] = set()


def guard() -> None:
    asyncio.set_event_loop_policy = keep_policy
    asyncio.events.set_event_loop_policy = keep_policy
    asyncio.selector_events.BaseSelectorEventLoop.__init__ = tell_of_stock_loop  # type: ignore
    if importlib.util.find_spec("uvloop") is not None:
        sys.meta_path.insert(0, StandInFinder())


_set_event_loop_policy = asyncio.set_event_loop_policy
_make_selector_loop = asyncio.selector_events.BaseSelectorEventLoop.__init__


def keep_policy(policy: asyncio.AbstractEventLoopPolicy | None) -> None:
    """asyncio.set_event_loop_policy() under `loopscope run`. None means the policy at the start, loopscope's."""
    if policy is None:
        policy = loopscope.EventLoopPolicy()
    elif not isinstance(policy, loopscope.EventLoopPolicy):
        say(f"{type(policy).__module__}.{type(policy).__qualname__}")
        return
    _set_event_loop_policy(policy)


def tell_of_stock_loop(
    loop: asyncio.selector_events.BaseSelectorEventLoop,
    selector: selectors.BaseSelector | None = None,
) -> None:
    _make_selector_loop(loop, selector)
    if not isinstance(loop, loopscope.Loop):
        say(f"asyncio's {type(loop).__name__} by name", "that loop is not traced")


def say(wanted: str, instead: str = "it runs on loopscope instead") -> None:
    """Says it once for each outcome: a second function of uvloop would only repeat the first line."""
    if instead not in _said:
        _said.add(instead)
        tell(f"loopscope: the program asks for {printable(wanted)}; {instead}")


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers `import uvloop` with uvloop's functions on this loop."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == "uvloop" else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return UvloopStandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class UvloopStandIn(types.ModuleType):
    """uvloop's functions. The line on stderr appears when the program uses one, not when it imports uvloop."""

    __version__ = "0.0.0+loopscope"
    __all__ = ("new_event_loop", "install", "run", "EventLoopPolicy")
    NAMES = {
        "Loop": "Loop",
        "EventLoopPolicy": "EventLoopPolicy",
        "new_event_loop": "new_event_loop",
        "install": "install",
        "run": "run",
    }

    def __getattr__(self, name: str) -> object:
        if name not in self.NAMES:
            raise AttributeError(f"module 'uvloop' has no attribute {name!r}")
        say(f"uvloop.{name}")
        return getattr(loopscope, self.NAMES[name])
