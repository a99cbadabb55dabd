"""Loop._ready and Loop._scheduled, which programs read."""

from __future__ import annotations

import asyncio
import collections
import heapq
import socket

import pytest


def nothing(*_):
    pass


def test_both_are_empty_in_the_beginning(loop):
    assert not loop._ready
    assert not loop._scheduled
    assert (len(loop._ready), len(loop._scheduled)) == (0, 0)


def test_what_is_ready_is_there_in_order(loop):
    handles = [loop.call_soon(nothing, number) for number in range(300)]
    assert list(loop._ready) == handles
    assert len(loop._ready) == 300
    assert loop._ready[0] is handles[0]
    assert loop._ready[-1] is handles[-1]
    assert handles[7] in loop._ready
    loop.run_until_complete(asyncio.sleep(0))
    assert not loop._ready


def test_a_cancelled_handle_is_there_until_its_turn(loop):
    handle = loop.call_soon(nothing)
    handle.cancel()
    assert list(loop._ready) == [handle]


def test_a_callback_does_not_see_itself(loop):
    seen = []
    loop.call_soon(lambda: seen.append(list(loop._ready)))
    second = loop.call_soon(nothing)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert seen[0][0] is second
    assert len(seen[0]) == 2


def test_waiting_until_nothing_is_ready(loop):
    """As test suites do: they run all callbacks that can run."""

    async def main():
        steps = []

        async def work():
            for step in range(5):
                await asyncio.sleep(0)
                steps.append(step)

        task = loop.create_task(work())
        while loop._ready:
            await asyncio.sleep(0)
        assert steps == [0, 1, 2, 3, 4]
        assert task.done()

    loop.run_until_complete(main())


def test_a_queue_that_was_asked_for_earlier_tells_of_now(loop):
    ready, scheduled = loop._ready, loop._scheduled
    handle = loop.call_soon(nothing)
    timer = loop.call_later(100, nothing)
    assert list(ready) == [handle]
    assert list(scheduled) == [timer]


def test_timers_are_there_the_next_one_first(loop):
    delays = [30, 10, 50, 20, 40]
    timers = {delay: loop.call_later(delay, nothing) for delay in delays}
    assert len(loop._scheduled) == 5
    assert loop._scheduled[0] is timers[10]
    assert loop._scheduled[0].when() == min(timer.when() for timer in timers.values())
    assert sorted(loop._scheduled) == [timers[delay] for delay in sorted(delays)]


def test_timers_of_ours_are_all_in_order(ours):
    now = ours.time()
    timers = [ours.call_at(now + due, nothing) for due in (9, 3, 3, 7, 3, 1)]
    assert list(ours._scheduled) == [timers[i] for i in (5, 1, 2, 4, 3, 0)]


def test_a_timer_that_fired_is_gone(loop):
    loop.call_later(0.001, nothing)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert not loop._scheduled


def test_a_cancelled_timer_is_there_until_it_is_freed(loop):
    timer = loop.call_later(100, nothing)
    timer.cancel()
    assert list(loop._scheduled) == [timer]
    loop.run_until_complete(asyncio.sleep(0))
    assert not loop._scheduled


def test_cancelled_timers_are_counted(loop):
    timers = [loop.call_later(100 + number, nothing) for number in range(5)]
    for timer in timers[2:]:
        timer.cancel()
    assert (loop._timer_cancelled_count, len(loop._scheduled)) == (3, 5)


def test_a_stock_handle_that_asyncio_s_code_queues_is_there(loop):
    """As it does for signals."""
    handle = asyncio.Handle(nothing, (), loop)
    loop._add_callback(handle)
    assert list(loop._ready) == [handle]


def test_closing_the_loop_empties_them(loop):
    loop.call_soon(nothing)
    loop.call_later(1, nothing)
    ready, scheduled = loop._ready, loop._scheduled
    loop.close()
    assert (len(ready), len(scheduled)) == (0, 0)


def test_clearing_them_drops_what_waits(loop):
    seen = []
    loop.call_soon(seen.append, 1)
    loop.call_later(0.001, seen.append, 2)
    loop._ready.clear()
    loop._scheduled.clear()
    loop.run_until_complete(asyncio.sleep(0.01))
    assert seen == []


def test_a_transport_that_waits_for_its_turn_counts(loop):
    """The program has no handle for it. It is shown as a handle all the same."""

    async def main():
        left, right = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=left)
        with right:
            right.send(b"hello")
            loop.call_soon(nothing)  # so that input has to queue behind it
            seen = []
            loop.call_soon(lambda: loop.call_soon(lambda: seen.extend(loop._ready)))
            await reader.readexactly(5)
            writer.transport.abort()
            await asyncio.sleep(0)
        assert all(isinstance(handle, asyncio.Handle) for handle in seen)

    loop.run_until_complete(main())


def test_ours_cannot_be_filled_by_hand(ours):
    handle = ours.call_later(100, nothing)
    with pytest.raises(TypeError):
        heapq.heappush(ours._scheduled, handle)
    with pytest.raises(AttributeError):
        ours._ready.append(handle)
    with pytest.raises(ValueError, match="call_soon"):
        ours._ready = collections.deque([handle])
    with pytest.raises(ValueError, match="call_at"):
        ours._scheduled = [handle]


def test_ours_are_emptied_by_assigning_an_empty_list(ours):
    ours.call_soon(nothing)
    ours.call_later(100, nothing)
    ours._ready = collections.deque()
    ours._scheduled = []
    assert (len(ours._ready), len(ours._scheduled)) == (0, 0)
