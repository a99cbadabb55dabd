"""A selector for asyncio's code, which answers from the loop's own watchers."""

from __future__ import annotations

import selectors
from typing import Any


class Watchers(selectors.BaseSelector):
    """A selector that never polls, because libuv does. It only tells which descriptors are watched."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        events = self._loop._watched_events(fileobj) if self._loop is not None else 0
        if not events:
            raise KeyError(f"{fileobj!r} is not registered")
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        return selectors.SelectorKey(fileobj, fd, events, None)

    def close(self) -> None:
        self._loop = None

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        raise NotImplementedError(
            "use loop.add_reader() or loop.add_writer(): libuv polls, not a selector"
        )

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        raise NotImplementedError("use loop.remove_reader() or loop.remove_writer()")

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        raise NotImplementedError("libuv polls, not a selector")

    def get_map(self) -> dict[Any, selectors.SelectorKey]:
        return {}
