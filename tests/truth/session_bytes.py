"""Decodes a session's bytes, by docs/trace_format.md and tracer/format.h alone.

The tests of truth share no line of code with the real reader. This one is independent, slow and simple.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

FORMAT_VERSION = 3
EVENT = struct.Struct("<QBBBBIQQ")
TYPES = (
    "none loop_start loop_stop phase_begin phase_end poll_begin poll_wake poll_end callback_begin callback_end "
    "timer_set timer_fired timer_cancelled handle_opened handle_closed bytes_read bytes_written task_created "
    "task_done wakeup level_changed clock_anchor queued unqueued step_stopped task_named watch_changed gc_begin "
    "gc_end job_queued job_begun job_ended mark span_begin span_end pause_begin pause_end "
    "handle_closing stall_begin stall_sample stall_times stall_delay stall_end"
).split()
COUNTERS = (
    "iterations io_events callbacks bytes_read bytes_written timers_set "
    "timers_fired timers_cancelled handles_opened handles_closed tasks_created tasks_done poll_sleep_ticks "
    "gil_wait_ticks slots_lost tasks_live tasks_destroyed"
).split()
TRACK_COUNTS = "head 7 names_used_bytes names_gone_bytes names_lost ring_ready_bytes".split()
# a number stands for that many words of padding
IS_FRAME = 0xFFFF
REASONS = (
    "unknown stopping closing_handles ready_callbacks nothing_to_wait_for timer_due until_timer forever not_waiting"
).split()


@dataclass(frozen=True)
class Event:
    position: int
    ticks: int
    type: str
    phase: int
    kind: int
    flags: int
    name: int
    a: int
    b: int

    @property
    def timeout_ms(self) -> int:
        low = self.b & 0xFFFFFFFF
        return low - (1 << 32) if low >= 1 << 31 else low

    @property
    def reason(self) -> str:
        return REASONS[self.kind]


def read_counters(data: bytes, offset: int, names: list[str]) -> dict[str, int]:
    counters = {}
    for name in names:
        if name.isdigit():
            offset += 8 * int(name)
            continue
        (counters[name],) = struct.unpack_from("<Q", data, offset)
        offset += 8
    return counters


class SessionBytes:
    def __init__(self, path: Path) -> None:
        data = self.data = path.read_bytes()
        magic, version, header_bytes = struct.unpack_from("<8sII", data, 0)
        assert (magic, version, header_bytes) == (b"loopscop", FORMAT_VERSION, 2048)
        (
            size,
            _,
            counters,
            _,
            _,
            _,
            _,
            _,
            counts,
            self.names,
            self.names_bytes,
            self.ring,
            _,
        ) = struct.unpack_from("<13Q", data, 16)
        assert size == len(data)
        clock_at = 16 + 18 * 8 + 8 + 3 * 8 + 40
        self.clock = {0: "monotonic", 1: "tsc"}[data[clock_at]]
        self.counters = read_counters(data, counters, COUNTERS)
        self.counters.update(read_counters(data, counts, TRACK_COUNTS))
        self.head = self.counters["head"]
        self.length = self.counters["ring_ready_bytes"] // EVENT.size

    @property
    def lost(self) -> int:
        """Events that were overwritten."""
        return max(0, self.head - self.length)

    def events(self) -> list[Event]:
        """The events of a loop that no longer writes, without the anchors of the clock."""
        found = []
        for position in range(self.lost, self.head):
            offset = self.ring + position % self.length * EVENT.size
            ticks, kind_of_event, *rest = EVENT.unpack_from(self.data, offset)
            if TYPES[kind_of_event] != "clock_anchor":
                found.append(Event(position, ticks, TYPES[kind_of_event], *rest))
        return found

    def _place(self, name_id: int) -> int:
        offset = name_id * 8
        segment = self.names_bytes // 2 // 4 // 8 * 8
        kept = self.names_bytes - 4 * segment
        if offset >= kept:
            assert offset >= self.counters["names_gone_bytes"], "its place was written anew"
            offset = kept + (offset - kept) % (4 * segment)
        return offset + self.names

    def chain(self, frame: int) -> list[tuple[str, int]]:
        """(function, line) of a frame and those above it, outermost first."""
        found = []
        while frame != 0:
            function, _, line = self.name(frame)
            found.append((function, line))
            (frame,) = struct.unpack_from("<I", self.data, self._place(frame) + 8)
        return found[::-1]

    def name(self, name_id: int) -> tuple[str, str, int]:
        """(function, file, line)"""
        if name_id == 0:
            return "", "", 0
        offset = self._place(name_id)
        line, name_bytes, file_bytes = struct.unpack_from("<IHH", self.data, offset)
        start = offset + 8
        if file_bytes == IS_FRAME:
            _, function_id = struct.unpack_from("<II", self.data, start)
            function, file, _ = self.name(function_id)
            return function, file, line
        function = self.data[start : start + name_bytes].decode()
        file = self.data[start + name_bytes : start + name_bytes + file_bytes].decode()
        return function, file, line
