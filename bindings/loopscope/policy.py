"""The event loop policy: for programs that get their loop from asyncio.run() or asyncio.new_event_loop()."""

from __future__ import annotations

from loopscope import python_versions
from loopscope.loop import Loop, new_event_loop


class EventLoopPolicy(python_versions.default_policy()):  # type: ignore[misc]
    """asyncio's own policy, which makes loopscope's loops."""

    def _loop_factory(self) -> Loop:
        return new_event_loop()


def install() -> None:
    """From now on asyncio makes loopscope's loops."""
    python_versions.set_policy(EventLoopPolicy())
