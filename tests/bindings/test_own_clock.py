"""A program's own clock decides when timers are due, and its own methods are called where asyncio calls them.

Test tools have clocks that stand still or jump. They put them into a subclass, into the class, or on one loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from loops import factory_of
from versions import since


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self, now: float = 5e6) -> None:
        self.now = now

    def __call__(self, *_: object) -> float:
        return self.now


def class_of_loops(factory):
    loop = factory()
    loop.close()
    return type(loop)


def in_a_subclass(factory, clock):
    base = class_of_loops(factory)
    return type("LoopWithAClock", (base,), {"time": lambda self: clock()})()


def on_the_loop(factory, clock):
    loop = factory()
    loop.time = clock
    return loop


def in_the_class(factory, clock):
    base = class_of_loops(factory)
    patched = type("Loop", (base,), {})
    loop = patched()
    patched.time = lambda self: clock()
    return loop


WAYS = (in_a_subclass, on_the_loop, in_the_class)


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def timed(request, loop_name, clock) -> Iterator[asyncio.AbstractEventLoop]:
    loop = request.param(factory_of(loop_name), clock)
    yield loop
    loop.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def iterations(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_clock_that_jumps_makes_timers_due_in_the_next_iteration(timed, clock):
    order = []

    async def main():
        timed.call_later(3600, order.append, "an hour")
        timed.call_later(7200, order.append, "two hours")
        await iterations(3)
        clock.now += 3600
        order.append("jump")
        await asyncio.sleep(0)
        order.append("after the next poll")
        await asyncio.sleep(0)
        order.append("end")

    timed.run_until_complete(main())
    assert order == ["jump", "after the next poll", "an hour", "end"]


def test_timers_of_a_clock_that_stands_still_never_fire(timed, clock):
    fired = []
    timed.call_later(0.001, fired.append, 1)
    threading.Timer(0.05, timed.call_soon_threadsafe, [timed.stop]).start()
    timed.run_forever()
    assert fired == []
    clock.now += 0.001
    timed.call_soon(timed.stop)
    timed.run_forever()
    assert fired == [1]


def test_a_timer_that_is_due_at_once_fires_though_the_clock_stands_still(timed, clock):
    fired = []
    timed.call_later(0, fired.append, 1)
    timed.call_at(clock.now, fired.append, 2)
    timed.run_until_complete(iterations(3))
    assert sorted(fired) == [1, 2]


def test_a_clock_may_run_below_zero(timed, clock):
    clock.now = -5.0
    fired = []

    async def main():
        timed.call_later(2, fired.append, "at -3")
        timed.call_later(1, fired.append, "at -4")
        timed.call_later(9, fired.append, "at 4")
        await iterations(3)
        assert fired == []
        clock.now = -2.5
        await iterations(3)

    timed.run_until_complete(main())
    assert fired == ["at -4", "at -3"]


def test_a_clock_may_run_faster(timed, clock):
    """The clock goes on by 5 ms each time that the loop asks it."""

    def runs():
        clock.now += 0.005
        return clock.now

    with mock.patch.object(Clock, "__call__", lambda self, *_: runs()):
        timed.run_until_complete(asyncio.wait_for(asyncio.sleep(0.03), 1))


@since((3, 11), "asyncio.timeout()")
def test_asyncio_timeout_goes_by_the_programs_clock(timed, clock):
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                clock.now += 61
                await timed.create_future()

    timed.run_until_complete(main())


def test_when_is_what_the_clock_said_and_the_delay(timed, clock):
    clock.now = 7
    handle = timed.call_later(3, print)
    assert (handle.when(), type(handle.when())) == (10, int)
    handle.cancel()


def test_what_the_clock_raises_leaves_run_forever(timed, clock):
    class Broken(Exception):
        pass

    timed.call_later(10, print)
    timed.call_soon(mock.patch.object(Clock, "__call__", side_effect=Broken).start)
    try:
        with pytest.raises(Broken):
            timed.run_forever()
    finally:
        mock.patch.stopall()
    timed.call_soon(timed.stop)
    timed.run_forever()


def test_a_clock_may_set_and_cancel_timers_and_schedule_callbacks(timed, clock):
    ran = []
    left = 20
    handles: list[asyncio.TimerHandle] = []

    def meddles():
        nonlocal left
        if left > 0:
            left -= 1
            timed.call_soon(ran.append, "soon")
            handles.append(timed.call_at(clock.now + 100, ran.append, "never"))
            if len(handles) > 3:
                handles.pop(0).cancel()
        elif left == 0:
            left -= 1
            timed.call_soon(timed.stop)
        return clock.now

    timed.call_later(0.01, ran.append, "never")
    with mock.patch.object(Clock, "__call__", lambda self, *_: meddles()):
        timed.call_soon(ran.append, "first")
        timed.run_forever()
    assert ran[0] == "first" and set(ran[1:]) == {"soon"}


def test_a_loops_own_clock_can_be_taken_away_again(loop, clock):
    fired = []
    real = loop.time()
    clock.now = real - 1000
    loop.time = clock
    loop.call_later(999, fired.append, 1)  # by the clock: just before `real`
    loop.run_until_complete(iterations(3))
    assert fired == []
    del loop.time
    loop.run_until_complete(asyncio.sleep(0.001))
    assert fired == [1]


def test_a_class_that_is_patched_while_the_loop_runs(loop, clock):
    async def main():
        clock.now = loop.time() + 3600
        handle = loop.call_later(1800, print)
        with mock.patch.object(type(loop), "time", clock):
            await iterations(3)
        await asyncio.sleep(0.001)
        return handle

    with mock.patch("builtins.print") as printed:
        handle = loop.run_until_complete(main())
        assert printed.called, handle


def test_the_loops_own_time_put_back_on_the_loop_is_no_clock_of_its_own(loop):
    own = loop.time
    loop.time = Clock()
    loop.time = own
    loop.run_until_complete(asyncio.sleep(0.001))
    before = loop.time()
    handle = loop.call_later(10, print)
    assert before + 10 <= handle.when() <= loop.time() + 10
    handle.cancel()


# -- other methods that asyncio's code calls through the loop ---------------------------------------------------------


def overridden(loop_name: str, way: str, name: str, method: Callable) -> asyncio.AbstractEventLoop:
    """A loop with a method `name` that calls method(the loop's own, *args, **keywords)."""
    factory = factory_of(loop_name)
    if way == "on the loop":
        loop = factory()
        own = getattr(loop, name)
        setattr(loop, name, lambda *args, **keywords: method(own, *args, **keywords))
        return loop
    base = class_of_loops(factory)

    def in_class(self, *args, **keywords):
        return method(getattr(super(derived, self), name), *args, **keywords)

    derived = type("Derived", (base,), {name: in_class})
    return derived()


@pytest.mark.parametrize("way", ["in a subclass", "on the loop"])
def test_call_later_calls_the_programs_call_at(loop_name, way):
    calls = []

    def call_at(own, when, callback, *args, context=None):
        calls.append((callback, args, context))
        return own(when, callback, *args, context=context)

    loop = overridden(loop_name, way, "call_at", call_at)
    context = contextvars.copy_context()
    before = loop.time()
    handle = loop.call_later(0.001, calls.append, "fired", context=context)
    assert before + 0.001 <= handle.when() <= loop.time() + 0.001
    loop.run_until_complete(asyncio.sleep(0.01))
    assert calls[0] == (calls.append, ("fired",), context)
    sleep_calls, arguments, _ = calls[1]
    assert sleep_calls is asyncio.futures._set_result_unless_cancelled and arguments[1] is None
    assert calls[2] == "fired"
    loop.close()


@pytest.mark.parametrize("way", ["in a subclass", "on the loop"])
def test_a_wait_of_a_socket_call_is_a_future_of_the_programs(loop_name, way, socketpair):
    made = []

    def create_future(own):
        made.append(own())
        return made[-1]

    loop = overridden(loop_name, way, "create_future", create_future)
    left, right = socketpair

    async def main():
        receiving = asyncio.ensure_future(loop.sock_recv(left, 10))
        await asyncio.sleep(0)
        before = len(made)
        right.send(b"x")
        assert await receiving == b"x"
        return before

    assert loop.run_until_complete(main()) >= 1
    loop.close()


@pytest.fixture
def socketpair():
    import socket

    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    yield left, right
    left.close()
    right.close()
