"""call_later, call_at and TimerHandle."""

from __future__ import annotations

import asyncio
import math
import random
import sys

import pytest
from programs import PATIENCE_S
from versions import ARGUMENTS_ARE_SHOWN, since, stock_differs


def test_a_timer_is_never_early_and_keeps_its_exact_time(loop):
    early = []

    async def measure():
        done = loop.create_future()
        left = 200

        def fire(when):
            nonlocal left
            if loop.time() < when:
                early.append((when, loop.time()))
            left -= 1
            if left == 0:
                done.set_result(None)

        for _ in range(200):
            when = loop.time() + random.random() * 0.05
            assert loop.call_at(when, fire, when).when() == when
        await done

    loop.run_until_complete(measure())
    assert early == []


@pytest.mark.parametrize("delay", [0.0001, 0.0004, 0.0009, 0.0015, 0.0101])
def test_a_short_delay_is_waited_for_and_not_rounded_down(loop, delay):
    async def measure():
        begin = loop.time()
        await asyncio.sleep(delay)
        return loop.time() - begin

    for _ in range(20):
        assert loop.run_until_complete(measure()) >= delay


def test_call_later_returns_an_asyncio_timer_handle(loop):
    before = loop.time()
    handle = loop.call_later(10, print)
    after = loop.time()
    assert isinstance(handle, asyncio.TimerHandle)
    assert before + 10 <= handle.when() <= after + 10
    handle.cancel()


@pytest.mark.parametrize("delay", [0, -1, 0.0, -math.inf])
def test_a_delay_of_nothing_or_less_still_returns_a_timer_handle(loop, delay):
    ran = []
    handle = loop.call_later(delay, ran.append, 1)
    assert isinstance(handle, asyncio.TimerHandle)
    assert handle.when() <= loop.time()
    loop.run_until_complete(asyncio.sleep(0.001))
    assert ran == [1]


def test_when_is_exactly_what_call_at_was_given(loop):
    for when in (12345.678901234, loop.time() + 1e-7, 3, 10**6 + 0.1):
        handle = loop.call_at(when, print)
        assert handle.when() == when
        handle.cancel()


def test_a_timer_far_in_the_future_is_accepted(loop):
    handles = [loop.call_later(delay, print) for delay in (1e6, 1e9, 1e12)]
    loop.run_until_complete(asyncio.sleep(0.001))
    for handle in handles:
        handle.cancel()


def test_a_timer_at_infinity_never_fires(loop):
    ran = []
    handle = loop.call_at(math.inf, ran.append, 1)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert ran == [] and handle.when() == math.inf
    handle.cancel()


@stock_differs("it asserts instead", last=(3, 10))
def test_a_delay_of_none_is_a_type_error(loop):
    with pytest.raises(TypeError):
        loop.call_later(None, print)
    with pytest.raises(TypeError):
        loop.call_at(None, print)


def test_timers_fire_in_the_order_of_their_times(loop):
    order = []
    base = loop.time() + 0.01
    for number in random.sample(range(50), 50):
        loop.call_at(base + number * 1e-4, order.append, number)
    loop.call_at(base + 0.01, loop.stop)
    loop.run_forever()
    assert order == list(range(50))


def test_ten_thousand_timers_all_fire_once(loop):
    fired = [0] * 10_000

    def fire(number):
        fired[number] += 1

    for number in range(10_000):
        loop.call_later(random.random() * 0.2, fire, number)
    loop.run_until_complete(asyncio.sleep(0.3))
    assert fired == [1] * 10_000


def test_ten_thousand_cancelled_timers_do_not_fire(loop):
    fired = []
    handles = [
        loop.call_later(0.01 + random.random() * 0.02, fired.append, n) for n in range(10_000)
    ]
    kept = set(random.sample(range(10_000), 100))
    for number in random.sample(range(10_000), 10_000):
        if number not in kept:
            handles[number].cancel()
    loop.run_until_complete(asyncio.sleep(0.1))
    assert sorted(fired) == sorted(kept)


