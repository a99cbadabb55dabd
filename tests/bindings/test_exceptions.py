"""Exceptions in callbacks, the exception handler, and exceptions that end a run."""

from __future__ import annotations

import asyncio
import logging

import pytest


def fail(error=None):
    raise error or ZeroDivisionError("in the callback")


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, f: loop.call_soon(f),
        lambda loop, f: loop.call_soon_threadsafe(f),
        lambda loop, f: loop.call_later(0.001, f),
        lambda loop, f: loop.call_later(0, f),
    ],
    ids="soon threadsafe later zero".split(),
)
def test_an_exception_in_a_callback_goes_to_the_handler_and_the_loop_goes_on(
    loop, errors, schedule
):
    handle = schedule(loop, fail)
    loop.run_until_complete(asyncio.sleep(0.01))
    (report,) = errors
    assert report["message"].startswith("Exception in callback fail()")
    assert isinstance(report["exception"], ZeroDivisionError)
    assert report["handle"] is handle


def test_a_reader_that_raises_is_reported_and_stays(loop, errors):
    import socket

    left, right = socket.socketpair()
    with left, right:

        def read():
            left.recv(1)
            fail()

        loop.add_reader(left, read)
        right.send(b"ab")
        loop.run_until_complete(asyncio.sleep(0.02))
        assert loop.remove_reader(left)
    assert [type(report["exception"]) for report in errors] == [ZeroDivisionError] * 2


def test_without_a_handler_the_error_is_logged(loop, caplog):
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        loop.call_soon(fail)
        loop.run_until_complete(asyncio.sleep(0))
    (record,) = [r for r in caplog.records if r.name == "asyncio"]
    lines = record.getMessage().splitlines()
    assert lines[0].startswith("Exception in callback fail() at ")
    assert lines[1].startswith("handle: <Handle fail() at ")
    assert record.exc_info[0] is ZeroDivisionError


def test_the_default_handler_can_be_called_by_a_handler(loop, caplog):
    loop.set_exception_handler(lambda loop, context: loop.default_exception_handler(context))
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        loop.call_soon(fail)
        loop.run_until_complete(asyncio.sleep(0))
    assert "Exception in callback fail()" in caplog.text


def test_a_handler_that_fails_is_logged_too(loop, caplog):
    def broken(loop, context):
        raise AttributeError("of the handler")

    loop.set_exception_handler(broken)
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        loop.call_soon(fail)
        loop.run_until_complete(asyncio.sleep(0))
    assert "Unhandled error in exception handler" in caplog.text


def test_a_handler_must_be_callable_or_none(loop):
    with pytest.raises(TypeError, match="callable object or None"):
        loop.set_exception_handler("no")
    loop.set_exception_handler(None)
    assert loop.get_exception_handler() is None


def test_get_exception_handler_returns_the_handler(loop):
    def handler(loop, context):
        pass

    assert loop.get_exception_handler() is None
    loop.set_exception_handler(handler)
    assert loop.get_exception_handler() is handler


def test_call_exception_handler_passes_the_context_on(loop, errors):
    context = {"message": "of my own", "number": 7}
    loop.call_exception_handler(context)
    assert errors == [context]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit], ids=["interrupt", "exit"])
@pytest.mark.parametrize(
    "schedule",
    [lambda loop, f: loop.call_soon(f), lambda loop, f: loop.call_later(0.001, f)],
    ids=["soon", "timer"],
)
class TestInterrupts:
    def test_it_leaves_run_forever(self, loop, errors, error, schedule):
        schedule(loop, lambda: fail(error()))
        with pytest.raises(error):
            loop.run_forever()
        assert errors == [] and not loop.is_running()

    def test_the_loop_can_run_again(self, loop, error, schedule):
        schedule(loop, lambda: fail(error()))
        with pytest.raises(error):
            loop.run_forever()
        assert loop.run_until_complete(asyncio.sleep(0.001, "fine")) == "fine"

    def test_what_was_scheduled_behind_it_runs_in_the_next_run(self, loop, error, schedule):
        ran = []

        def first():
            loop.call_soon(ran.append, "second")
            fail(error())

        schedule(loop, first)
        with pytest.raises(error):
            loop.run_forever()
        assert ran == []
        loop.run_until_complete(asyncio.sleep(0))
        assert ran == ["second"]


def test_a_callback_behind_a_keyboard_interrupt_in_the_same_batch_is_kept(loop):
    ran = []
    loop.call_soon(fail, KeyboardInterrupt())
    loop.call_soon(ran.append, "behind")
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    assert ran == []
    loop.run_until_complete(asyncio.sleep(0))
    assert ran == ["behind"]


def test_a_keyboard_interrupt_in_a_reader_leaves_the_run(loop):
    import socket

    left, right = socket.socketpair()
    with left, right:
        right.send(b"x")
        loop.add_reader(left, fail, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            loop.run_forever()
        loop.remove_reader(left)
        assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1


def test_a_keyboard_interrupt_in_a_task_leaves_the_run(loop):
    async def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(interrupt())


def test_a_keyboard_interrupt_in_data_received_leaves_the_run(loop):
    import socket

    left, right = socket.socketpair()

    class Protocol(asyncio.Protocol):
        def data_received(self, data):
            raise KeyboardInterrupt

    async def connect():
        await loop.connect_accepted_socket(Protocol, left)

    with right:
        loop.run_until_complete(connect())
        right.send(b"x")
        with pytest.raises(KeyboardInterrupt):
            loop.run_forever()
        loop.run_until_complete(asyncio.sleep(0.001))


def test_a_base_exception_of_ones_own_is_reported_like_an_exception(loop, errors):
    class Odd(BaseException):
        pass

    loop.call_soon(fail, Odd())
    loop.run_until_complete(asyncio.sleep(0))
    assert isinstance(errors[0]["exception"], Odd)


def test_a_task_whose_exception_nobody_asked_for_is_reported(loop, errors):
    import gc

    async def forgotten():
        raise ZeroDivisionError

    async def main():
        asyncio.ensure_future(forgotten())
        await asyncio.sleep(0.001)

    loop.run_until_complete(main())
    gc.collect()
    assert [report["message"] for report in errors] == ["Task exception was never retrieved"]


def test_the_traceback_of_a_reported_error_leads_into_the_callback(loop, errors):
    import traceback

    loop.call_soon(fail, ValueError("x"))
    loop.run_until_complete(asyncio.sleep(0))
    frames = traceback.extract_tb(errors[0]["exception"].__traceback__)
    assert frames[-1].name == "fail"
