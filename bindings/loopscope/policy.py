"""The event loop policy: for programs that get their loop from asyncio.run() or asyncio.new_event_loop()."""

from __future__ import annotations

import asyncio

from loopscope.loop import Loop, new_event_loop


class EventLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """asyncio's own policy, but its new loops are loopscope's."""

    def _loop_factory(self) -> Loop:  # type: ignore[override]
        return new_event_loop()


def install() -> None:
    """Make loopscope's the loop of everything that asks asyncio for one from now on."""
    asyncio.set_event_loop_policy(EventLoopPolicy())
