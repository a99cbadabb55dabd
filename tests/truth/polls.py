"""Finds the calls of epoll that belong to each poll of the trace, and checks that libuv makes such calls in that poll.

libuv's poll calls epoll_wait() with the poll's timeout. It calls again within the same poll only

    after EINTR, or after events that were for nobody   with -1 if it was -1, else with the rest of the time
    after as many events as its array holds             with 0

and not at all when no descriptor is watched. Any other call is a difference between the trace and the world.
"""

from __future__ import annotations

import bisect
import errno
from dataclasses import dataclass

from session_bytes import Event
from shim import Call


@dataclass(frozen=True)
class Poll:
    begin: Event
    wake: Event
    end: Event
    calls: tuple[Call, ...]


def polls_of(events: list[Event]) -> list[tuple[Event, Event, Event]]:
    """The three events of each poll. They never nest, and none is left out."""
    found, current = [], []
    order = ["poll_begin", "poll_wake", "poll_end"]
    for event in events:
        if event.type in order:
            assert event.type == order[len(current)], f"{event} follows {current}"
            current.append(event)
            if len(current) == 3:
                found.append(tuple(current))
                current = []
    assert not current, f"the last poll did not end: {current}"
    return found


def match(events: list[Event], calls: list[Call], clock: str) -> list[Poll]:
    """Assigns each call to the poll during which it was made. No call may be left over."""
    polls = polls_of(events)
    begins = [begin.ticks for begin, _, _ in polls]
    assert begins == sorted(begins)
    mine: list[list[Call]] = [[] for _ in polls]
    for call in calls:
        index = bisect.bisect_right(begins, call.before(clock)) - 1
        assert index >= 0, f"{call} was made before the first poll of the trace"
        assert call.after(clock) <= polls[index][2].ticks, f"{call} is in no poll of the trace"
        mine[index].append(call)
    return [Poll(*poll, tuple(own)) for poll, own in zip(polls, mine)]


def differences(polls: list[Poll], clock: str) -> list[str]:
    """A sentence for each poll that differs from the real calls; empty if the trace is true."""
    return [f"{sentence}: {poll}" for poll in polls if (sentence := difference(poll, clock))]


def difference(poll: Poll, clock: str) -> str:
    if not poll.calls:
        return "the trace has a poll that never reached epoll"
    first = poll.calls[0]
    if first.timeout_ms != poll.begin.timeout_ms:
        return (
            f"the trace says {poll.begin.timeout_ms} ms, epoll was asked for {first.timeout_ms} ms"
        )
    if poll.wake.ticks < first.after(clock):
        return "the trace says the poll woke before epoll_wait returned"
    for before, again in zip(poll.calls, poll.calls[1:]):
        if sentence := wrong_repetition(first, before, again):
            return sentence
    # A call that was repeated although the array was not full brought events for nobody.
    for_somebody = [call for call in poll.calls[:-1] if call.result == call.most_events]
    most = sum(max(call.result, 0) for call in (*for_somebody, poll.calls[-1]))
    if poll.end.a > most:
        return f"the trace says {poll.end.a} I/O events, epoll reported {most}"
    return ""


def wrong_repetition(first: Call, before: Call, again: Call) -> str:
    """Why `again` cannot be libuv's repetition of `before` within one poll; empty if it can."""
    if before.result == before.most_events:
        return "" if again.timeout_ms == 0 else "after a full array libuv asks for 0 ms"
    interrupted = before.result == -1 and before.error == errno.EINTR
    if not interrupted and before.result <= 0:
        return "libuv does not call again after a timeout"
    if before.timeout_ms == 0:
        return "libuv does not call again after a poll that does not wait"
    if before.timeout_ms == -1:
        return "" if again.timeout_ms == -1 else "libuv waits for ever again"
    # libuv's clock is CLOCK_MONOTONIC cut to ms. It reads it before the first call, and we do not know when.
    passed_ms = before.after_ns // 1_000_000 - first.before_ns // 1_000_000
    left_ms = first.timeout_ms - passed_ms
    if not 0 < again.timeout_ms <= left_ms:
        return (
            f"of the time at most {left_ms} ms were left, but libuv asked for {again.timeout_ms} ms"
        )
    return ""
