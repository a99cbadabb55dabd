"""run_forever, run_until_complete, stop and close."""

from __future__ import annotations

import asyncio
import threading

import pytest
from versions import since, stock_differs


def test_run_until_complete_returns_the_result(loop):
    async def answer():
        return 42

    assert loop.run_until_complete(answer()) == 42


def test_run_until_complete_raises_what_the_coroutine_raised(loop):
    async def fail():
        raise ZeroDivisionError("of the coroutine")

    with pytest.raises(ZeroDivisionError, match="of the coroutine"):
        loop.run_until_complete(fail())


def test_run_until_complete_takes_a_future(loop):
    future = loop.create_future()
    loop.call_soon(future.set_result, "done")
    assert loop.run_until_complete(future) == "done"


def test_run_until_complete_refuses_what_is_not_awaitable(loop):
    with pytest.raises(TypeError):
        loop.run_until_complete("not a coroutine")


def test_run_until_complete_says_when_the_loop_stopped_first(loop):
    async def stop_early():
        loop.stop()
        await loop.create_future()

    task = loop.create_task(stop_early())
    with pytest.raises(RuntimeError, match="stopped before Future completed"):
        loop.run_until_complete(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)


def test_run_forever_returns_after_stop(loop):
    loop.call_soon(loop.stop)
    assert loop.run_forever() is None


def test_stop_lets_the_batch_finish(loop):
    order = []
    loop.call_soon(order.append, 1)
    loop.call_soon(loop.stop)
    loop.call_soon(order.append, 2)
    loop.run_forever()
    assert order == [1, 2]


def test_stop_leaves_what_the_batch_scheduled_for_the_next_run(loop):
    order = []

    def stop_and_schedule():
        loop.stop()
        loop.call_soon(order.append, "later")

    loop.call_soon(stop_and_schedule)
    loop.run_forever()
    assert order == []
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert order == ["later"]


def test_stop_before_run_forever_runs_one_batch(loop):
    order = []

    def again():
        order.append("once")
        loop.call_soon(again)

    loop.call_soon(again)
    loop.stop()
    loop.run_forever()
    assert order == ["once"]


def test_stop_before_run_forever_with_nothing_to_do_returns(loop):
    loop.stop()
    loop.run_forever()
    assert not loop.is_running()


def test_stop_is_forgotten_after_the_run(loop):
    loop.stop()
    loop.run_forever()
    runs = []
    loop.call_soon(runs.append, 1)
    loop.call_later(0.01, loop.stop)
    loop.call_soon(lambda: loop.call_soon(runs.append, 2))
    loop.run_forever()
    assert runs == [1, 2]


def test_stopping_twice_is_like_once(loop):
    loop.call_soon(loop.stop)
    loop.call_soon(loop.stop)
    loop.run_forever()
    ran = []
    loop.call_soon(ran.append, True)
    loop.call_soon(lambda: loop.call_soon(loop.stop))
    loop.run_forever()
    assert ran == [True]


def test_is_running_is_true_only_inside(loop):
    seen = []
    assert not loop.is_running()
    loop.call_soon(lambda: seen.append(loop.is_running()))
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert seen == [True]
    assert not loop.is_running()


def test_get_running_loop_is_the_loop_inside_and_nothing_outside(loop):
    async def running():
        return asyncio.get_running_loop()

    assert loop.run_until_complete(running()) is loop
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_get_running_loop_in_a_callback(loop):
    seen = []
    loop.call_soon(lambda: seen.append(asyncio.get_running_loop()))
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert seen == [loop]


@stock_differs("the inner run forgets that the outer one runs", first=(3, 13))
def test_running_a_running_loop_is_an_error(loop):
    messages = []

    def nest():
        for run in (loop.run_forever, lambda: loop.run_until_complete(loop.create_future())):
            with pytest.raises(RuntimeError) as caught:
                run()
            messages.append(str(caught.value))

    loop.call_soon(nest)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert messages == ["This event loop is already running"] * 2


def test_running_a_second_loop_inside_the_first_is_an_error(loop, loop_factory):
    messages = []
    other = loop_factory()

    def nest():
        with pytest.raises(RuntimeError) as caught:
            other.run_forever()
        messages.append(str(caught.value))

    loop.call_soon(nest)
    loop.call_soon(loop.stop)
    loop.run_forever()
    other.close()
    assert messages == ["Cannot run the event loop while another loop is running"]


def test_the_loop_runs_again_after_a_failed_nested_run(loop):
    def nest():
        with pytest.raises(RuntimeError):
            loop.run_forever()

    loop.call_soon(nest)
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.call_soon(loop.stop)
    loop.run_forever()


def test_close_is_idempotent(loop):
    assert not loop.is_closed()
    loop.close()
    assert loop.is_closed()
    loop.close()
    assert loop.is_closed()


def test_closing_a_running_loop_is_an_error(loop):
    messages = []

    def close():
        with pytest.raises(RuntimeError) as caught:
            loop.close()
        messages.append(str(caught.value))

    loop.call_soon(close)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert messages == ["Cannot close a running event loop"]
    assert not loop.is_closed()


@pytest.mark.parametrize(
    "use",
    [
        lambda loop: loop.call_soon(print),
        lambda loop: loop.call_soon_threadsafe(print),
        lambda loop: loop.call_later(1, print),
        lambda loop: loop.call_at(1, print),
        lambda loop: loop.run_forever(),
        lambda loop: loop.run_until_complete(asyncio.Future(loop=loop)),
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: loop.add_reader(0, print),
        lambda loop: loop.add_writer(1, print),
    ],
    ids="call_soon threadsafe call_later call_at forever complete executor reader writer".split(),
)
def test_a_closed_loop_refuses_to_work(loop, use):
    loop.close()
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        use(loop)


def test_a_closed_loop_refuses_a_coroutine_without_losing_it(loop):
    async def nothing():
        pass

    loop.close()
    coroutine = nothing()
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.run_until_complete(coroutine)
    coroutine.close()


def test_stop_on_a_closed_loop_does_nothing(loop):
    loop.close()
    loop.stop()


def test_closing_drops_pending_callbacks_and_timers(loop):
    ran = []
    loop.call_soon(ran.append, 1)
    loop.call_later(0, ran.append, 2)
    loop.call_later(100, ran.append, 3)
    loop.close()
    assert ran == []


def test_the_loop_runs_in_a_thread_of_its_own(loop):
    seen = []

    def work():
        loop.run_until_complete(asyncio.sleep(0.01))
        seen.append(threading.get_ident())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen and seen[0] != threading.get_ident()


def test_several_loops_run_in_threads_at_once(loop_factory):
    results = []

    async def count(number):
        for _ in range(200):
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        return number

    def work(number):
        loop = loop_factory()
        try:
            results.append(loop.run_until_complete(count(number)))
        finally:
            loop.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))


def test_a_thousand_loops_can_be_made_and_closed(loop_factory):
    for _ in range(1000):
        loop = loop_factory()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_repr_says_running_closed_and_debug(loop):
    assert "running=False closed=False debug=False" in repr(loop)
    loop.close()
    assert "closed=True" in repr(loop)


def test_time_is_the_monotonic_clock(loop):
    import time

    before = time.monotonic()
    now = loop.time()
    assert before <= now <= time.monotonic()


@since((3, 11), "asyncio.Runner")
def test_the_runner_takes_the_loop_factory(loop_factory):
    async def kind():
        return type(asyncio.get_running_loop())

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        expected = type(runner.get_loop())
        assert runner.run(kind()) is expected
        assert runner.run(kind()) is expected
