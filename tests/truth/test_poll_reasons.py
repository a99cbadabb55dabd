"""The trace has the right reason for each poll's timeout, in cases of which all polls are known."""

from __future__ import annotations

from pathlib import Path

import polls
import pytest
import shim
from session_bytes import SessionBytes

CASE = Path(__file__).parent / "case.py"


class UpTo:
    """Equal to every positive number of ms up to `most`: the clock runs between setting a timer and the poll."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and 0 < other <= self.most

    def __repr__(self) -> str:
        return f"up to {self.most}"


HOUR_MS = 3_600_000
END = ("stopping", 0, "")
CASES = {
    "stop_was_called": [("ready_callbacks", 0, "LoopBase.stop"), END],
    "callbacks_are_ready": [
        ("ready_callbacks", 0, "callbacks_are_ready.<locals>.first"),
        ("ready_callbacks", 0, "work"),
        END,
    ],
    "callbacks_are_ready_and_nothing_is_watched": [
        ("ready_callbacks", 0, "callbacks_are_ready_and_nothing_is_watched.<locals>.first"),
        END,
    ],
    "a_timer_is_due": [("timer_due", 0, "LoopBase.stop"), END],
    "a_timer_without_a_delay": [("timer_due", 0, "LoopBase.stop"), END],
    "a_timer_comes_due_while_callbacks_run": [
        ("ready_callbacks", 0, "a_timer_comes_due_while_callbacks_run.<locals>.busy"),
        ("timer_due", 0, "LoopBase.stop"),
        END,
    ],
    "by_a_clock_that_stands_still": [("until_timer", 250, "heartbeat"), END],
    "until_the_next_timer": [("until_timer", UpTo(250), "heartbeat"), END],
    "until_a_task_has_slept": [
        ("ready_callbacks", 0, "until_a_task_has_slept.<locals>.sleeper"),
        ("until_timer", UpTo(HOUR_MS), "sleep in until_a_task_has_slept.<locals>.sleeper"),
        END,
    ],
    "a_cancelled_timer_does_not_count": [("until_timer", UpTo(HOUR_MS), "heartbeat"), END],
    "for_ever": [("forever", -1, ""), END],
    "for_ever_with_a_descriptor": [("forever", -1, ""), END],
    "handles_are_closing": [
        ("ready_callbacks", 0, "handles_are_closing.<locals>.connect"),
        # connection_made ran without a poll: nothing was watched yet
        ("ready_callbacks", 0, "handles_are_closing.<locals>.connect"),
        ("ready_callbacks", 0, "_run_until_complete_cb"),
        END,
        ("ready_callbacks", 0, "BaseProtocol.connection_lost"),
        ("closing_handles", 0, ""),
        ("forever", -1, ""),
        END,
    ],
    "a_pass_that_does_not_wait": [END, END],
}


@pytest.mark.parametrize("name", CASES)
def test_a_scripted_case_polls_for_the_reasons_it_should(tmp_path, sessions, name):
    copy = tmp_path / "session"
    calls = shim.run(CASE, str(copy), name, folder=tmp_path, capacity=1000)
    session = SessionBytes(copy)
    matched = polls.match(session.events(), calls, session.clock)
    assert polls.differences(matched, session.clock) == []
    begins = [poll.begin for poll in matched]
    said = [(begin.reason, begin.timeout_ms, session.name(begin.name)[0]) for begin in begins]
    assert said == CASES[name]


def test_a_timer_that_is_due_soon_ends_the_poll_before_epolls_own_timeout(tmp_path, sessions):
    """A descriptor of nobody ends the poll: the kernel reports one event, the trace none."""
    copy = tmp_path / "session"
    calls = shim.run(CASE, str(copy), "timers_that_are_due_soon", folder=tmp_path, capacity=1000)
    session = SessionBytes(copy)
    matched = polls.match(session.events(), calls, session.clock)
    assert polls.differences(matched, session.clock) == []
    waited = [poll for poll in matched if poll.begin.reason == "until_timer"]
    assert waited
    for poll in waited:
        assert poll.begin.timeout_ms in (1, 2, 3, 4)
        assert [call.result for call in poll.calls] == [1]
        assert poll.end.a == 0


def test_the_culprit_is_named_with_file_and_line(tmp_path, sessions):
    copy = tmp_path / "session"
    shim.run(CASE, str(copy), "until_the_next_timer", folder=tmp_path, capacity=1000)
    session = SessionBytes(copy)
    begin = next(event for event in session.events() if event.type == "poll_begin")
    function, file, line = session.name(begin.name)
    assert (function, Path(file)) == ("heartbeat", CASE)
    assert CASE.read_text().splitlines()[line - 1] == "def heartbeat():"
