"""A session as a story: one line for each thing that happened, in order, indented by what it happened in.

    poll ready_callbacks on_soon: 0     a poll, why it may (not) sleep and for whom, and how many I/O events it brought
    idle 1                              a phase, and how many callbacks ran in it
        soon on_soon                    a callback: what it is to asyncio, its name, and the object it belongs to
    opened tcp.1 Server                 handles, timers and tasks are numbered in the order in which they appear

A story leaves out only times, timeouts, descriptors and thread ids. What begins must end in its place, and every
number that two events give must be the same.
"""

from __future__ import annotations

import collections

from session_bytes import Event, SessionBytes

PHASES = "none timers pending idle prepare poll check closing".split()
LEVELS = "off phases callbacks tasks".split()
KINDS = (
    "unknown soon threadsafe timer task_step reader writer signal accept connection_made data_received "
    "buffer_updated eof_received connection_lost pause_writing resume_writing datagram_received error_received "
    "future_done internal"
).split()
HANDLES = "unknown watcher tcp unix_stream listener udp pipe process wakeup".split()
INDENT = "    "


class Teller:
    def __init__(self, session: SessionBytes, in_any_poll: bool, in_any_record: bool) -> None:
        self.session = session
        self.in_any_poll = in_any_poll
        self.in_any_record = in_any_record
        self.lines: list[str] = []
        self.open: list[tuple[Event, int]] = []  # what has begun, and its line
        self.numbers: collections.Counter[str] = collections.Counter()
        self.objects: dict[tuple[str, int], str] = {}
        self.living: set[tuple[str, int]] = set()

    def tell(self) -> list[str]:
        for event in self.session.events():
            getattr(self, event.type)(event)
        assert not self.open, f"never ended: {self.open}"
        return self.lines

    # -- words ---------------------------------------------------------------------------------------

    def say(self, *words: object) -> None:
        depth = sum(1 for event, _ in self.open if not self.hides(event))
        self.lines.append(INDENT * depth + " ".join(str(word) for word in words if word != ""))

    def name(self, event: Event) -> str:
        return self.session.name(event.name)[0].replace("<locals>.", "")

    def born(self, family: str, kind: str, number: int) -> str:
        assert (family, number) not in self.living, f"{family} {number} lives already"
        self.living.add((family, number))
        self.numbers[kind] += 1
        self.objects[family, number] = f"{kind}.{self.numbers[kind]}"
        return self.objects[family, number]

    def known(self, family: str, number: int) -> str:
        return self.objects[family, number]

    def dead(self, family: str, number: int) -> str:
        """Events may still refer to it: a timer fires, and then its callback runs."""
        assert (family, number) in self.living
        self.living.remove((family, number))
        return self.objects[family, number]

    def hides(self, event: Event) -> bool:
        if event.type == "callback_begin":
            return self.in_any_record and self.name(event).startswith("SSLProtocol.")
        return self.in_any_poll and event.type in ("poll_begin", "phase_begin")

    def begin(self, event: Event, *words: object) -> None:
        if not self.hides(event):
            self.say(*words)
        self.open.append((event, len(self.lines) - 1))

    def end(self, event: Event) -> Event:
        begun, line = self.open.pop()
        assert event.type == begun.type.replace("begin", "end").replace("start", "stop"), (
            begun,
            event,
        )
        if event.type in ("phase_end", "callback_end"):
            assert event.phase == begun.phase
        if event.type == "poll_end" and not self.in_any_poll:
            self.lines[line] += f": {event.a}"
        return begun

    # -- events --------------------------------------------------------------------------------------

    def elsewhere(self, event: Event) -> None:
        """Why things happened, and what else took time: test_causes.py has their stories."""

    queued = unqueued = step_stopped = task_named = watch_changed = elsewhere
    handle_closing = elsewhere
    gc_begin = gc_end = job_queued = job_begun = job_ended = elsewhere
    mark = span_begin = span_end = elsewhere

    def level_changed(self, event: Event) -> None:
        self.say("level", LEVELS[event.kind])

    def loop_start(self, event: Event) -> None:
        self.begin(event, "run")

    loop_stop = poll_end = end

    def phase_begin(self, event: Event) -> None:
        self.begin(event, PHASES[event.phase], event.a)

    def phase_end(self, event: Event) -> None:
        line = self.open[-1][1]
        if self.end(event).a != event.a and not self.in_any_poll:
            self.lines[line] += f", ran {event.a}"

    def poll_begin(self, event: Event) -> None:
        self.begin(event, "poll", event.reason, self.name(event))

    def poll_wake(self, event: Event) -> None:
        begun, line = self.open[-1]
        assert begun.type == "poll_begin" and len(self.lines) == line + 1
        assert event.b == (begun.timeout_ms != 0)

    def callback_begin(self, event: Event) -> None:
        family = {"task_step": "task", "timer": "timer"}.get(KINDS[event.kind], "handle")
        on = self.known(family, event.b) if event.b else ""
        self.begin(event, KINDS[event.kind], self.name(event), on and f"({on})")

    def callback_end(self, event: Event) -> None:
        begun = self.end(event)
        assert (begun.kind, begun.name, begun.b) == (event.kind, event.name, event.b)

    def timer_set(self, event: Event) -> None:
        self.say("set", self.born("timer", "timer", event.a), self.name(event))

    def timer_fired(self, event: Event) -> None:
        self.say("fired", self.dead("timer", event.a), self.name(event))

    def timer_cancelled(self, event: Event) -> None:
        self.say("cancelled", self.dead("timer", event.a), self.name(event))

    def handle_opened(self, event: Event) -> None:
        if self.name(event) == "quiet":
            self.objects["handle", event.a] = "quiet"
            self.living.add(("handle", event.a))
            self.say("opened quiet")
            return
        self.say("opened", self.born("handle", HANDLES[event.kind], event.a), self.name(event))

    def handle_closed(self, event: Event) -> None:
        handle = self.dead("handle", event.a)
        assert handle == "quiet" or handle.startswith(HANDLES[event.kind])
        self.say("closed", handle)

    def bytes_read(self, event: Event) -> None:
        self.moved("read", event)

    def bytes_written(self, event: Event) -> None:
        self.moved("wrote", event)

    def moved(self, word: str, event: Event) -> None:
        count = "some" if self.in_any_record and event.b else event.b
        self.say(word, count, f"({self.known('handle', event.a)})")
        if self.in_any_record and self.lines[-2:-1] == self.lines[-1:]:
            self.lines.pop()

    def task_created(self, event: Event) -> None:
        self.say("created", self.born("task", "task", event.a), self.name(event))

    def task_done(self, event: Event) -> None:
        self.say("done", self.dead("task", event.a), self.name(event))

    def wakeup(self, _: Event) -> None:
        if not self.in_any_poll:
            self.say("wakeup")


def story(
    session: SessionBytes, in_any_poll: bool = False, in_any_record: bool = False
) -> list[str]:
    """All lines but the first ones, which are the same for every loop and belong to tell.py."""
    lines = Teller(session, in_any_poll, in_any_record).tell()
    assert lines[:2] == ["opened wakeup.1 BaseSelectorEventLoop._read_from_self", "opened quiet"]
    return lines[2:]
