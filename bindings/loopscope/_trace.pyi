"""Reads sessions of loops, live and dead. Written in C++: bindings/trace/.

Times are nanoseconds of CLOCK_MONOTONIC, as time.monotonic_ns() returns them, unless their name says otherwise.
"""

from collections.abc import Callable, Iterator
from typing import Any

FORMAT_VERSION: int

class TraceError(Exception):
    """A sentence for the user: what was wrong, what was expected, what to do."""

class SessionEntry:
    """A session in the list. If it is not readable, `problem` says why, and the other fields are empty."""

    path: str
    id: str
    pid: int
    loop_number: int
    alive: bool
    readable: bool
    problem: str
    program: str  # the whole command line
    title: str  # the program's short name, as the app shows it: "uvicorn shop:app"
    line: str  # the title, and the arguments that it leaves out
    python_version: str
    libuv_version: str
    created_realtime_ns: int
    level: int

def list_sessions() -> list[SessionEntry]:
    """All sessions: the live ones first, then the dead ones; the newest first in each group."""

def printable(text: str | bytes) -> str:
    """Makes text from a session safe to print: escapes control characters and bytes that are not UTF-8."""

def find_session(wanted: str | bytes = "") -> str:
    """The path of a session, by its pid, "PID.LOOP" or path. "" means the only live one, else the newest dead one."""

def clean_dead_sessions() -> int:
    """Removes the files of dead sessions. Returns how many."""

class Name:
    function: str
    file: str
    line: int

class TraceEvent:
    """One event. Fields that its type does not use are 0, "" or None; tracer/read/trace_event.h says which do."""

    t_ns: int
    type: str
    track: str  # who wrote it: "loop", "watchdog"
    phase: str
    kind: str
    inferred: bool
    name: Name | None
    stack: list[Name] | None  # of a stall_sample, innermost first
    iteration: int
    object: int
    value: int
    other_ns: int
    third_ns: int
    position: int
    clock: str  # "none", or what is wrong with t_ns: "jumped", "went_back", "impossible"
    clock_ns: int

class EventIterator(Iterator[TraceEvent]):
    """The events from the oldest in the ring to the one that was the newest at the start.

    `lost` counts events that were overwritten before they could be read.
    """

    lost: int
    def __next__(self) -> TraceEvent: ...

class Session:
    path: str
    alive: bool
    pid: int
    loop_number: int
    format_version: int
    program: str
    python_version: str
    libuv_version: str
    created_monotonic_ns: int
    created_realtime_ns: int
    clock_known: bool
    ring_events: int
    ring_length: int
    phase_order: list[str]
    def __init__(self, path: str | bytes) -> None: ...
    def present(self) -> dict[str, Any]: ...
    def counters(self) -> dict[str, int]: ...
    def handles(self) -> list[dict[str, Any]]: ...
    def tasks(self) -> list[dict[str, Any]]: ...
    def events(self, boundaries: bool = False) -> EventIterator:
        """Each event as it was written. With `boundaries` also the begins and ends that are inferred from them."""
    def dump(self, write: Callable[[bytes], object]) -> None:
        """The session as text for people."""
    def export_jsonl(self, write: Callable[[bytes], object]) -> int:
        """Writes one JSON object a line for each event, boundaries included. Returns the number of lines."""

class Moments:
    """What was so at any instant of a session.

    It keeps the events of the last minute, at most 256 MiB of them. tracer/analysis/moments.h says how, and what it costs.
    """

    first_ns: int  # of the oldest event that is kept
    last_ns: int  # of the newest
    events: int
    key_frames: int
    lost: int
    bytes: int  # about how much memory it takes
    def __init__(self, session: Session) -> None: ...
    def follow(self) -> None:
        """Reads all that is new."""
    def at(self, t_ns: int) -> dict[str, Any] | None:
        """The state after all events up to `t_ns`. None if that lies before what is kept.

        What is not known is None. `complete` says of which lists it is known that nothing is missing:

            level, loop_runs, iteration, phase, phase_since_ns, asleep, collecting
            decision      how long the latest poll may sleep, and why
            running       the callbacks that run, outermost first
            ready         the ready queue, the first to run first, with who queued each
            ready_untold  how many stand before them of whom nothing is known
            timers        by due time; due: ids of those that fired and have not run
            handles       those that are open; watched: {descriptor: (reads, writes)} as the loop asked the kernel
            closing       (handle, descriptor) of those whose closing callback has not run
            tasks         with the chain of coroutines in which each stands, outermost first
            jobs, spans
        """

class Stalls:
    """What held the loop of a session for too long, as its watchdog saw it. tracer/analysis/stalls.h says how."""

    def __init__(self, session: Session) -> None: ...
    def follow(self) -> list[dict[str, Any]]:
        """Reads all that is new, and returns the stalls of which it says something new, oldest first.

        What is not known is None:

            number        serial: the same stall is returned again when more is known of it
            t_ns          when it began; held_ns: how long it lasted, or has lasted when the watchdog looked last
            end           "open": it goes on; "exact"; "at_most": held_ns is a limit
            settled       nothing more will be learnt of it
            kind, phase   "callback", "phase" or "gil_wait"; what was open
            callback      Name, with callback_kind, and callback_text as people read it (printable)
            task          what asyncio calls the task
            doing         what the thread mostly did, by label_samples of the samples; label: the same for people
            system_call   in which it slept
            cpu_ns        (least, most) CPU time; delay_ns: time in which it was ready to run and had no CPU
            samples       how many there are
            line          Name: the innermost frame of the user's code, or the innermost at all if not `own`, at which most
                          stood: line_samples of line_of; stack: of one of those, innermost first
            waited        how many callbacks became ready before its end and began after it; harmed_ns: for how long
        """
