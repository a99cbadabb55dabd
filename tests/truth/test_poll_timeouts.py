"""Every poll timeout in the trace is the one that reached the kernel."""

from __future__ import annotations

import collections
import polls
import pytest
import shim

POLLS = 100_000


def the_loops_calls(calls: list[shim.Call]) -> list[shim.Call]:
    """The program waits on no epoll descriptor but the loop's."""
    assert len({(call.thread_id, call.epoll_fd) for call in calls}) == 1
    return calls


@pytest.mark.timeout(280)
@pytest.mark.parametrize("level", ["phases", "tasks"])
def test_a_hundred_thousand_polls_ask_epoll_for_what_the_trace_says(stress_run, level):
    run = stress_run(level)
    matched = polls.match(run.events, the_loops_calls(run.calls), run.session.clock)
    assert polls.differences(matched, run.session.clock) == []
    assert len(matched) >= POLLS
    report(matched)


def report(matched: list[polls.Poll]) -> None:
    """Prints for people what was seen, and checks that the loop polled in every way."""
    reasons = collections.Counter(poll.begin.reason for poll in matched)
    repeated = sum(len(poll.calls) - 1 for poll in matched)
    interrupted = sum(call.result == -1 for poll in matched for call in poll.calls)
    full = sum(call.result == call.most_events for poll in matched for call in poll.calls)
    print(
        f"{len(matched)} polls, {repeated} repeated calls, {interrupted} interrupted, {full} full"
    )
    print(dict(reasons))
    assert reasons["ready_callbacks"] > 1000
    assert reasons["until_timer"] > 1000
    assert reasons["forever"] > 1000
    assert reasons["timer_due"] > 100
    assert interrupted > 10
    assert full > 5
