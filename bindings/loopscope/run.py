"""run(): asyncio.run() on a loopscope loop, on every Python that loopscope supports."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from loopscope.loop import new_event_loop

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], *, debug: bool | None = None) -> T:
    """Run a coroutine on a new loop, and close the loop; as asyncio.run()."""
    if asyncio._get_running_loop() is not None:
        raise RuntimeError("loopscope.run() cannot be called from a running event loop")
    if sys.version_info >= (3, 11):
        try:
            with asyncio.Runner(debug=debug, loop_factory=new_event_loop) as runner:
                asyncio.set_event_loop(runner.get_loop())  # a Runner with a factory leaves that out
                return runner.run(main)
        finally:
            asyncio.set_event_loop(None)
    return _run_without_runner(main, debug)


def _run_without_runner(main: Coroutine[Any, Any, T], debug: bool | None) -> T:
    if not asyncio.iscoroutine(main):
        raise ValueError(f"a coroutine was expected, got {main!r}")
    loop = new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        if debug is not None:
            loop.set_debug(debug)
        return loop.run_until_complete(main)
    finally:
        try:
            asyncio.runners._cancel_all_tasks(loop)  # type: ignore[attr-defined]
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()
