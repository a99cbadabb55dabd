"""call_soon, call_soon_threadsafe and the handles they return."""

from __future__ import annotations

import asyncio
import functools
import threading
import time

import pytest
from programs import PATIENCE_S
from versions import ARGUMENTS_ARE_SHOWN


def run_batch(loop):
    loop.call_soon(loop.stop)
    loop.run_forever()


def test_callbacks_run_in_the_order_they_were_scheduled(loop):
    order = []
    for number in range(1000):
        loop.call_soon(order.append, number)
    run_batch(loop)
    assert order == list(range(1000))


def test_arguments_are_passed_on(loop):
    calls = []

    def collect(*args):
        calls.append(args)

    many = tuple(range(20))
    loop.call_soon(collect)
    loop.call_soon(collect, 1)
    loop.call_soon(collect, 1, None, "three")
    loop.call_soon(collect, *many)
    run_batch(loop)
    assert calls == [(), (1,), (1, None, "three"), many]


def test_a_callback_is_not_run_before_the_loop_runs(loop):
    ran = []
    loop.call_soon(ran.append, 1)
    assert ran == []


def test_what_a_callback_schedules_runs_after_its_batch(loop):
    order = []

    def first():
        order.append("first")
        loop.call_soon(order.append, "third")

    loop.call_soon(first)
    loop.call_soon(order.append, "second")
    loop.call_soon(lambda: loop.call_soon(loop.stop))
    loop.run_forever()
    assert order == ["first", "second", "third"]


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, f: loop.call_soon(f),
        lambda loop, f: loop.call_soon_threadsafe(f),
        lambda loop, f: loop.call_later(0.001, f),
        lambda loop, f: loop.call_at(loop.time(), f),
    ],
    ids=["soon", "threadsafe", "later", "at"],
)
def test_a_cancelled_callback_does_not_run(loop, schedule):
    ran = []
    handle = schedule(loop, functools.partial(ran.append, 1))
    assert not handle.cancelled()
    handle.cancel()
    assert handle.cancelled()
    handle.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))
    assert ran == []
    assert handle.cancelled()


def test_a_callback_can_cancel_one_of_its_own_batch(loop):
    ran = []
    loop.call_soon(lambda: victim.cancel())
    victim = loop.call_soon(ran.append, "victim")
    loop.call_soon(ran.append, "other")
    run_batch(loop)
    assert ran == ["other"]


def test_a_callback_can_cancel_itself_while_it_runs(loop):
    ran = []

    def cancel_self():
        handle.cancel()
        ran.append(1)

    handle = loop.call_soon(cancel_self)
    run_batch(loop)
    assert ran == [1]
    assert handle.cancelled()


def test_cancelling_after_the_run_is_harmless(loop):
    handle = loop.call_soon(lambda: None)
    run_batch(loop)
    assert not handle.cancelled()
    handle.cancel()
    assert handle.cancelled()


def test_cancelling_drops_callback_and_arguments_at_once(loop):
    import weakref

    class Thing:
        pass

    thing = Thing()
    gone = weakref.ref(thing)
    handle = loop.call_soon(print, thing)
    handle.cancel()
    del thing
    assert gone() is None


def test_call_soon_returns_an_asyncio_handle(loop):
    handle = loop.call_soon(print)
    assert isinstance(handle, asyncio.Handle)
    assert not isinstance(handle, asyncio.TimerHandle)
    handle.cancel()


def test_call_soon_threadsafe_returns_an_asyncio_handle(loop):
    handle = loop.call_soon_threadsafe(print)
    assert isinstance(handle, asyncio.Handle)
    handle.cancel()


def named_callback(*args):
    pass


def test_repr_of_a_handle_names_the_callback(loop):
    handle = loop.call_soon(named_callback, 1, "two")
    text = repr(handle)
    arguments = "1, 'two'" if ARGUMENTS_ARE_SHOWN else ""
    assert text.startswith(f"<Handle named_callback({arguments}) at ")
    assert "test_call_soon.py:" in text
    handle.cancel()
    assert repr(handle) == "<Handle cancelled>"


def test_repr_of_a_handle_that_ran_still_names_the_callback(loop):
    handle = loop.call_soon(named_callback)
    run_batch(loop)
    assert "named_callback()" in repr(handle)


def test_repr_of_a_handle_of_a_partial_and_of_a_method(loop):
    class Server:
        def answer(self):
            pass

    partial = loop.call_soon(functools.partial(named_callback, 7))
    method = loop.call_soon(Server().answer)
    assert f"named_callback({7 if ARGUMENTS_ARE_SHOWN else ''})()" in repr(partial)
    assert "Server.answer()" in repr(method)
    partial.cancel()
    method.cancel()


