"""What a program says about itself: points in time and stretches of work, which the trace and the app show.

They belong to the loop that runs in the thread. Where none of ours runs, or nothing is recorded, they do nothing.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


def mark(text: str, /, **details: Any) -> None:
    """Say that something happens now: mark("deploy", version="1.4")."""
    loop = _recorded_loop()
    if loop is not None:
        loop._say_mark(text, _words(details))


class span:
    """Say how long something takes, also across awaits.

    with loopscope.span("checkout", order=17):
        await pay(order)
    """

    __slots__ = ("_text", "_details", "_loop", "_id")

    def __init__(self, text: str, /, **details: Any) -> None:
        self._text = text
        self._details = details
        self._loop: Any = None
        self._id = 0

    def __enter__(self) -> span:
        self._loop = _recorded_loop()
        if self._loop is not None:
            self._id = self._loop._say_span_begin(self._text, _words(self._details))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop._say_span_end(self._id, self._text)
            self._loop = None


def _recorded_loop() -> Any:
    loop = asyncio._get_running_loop()
    return loop if getattr(loop, "_is_recorded", False) else None


def _words(details: dict[str, Any]) -> str | None:
    return ", ".join(f"{key}={value!r}" for key, value in details.items()) or None
