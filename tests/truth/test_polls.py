"""polls.py finds each kind of difference between the trace and the world."""

from __future__ import annotations

import errno

import polls
import pytest
from session_bytes import REASONS, Event
from shim import Call


def event(kind: str, ticks: int, timeout_ms: int = 0, a: int = 0) -> Event:
    reason = REASONS.index("until_timer")
    return Event(0, ticks, kind, 5, reason, 0, 0, a, timeout_ms & 0xFFFFFFFF)


def call(begin: int, end: int, timeout_ms: int, result: int = 0, error: int = 0) -> Call:
    ms = 1_000_000
    return Call(1, 3, timeout_ms, result, error, 1024, begin * ms, end * ms, begin * ms, end * ms)


def poll(timeout_ms: int, *calls: Call, io_events: int = 0) -> polls.Poll:
    ms = 1_000_000
    return polls.Poll(
        event("poll_begin", 0, timeout_ms),
        event("poll_wake", 1000 * ms),
        event("poll_end", 1001 * ms, a=io_events),
        calls,
    )


EINTR = errno.EINTR
TRUE_POLLS = {
    "as asked": poll(10, call(1, 11, 10)),
    "for ever": poll(-1, call(1, 500, -1, 1), io_events=1),
    "interrupted, with what was left": poll(10, call(1, 4, 10, -1, EINTR), call(4, 11, 7)),
    "interrupted for ever": poll(-1, call(1, 4, -1, -1, EINTR), call(4, 11, -1, 1), io_events=1),
    "a full array": poll(10, call(1, 2, 10, 1024), call(3, 4, 0, 5), io_events=1029),
    "events for nobody": poll(10, call(1, 2, 10, 1), call(3, 4, 9, 2), io_events=2),
}
FALSE_POLLS = {
    "never polled": poll(10),
    "another timeout": poll(10, call(1, 11, 11)),
    "zero for ever": poll(0, call(1, 11, -1)),
    "woke before it returned": poll(10, call(1, 2000, 10)),
    "more time left than there was": poll(10, call(1, 4, 10, -1, EINTR), call(4, 11, 8)),
    "again after a timeout": poll(10, call(1, 5, 10), call(5, 11, 6)),
    "again without waiting": poll(0, call(1, 2, 0, 1), call(2, 3, 0)),
    "waits after a full array": poll(10, call(1, 2, 10, 1024), call(2, 3, 5)),
    "more events than there were": poll(10, call(1, 2, 10, 1), io_events=2),
    "events of somebody, repeated": poll(10, call(1, 2, 10, 3), call(2, 3, 9, 1), io_events=4),
}


@pytest.mark.parametrize("name", TRUE_POLLS)
def test_a_true_poll_is_believed(name):
    assert polls.difference(TRUE_POLLS[name], "monotonic") == ""


@pytest.mark.parametrize("name", FALSE_POLLS)
def test_a_false_poll_is_found(name):
    assert polls.difference(FALSE_POLLS[name], "monotonic") != ""


def test_a_call_outside_of_every_poll_is_found():
    one = poll(10)
    events = [one.begin, one.wake, one.end]
    for stray in (call(2000, 2001, 0), call(-2, -1, 0)):
        with pytest.raises(AssertionError):
            polls.match(events, [stray], "monotonic")


def test_polls_that_overlap_are_found():
    one = poll(10)
    with pytest.raises(AssertionError):
        polls.polls_of([one.begin, one.begin, one.wake, one.end])
    with pytest.raises(AssertionError):
        polls.polls_of([one.begin, one.wake])
