"""Decodes a session's bytes, by docs/trace_format.md and tracer/format.h alone.

The tests of truth share no line of code with the real reader. This one is independent, slow and simple.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

FORMAT_VERSION = 2
EVENT = struct.Struct("<QBBBBIQQ")
TYPES = (
    "none loop_start loop_stop phase_begin phase_end poll_begin poll_wake poll_end callback_begin callback_end "
    "timer_set timer_fired timer_cancelled handle_opened handle_closed bytes_read bytes_written task_created "
    "task_done wakeup level_changed clock_anchor"
).split()
COUNTERS = (
    "head 7 names_used_bytes names_lost iterations io_events callbacks bytes_read bytes_written timers_set "
    "timers_fired timers_cancelled handles_opened handles_closed tasks_created tasks_done poll_sleep_ticks "
    "gil_wait_ticks slots_lost names_gone_bytes tasks_live tasks_destroyed ring_ready_bytes"
).split()  # a number stands for that many words of padding
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


def read_counters(data: bytes, offset: int) -> dict[str, int]:
    counters = {}
    for name in COUNTERS:
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
            self.names,
            self.names_bytes,
            self.ring,
            _,
        ) = struct.unpack_from("<12Q", data, 16)
        assert size == len(data)
        clock_at = 16 + 12 * 8 + 8 + 3 * 8 + 40
        self.clock = {0: "monotonic", 1: "tsc"}[data[clock_at]]
        self.counters = read_counters(data, counters)
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

    def name(self, name_id: int) -> tuple[str, str, int]:
        """(function, file, line)"""
        if name_id == 0:
            return "", "", 0
        offset = name_id * 8
        segment = self.names_bytes // 2 // 4 // 8 * 8
        kept = self.names_bytes - 4 * segment
        if offset >= kept:
            assert offset >= self.counters["names_gone_bytes"], "its place was written anew"
            offset = kept + (offset - kept) % (4 * segment)
        offset += self.names
        line, name_bytes, file_bytes = struct.unpack_from("<IHH", self.data, offset)
        start = offset + 8
        function = self.data[start : start + name_bytes].decode()
        file = self.data[start + name_bytes : start + name_bytes + file_bytes].decode()
        return function, file, line
