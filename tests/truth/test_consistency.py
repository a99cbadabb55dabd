"""A trace without lost events does not contradict itself: spans nest, objects live once, totals add up."""

from __future__ import annotations

import bisect
import collections

import pytest

pytestmark = pytest.mark.timeout(280)
POLL = 5  # Phase::poll
READY_IS_NS = 1
CLOCK_ERROR_NS = 20_000


@pytest.fixture(params=["phases", "tasks"])
def run(request, stress_run):
    return stress_run(request.param)


@pytest.fixture
def full_run(stress_run):
    return stress_run("tasks")


def of_type(run, *types):
    return [event for event in run.events if event.type in types]


def test_time_never_goes_back(run):
    ticks = [event.ticks for event in run.events if event.type != "poll_wake"]
    assert all(before <= after for before, after in zip(ticks, ticks[1:]))


def test_timers_that_fire_together_have_one_stamp(full_run):
    """The loop looks once which of them are due."""
    neighbours = list(zip(full_run.events, full_run.events[1:]))
    together = [pair for pair in neighbours if {event.type for event in pair} == {"timer_fired"}]
    assert together and all(first.ticks == second.ticks for first, second in together)


def test_iterations_are_counted_without_a_gap(run):
    begins = [event.a for event in of_type(run, "poll_begin")]
    ends = [event.b for event in of_type(run, "poll_end")]
    assert begins == list(range(begins[0], begins[0] + len(begins)))
    assert ends == begins


def test_each_phase_ends_before_the_next_begins(run):
    inside = None
    for event in of_type(run, "phase_begin", "phase_end", "poll_begin", "poll_end"):
        kind, _, edge = event.type.partition("_")
        phase = POLL if kind == "poll" else event.phase
        if edge == "begin":
            assert inside is None, f"{event} begins inside of phase {inside}"
            inside = phase
        else:
            assert inside == phase, f"{event} ends phase {phase} inside of {inside}"
            inside = None


def test_events_say_the_phase_they_are_in(run):
    inside = 0
    for event in run.events:
        if event.type == "phase_begin":
            inside = event.phase
        elif event.type in ("phase_end", "poll_end"):
            inside = None
        elif event.type == "poll_begin":
            inside = POLL
        elif inside is not None and event.type.startswith("callback"):
            assert event.phase == inside, f"{event} is in phase {inside}"


def test_callbacks_nest_and_end_in_the_phase_they_began_in(full_run):
    open_callbacks = []
    for event in full_run.events:
        if event.type == "callback_begin":
            open_callbacks.append(event)
        elif event.type == "callback_end":
            begin = open_callbacks.pop()
            assert (event.name, event.kind, event.b) == (begin.name, begin.kind, begin.b)
        elif event.type in ("phase_begin", "phase_end", "poll_begin", "poll_end"):
            assert open_callbacks == [], f"{event} cuts through a callback"
    assert open_callbacks == []


def test_every_callback_has_a_name_and_was_ready_before_it_began(full_run):
    for event in of_type(full_run, "callback_begin"):
        assert event.name != 0, event
        assert event.kind != 0, event
        if not event.flags & READY_IS_NS:
            assert 0 < event.a <= event.ticks, event


def test_a_timer_fires_or_is_cancelled_once_and_only_if_it_was_set(full_run):
    pending = {}
    for event in of_type(full_run, "timer_set", "timer_fired", "timer_cancelled"):
        if event.type == "timer_set":
            assert event.a not in pending
            pending[event.a] = event.b
        else:
            due_ns = pending.pop(event.a)
            assert event.type == "timer_cancelled" or event.b == due_ns


class Clock:
    """Converts the session's ticks to CLOCK_MONOTONIC. The shim noted both for each call of epoll.

    The shim reads ns first, so an interruption between the two readings makes a call's ns too small. Among the calls
    around a tick the one with the largest offset is the best.
    """

    NEIGHBOURS = 100

    def __init__(self, run):
        source = run.session.clock
        pairs = sorted((call.before(source), call.before_ns) for call in run.calls)
        self.ticks = [tick for tick, _ in pairs]
        (first_tick, first_ns), (last_tick, last_ns) = pairs[0], pairs[-1]
        self.rate = (last_ns - first_ns) / (last_tick - first_tick)
        self.offsets = [ns - tick * self.rate for tick, ns in pairs]

    def to_ns(self, tick):
        here = bisect.bisect(self.ticks, tick)
        around = self.offsets[max(0, here - self.NEIGHBOURS) : here + self.NEIGHBOURS]
        return tick * self.rate + max(around)


def test_no_timer_fires_early(full_run):
    clock = Clock(full_run)
    fired = of_type(full_run, "timer_fired")
    assert len(fired) > 1000
    for event in fired:
        assert clock.to_ns(event.ticks) >= event.b - CLOCK_ERROR_NS, event


def test_a_handle_is_closed_once_and_only_if_it_was_opened(full_run):
    opened = {}
    for event in of_type(full_run, "handle_opened", "handle_closed"):
        if event.type == "handle_opened":
            assert event.a not in opened
            opened[event.a] = event.kind
        else:
            assert opened.pop(event.a) == event.kind


def test_bytes_belong_to_open_handles(full_run):
    opened = set()
    for event in of_type(full_run, "handle_opened", "handle_closed", "bytes_read", "bytes_written"):
        if event.type == "handle_opened":
            opened.add(event.a)
        elif event.type == "handle_closed":
            opened.remove(event.a)
        else:
            assert event.a in opened, event


def test_a_task_is_done_once_and_only_if_it_was_created(full_run):
    alive = {}
    for event in of_type(full_run, "task_created", "task_done"):
        if event.type == "task_created":
            assert event.a not in alive
            alive[event.a] = event.name
        else:
            assert alive.pop(event.a) == event.name
    assert len(of_type(full_run, "task_done")) > 1000
    assert alive == {}


def test_the_totals_are_the_sums_of_the_events(full_run):
    count = collections.Counter(event.type for event in full_run.events)
    totals = full_run.session.counters
    expected = {
        "iterations": count["poll_begin"],
        "io_events": sum(event.a for event in of_type(full_run, "poll_end")),
        "callbacks": count["callback_begin"],
        "bytes_read": sum(event.b for event in of_type(full_run, "bytes_read")),
        "bytes_written": sum(event.b for event in of_type(full_run, "bytes_written")),
        "timers_set": count["timer_set"],
        "timers_fired": count["timer_fired"],
        "timers_cancelled": count["timer_cancelled"],
        "handles_opened": count["handle_opened"],
        "handles_closed": count["handle_closed"],
        "tasks_created": count["task_created"],
        "tasks_done": count["task_done"],
        "names_lost": 0,
        "slots_lost": 0,
    }
    assert {name: totals[name] for name in expected} == expected


def test_both_ends_of_the_echo_read_what_was_written(full_run):
    """The program has both ends of its connections. So one end read what the other wrote, unless it was aborted."""
    read = full_run.session.counters["bytes_read"]
    written = full_run.session.counters["bytes_written"]
    assert 0 < read <= written