def test_handles_are_hashable_and_equal_only_to_themselves(loop):
    one, two = loop.call_soon(print), loop.call_soon(print)
    assert one == one and one != two
    assert len({one, two}) == 2
    one.cancel()
    two.cancel()


def test_a_handle_can_be_referenced_weakly(loop):
    import weakref

    handle = loop.call_soon(named_callback)
    gone = weakref.ref(handle)
    run_batch(loop)
    assert gone() is handle
    del handle
    assert gone() is None


def test_a_missing_callback_is_a_type_error(loop):
    for call in (loop.call_soon, loop.call_soon_threadsafe, loop.call_later, loop.call_at):
        with pytest.raises(TypeError):
            call()


def test_an_unknown_keyword_is_a_type_error(loop):
    with pytest.raises(TypeError):
        loop.call_soon(print, colour="red")
    with pytest.raises(TypeError):
        loop.call_later(1, print, colour="red")


def test_call_soon_threadsafe_wakes_a_sleeping_loop(loop):
    def wake():
        time.sleep(0.05)
        loop.call_soon_threadsafe(loop.stop)

    last_resort = loop.call_later(PATIENCE_S, loop.stop)
    thread = threading.Thread(target=wake)
    thread.start()
    loop.run_forever()
    thread.join()
    assert loop.time() < last_resort.when()


def test_call_soon_threadsafe_from_the_loop_itself_keeps_its_place(loop):
    order = []
    loop.call_soon(order.append, 1)
    loop.call_soon_threadsafe(order.append, 2)
    loop.call_soon(order.append, 3)
    run_batch(loop)
    assert order == [1, 2, 3]


def test_call_soon_threadsafe_before_the_loop_runs_is_kept(loop):
    ran = []
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(ran.append, 1))
    thread.start()
    thread.join()
    run_batch(loop)
    assert ran == [1]


def test_many_threads_schedule_each_in_their_own_order(loop):
    threads, each = 8, 500
    order = []

    def schedule(number):
        for count in range(each):
            loop.call_soon_threadsafe(order.append, (number, count))

    async def gather():
        workers = [threading.Thread(target=schedule, args=(n,)) for n in range(threads)]
        for worker in workers:
            worker.start()
        while len(order) < threads * each:
            await asyncio.sleep(0.001)
        for worker in workers:
            worker.join()

    loop.run_until_complete(gather())
    for number in range(threads):
        assert [count for n, count in order if n == number] == list(range(each))


def test_no_wake_up_is_lost_between_two_threads(loop):
    """Ping-pong: each answer is awaited before the next question, so one lost wake-up would hang."""
    questions: list = []
    asked = threading.Semaphore(0)
    rounds = 2000

    def answer():
        for _ in range(rounds):
            asked.acquire()
            loop.call_soon_threadsafe(questions.pop().set_result, None)

    async def ask():
        for _ in range(rounds):
            future = loop.create_future()
            questions.append(future)
            asked.release()
            await future

    thread = threading.Thread(target=answer)
    thread.start()
    loop.run_until_complete(ask())
    thread.join()


def test_a_callable_object_and_a_builtin_are_callbacks(loop):
    class Callable:
        calls = 0

        def __call__(self):
            Callable.calls += 1

    seen = []
    loop.call_soon(Callable())
    loop.call_soon(seen.append, 1)
    loop.call_soon(dict)
    run_batch(loop)
    assert Callable.calls == 1 and seen == [1]


def test_a_long_chain_of_callbacks_does_not_starve_a_timer(loop):
    """Callbacks that schedule callbacks for ever must not keep timers from running."""
    fired = []

    def again():
        if not fired:
            loop.call_soon(again)
        else:
            loop.stop()

    loop.call_later(0.01, fired.append, True)
    loop.call_soon(again)
    loop.run_forever()
    assert fired == [True]


def test_a_long_chain_of_callbacks_does_not_starve_input(loop):
    import socket

    left, right = socket.socketpair()
    with left, right:
        got = []
        loop.add_reader(left, lambda: got.append(left.recv(10)))

        def again():
            loop.call_soon(loop.stop if got else again)

        loop.call_soon(again)
        loop.call_later(0.01, right.send, b"hello")
        loop.run_forever()
        loop.remove_reader(left)
    assert got == [b"hello"]
