"""Loop._ready and Loop._scheduled, as programs see them. The queues themselves are native."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any


class Queue(Sequence[asyncio.Handle]):
    """A view of the handles that wait, in their order. A program can clear it, and cannot change it otherwise.

    A transport that is about to read waits, too, without a handle of the program's. The view makes one for it.
    """

    __slots__ = ("_clear", "_handles")

    def __init__(
        self, handles: Callable[[], list[asyncio.Handle]], clear: Callable[[], None]
    ) -> None:
        self._handles = handles
        self._clear = clear

    def __len__(self) -> int:
        return len(self._handles())

    def __getitem__(self, index: Any) -> Any:
        return self._handles()[index]

    def __iter__(self) -> Any:
        return iter(self._handles())

    def __repr__(self) -> str:
        return repr(self._handles())

    def clear(self) -> None:
        self._clear()


class Queues:
    """The two queues as properties. asyncio's own code sets them to empty lists at first, and clears them when it
    closes the loop."""

    _timer_count: int
    _ready_handles: Callable[[], list[asyncio.Handle]]
    _timer_handles: Callable[[], list[asyncio.Handle]]
    _clear_ready: Callable[[], None]
    _clear_timers: Callable[[], None]

    @property
    def _ready(self) -> Queue:
        return Queue(self._ready_handles, self._clear_ready)

    @_ready.setter
    def _ready(self, value: Sequence[asyncio.Handle]) -> None:
        _replace(self._ready, value, "call_soon()")

    @property
    def _scheduled(self) -> Queue:
        return Queue(self._timer_handles, self._clear_timers)

    @_scheduled.setter
    def _scheduled(self, value: Sequence[asyncio.Handle]) -> None:
        _replace(self._scheduled, value, "call_at()")

    @property
    def _timer_cancelled_count(self) -> int:
        return len(self._timer_handles()) - self._timer_count

    @_timer_cancelled_count.setter
    def _timer_cancelled_count(self, value: int) -> None:
        pass  # asyncio's own code sets it to 0 at first


def _replace(queue: Queue, value: Sequence[asyncio.Handle], instead: str) -> None:
    if len(value) != 0:
        raise ValueError(
            f"the loop's queues are native and take no handles from a list: use {instead}"
        )
    queue.clear()
