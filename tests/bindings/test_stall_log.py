"""In debug mode a stall is a log record that names the line, if no viewer is attached."""

from __future__ import annotations

import asyncio
import logging
import time

import loopscope
import pytest


def query() -> None:
    time.sleep(0.12)  # here


LINE_OF_QUERY = query.__code__.co_firstlineno + 1


async def handler() -> None:
    query()


def records_of(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "loopscope.stalls"]


def run(*coroutines: object, debug: bool = True) -> None:
    async def main() -> None:
        for coroutine in coroutines:
            await coroutine  # type: ignore[misc]
            await asyncio.sleep(0)

    loop = loopscope.new_event_loop()
    loop.set_debug(debug)
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_it_names_the_line_and_what_the_thread_did(caplog: pytest.LogCaptureFixture) -> None:
    run(handler())
    [record] = records_of(caplog)
    assert record.levelno == logging.WARNING
    stall = record.stall  # type: ignore[attr-defined]
    assert stall["stack"][-1] == (__file__, LINE_OF_QUERY, "query")
    assert stall["stack"][-2][2] == "handler"
    assert stall["held_s"] >= 0.12
    message = record.getMessage()
    assert f"{__file__}:{LINE_OF_QUERY} in query, in a system call (clock_nanosleep)" in message
    assert "time.sleep(0.12)  # here" in message, "as in a traceback"


def test_it_says_how_many_callbacks_wait(caplog: pytest.LogCaptureFixture) -> None:
    async def schedules_and_blocks() -> None:
        for _ in range(7):
            asyncio.get_running_loop().call_soon(int)
        query()

    run(schedules_and_blocks())
    [record] = records_of(caplog)
    assert record.stall["waiting"] >= 7  # type: ignore[attr-defined]


def test_there_is_one_a_second_and_the_next_one_counts_the_others(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(handler(), handler(), handler())
    assert len(records_of(caplog)) == 1
    caplog.clear()
    monkeypatch.setattr("loopscope.stall_log.SHORTEST_DISTANCE_S", 0.2)
    run(handler(), handler(), handler())
    assert "1 stalls before it were not logged" in records_of(caplog)[-1].getMessage()


def test_there_is_none_outside_of_debug_mode(caplog: pytest.LogCaptureFixture) -> None:
    run(handler(), debug=False)
    assert records_of(caplog) == []


def test_there_is_none_below_the_threshold(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loopscope.stall_threshold
    loopscope.stall_threshold = 60
    try:
        run(handler())
    finally:
        loopscope.stall_threshold = before
    assert records_of(caplog) == []


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e9])
def test_a_threshold_that_makes_no_sense_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="stall_threshold must be a number of seconds"):
        loopscope.stall_threshold = seconds


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError):
        loopscope.stall_threshold = "25ms"  # type: ignore[assignment]


def test_the_threshold_can_change_while_the_loop_runs(caplog: pytest.LogCaptureFixture) -> None:
    before = loopscope.stall_threshold

    async def main() -> None:
        loopscope.stall_threshold = 0
        await asyncio.sleep(0)
        query()
        await asyncio.sleep(0)
        assert records_of(caplog) == []
        loopscope.stall_threshold = 0.05
        await asyncio.sleep(0)
        query()

    try:
        run(main())
    finally:
        loopscope.stall_threshold = before
    assert len(records_of(caplog)) == 1