def test_setting_and_cancelling_for_ever_does_not_grow(loop):
    """A hundred thousand timers an hour ahead, each cancelled at once, as timeouts of requests are."""

    async def churn():
        for _ in range(100):
            for _ in range(1000):
                loop.call_later(3600, print).cancel()
            await asyncio.sleep(0)

    loop.run_until_complete(churn())
    before = sys.getallocatedblocks()
    loop.run_until_complete(churn())
    assert sys.getallocatedblocks() - before < 5000


def test_a_timer_that_sets_itself_again_leaves_room_for_others(loop):
    turns = []

    def again():
        turns.append(1)
        loop.call_later(0, again)

    loop.call_later(0, again)
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert turns


def test_a_timer_set_by_a_timer_fires(loop):
    times = []

    def second():
        times.append(loop.time())
        loop.stop()

    begin = loop.time()
    loop.call_later(0.005, lambda: loop.call_later(0.005, second))
    loop.run_forever()
    assert times[0] - begin >= 0.01


def test_a_due_timer_can_cancel_another_due_timer(loop):
    ran = []
    now = loop.time()
    loop.call_at(now - 2, lambda: victim.cancel())
    victim = loop.call_at(now - 1, ran.append, "victim")
    loop.run_until_complete(asyncio.sleep(0.001))
    assert ran == []


def test_timer_handles_are_ordered_by_time(loop):
    early, late = loop.call_at(1e6, print), loop.call_at(2e6, print)
    assert early < late and late > early
    assert early <= late and late >= early
    assert early <= early and early >= early
    assert not early < early
    assert early != late
    early.cancel()
    late.cancel()


def test_timer_handles_compare_only_with_timer_handles(loop):
    handle = loop.call_at(1e6, print)
    with pytest.raises(TypeError):
        handle < 3
    assert handle != 3
    handle.cancel()


def test_equal_timer_handles_are_equal(loop):
    one, two = loop.call_at(1e6, print), loop.call_at(1e6, print)
    assert one == two
    assert hash(one) == hash(two) == hash(1e6)
    one.cancel()
    assert one != two
    two.cancel()


def test_repr_of_a_timer_handle_says_when_and_what(loop):
    handle = loop.call_at(1e6, print, 1)
    shown = "print(1)" if ARGUMENTS_ARE_SHOWN else "print()"
    assert repr(handle).startswith(f"<TimerHandle when=1000000.0 {shown}")
    handle.cancel()
    assert repr(handle) == "<TimerHandle cancelled when=1000000.0>"


def test_a_cancelled_timer_does_not_keep_the_loop_waiting(loop):
    handle = loop.call_later(PATIENCE_S, print)
    loop.call_later(0.01, loop.stop)
    handle.cancel()
    loop.run_forever()
    assert loop.time() < handle.when()


def test_a_timer_survives_from_one_run_to_the_next(loop):
    fired = []
    loop.call_later(0.03, fired.append, 1)
    loop.run_until_complete(asyncio.sleep(0))
    assert fired == []
    loop.run_until_complete(asyncio.sleep(0.06))
    assert fired == [1]


def test_a_timer_that_came_due_between_two_runs_fires_in_the_second(loop):
    import time

    fired = []
    loop.call_later(0.01, fired.append, 1)
    loop.run_until_complete(asyncio.sleep(0))
    time.sleep(0.02)
    loop.run_until_complete(asyncio.sleep(0.001))
    assert fired == [1]


@since((3, 11), "asyncio.timeout()")
def test_asyncio_timeout_uses_the_loops_timers(loop):
    async def wait():
        async with asyncio.timeout(0.01):
            await asyncio.sleep(30)

    with pytest.raises(TimeoutError):
        loop.run_until_complete(wait())


def test_wait_for_times_out(loop):
    async def wait():
        await asyncio.wait_for(loop.create_future(), 0.01)

    with pytest.raises(asyncio.TimeoutError):
        loop.run_until_complete(wait())
