"""In debug mode a stall is a log record, if no viewer is there to show it: logger "loopscope.stalls", level WARNING.

The record says what held the loop, for how long, at which line and doing what, and how many callbacks wait. Its `stall`
attribute has the same for programs that read their logs.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import Any

from loopscope import _native

logger = logging.getLogger("loopscope.stalls")
SHORTEST_DISTANCE_S = 1.0  # between two records of a loop
DOING = {
    "on_cpu": "on a CPU",
    "waiting_for_cpu": "waiting for a CPU",
    "waiting_for_gil": "waiting for the GIL",
    "in_system_call": "in a system call",
    "collecting": "collecting garbage",
}


class StallLog:
    """Of one loop. Thread: the loop's."""

    def __init__(self) -> None:
        self._next_s = 0.0
        self._passed_over = 0

    def report(self, loop: Any, what: str, seconds: float) -> None:
        """`what` ran for so long. Does nothing if that is no stall, or if the watchdog has not seen it."""
        threshold = _native.get_stall_threshold()
        if not 0 < threshold <= seconds or loop._has_viewer:
            return
        stall = loop._take_stall()
        if stall is None:
            return
        now = time.monotonic()
        if now < self._next_s:
            self._passed_over += 1
            return
        self._next_s = now + SHORTEST_DISTANCE_S
        self._write(loop, what, seconds, *stall)

    def _write(
        self,
        loop: Any,
        what: str,
        seconds: float,
        doing: str,
        system_call: str | None,
        stack: list[tuple[str, int, str]],
    ) -> None:
        facts = {
            "held_s": seconds,
            "callback": what,
            "doing": doing,
            "system_call": system_call,
            "stack": stack,
            "waiting": loop._ready_count,
        }
        logger.warning(
            "%s held the loop for %.0f ms: %s, %s. %d callbacks wait.%s\n%s",
            what,
            seconds * 1e3,
            f"{stack[-1][0]}:{stack[-1][1]} in {stack[-1][2]}" if stack else "not known where",
            DOING.get(doing, "doing what is not known")
            + (f" ({system_call})" if system_call else ""),
            facts["waiting"],
            f" {self._passed_over} stalls before it were not logged." if self._passed_over else "",
            _as_traceback(stack),
            extra={"stall": facts},
        )
        self._passed_over = 0


def _as_traceback(stack: list[tuple[str, int, str]]) -> str:
    frames = traceback.StackSummary.from_list([(*frame, None) for frame in stack])
    return "".join(frames.format()).rstrip()
