"""signal.set_wakeup_fd() is one slot for the whole process. Signals come at once, whoever has it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
import warnings

import pytest
from versions import since, stock_differs

ASLEEP_S = 0.1  # by then the loop sleeps
NEVER_S = 10  # when the last resort wakes it


def raise_signal(number=signal.SIGUSR1):
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def clean_signals():
    numbers = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def slot():
    """Two ends of somebody else. Python writes signals to the second, and the owner reads them from the first."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        yield near, far
        signal.set_wakeup_fd(-1)


def heard(near):
    try:
        return near.recv(100)
    except BlockingIOError:
        return b""


@contextlib.contextmanager
def sent_while_asleep(number=signal.SIGUSR1):
    thread = threading.Timer(ASLEEP_S, raise_signal, [number])
    thread.start()
    yield
    thread.join()


def came_at_once(loop, number=signal.SIGUSR1):
    """Runs the loop until its handler stops it; False if only the last resort did."""
    last_resort = loop.call_later(NEVER_S, loop.stop)
    with sent_while_asleep(number):
        loop.run_forever()
    last_resort.cancel()
    return loop.time() < last_resort.when()


def stop_from_a_plain_handler(loop):
    signal.signal(signal.SIGUSR1, lambda *_: loop.call_soon_threadsafe(loop.stop))


def add_stopping_handler(loop):
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)


both_handlers = pytest.mark.parametrize(
    "listen",
    [
        pytest.param(
            add_stopping_handler,
            marks=stock_differs("asyncio's handlers need the slot"),
        ),
        stop_from_a_plain_handler,
    ],
)


@both_handlers
def test_when_somebody_takes_the_slot_before_the_run(loop, slot, listen):
    listen(loop)
    signal.set_wakeup_fd(slot[1].fileno())
    assert came_at_once(loop)
    assert heard(slot[0]) == bytes([signal.SIGUSR1])


@both_handlers
def test_when_somebody_takes_the_slot_in_a_callback(loop, slot, listen):
    listen(loop)
    loop.call_soon(signal.set_wakeup_fd, slot[1].fileno())
    assert came_at_once(loop)
    assert heard(slot[0]) == bytes([signal.SIGUSR1])
    assert signal.set_wakeup_fd(-1) == slot[1].fileno()


@both_handlers
def test_when_somebody_empties_the_slot_in_a_callback(loop, listen):
    listen(loop)
    loop.call_soon(signal.set_wakeup_fd, -1)
    assert came_at_once(loop)


@both_handlers
def test_when_a_second_loop_with_a_handler_is_closed(loop, loop_factory, listen):
    """In a callback of the first loop. Its handlers are still called."""

    async def open_and_close():
        second = loop_factory()
        second.add_signal_handler(signal.SIGUSR2, print)
        second.close()

    listen(loop)
    loop.run_until_complete(open_and_close())
    assert came_at_once(loop)
    assert came_at_once(loop)


@stock_differs("its handlers need the slot, which the second loop takes")
def test_when_a_second_loop_with_a_handler_stays_open(loop, loop_factory):
    second = loop_factory()
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    second.add_signal_handler(signal.SIGUSR2, print)
    try:
        assert came_at_once(loop)
    finally:
        second.close()


@stock_differs("only the slot's owner is told")
def test_a_loop_hears_of_a_signal_that_came_while_another_ran(loop, loop_factory):
    """Another thread's loop, say; here it runs between two runs of the first."""
    second = loop_factory()
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "first")
    second.add_signal_handler(signal.SIGUSR2, print)
    try:
        with sent_while_asleep():
            second.run_until_complete(asyncio.sleep(3 * ASLEEP_S))
        loop.run_until_complete(asyncio.sleep(0.01))
    finally:
        second.close()
    assert seen == ["first"]


@stock_differs("its handlers need the slot")
def test_a_signal_in_a_callback_calls_its_handler_once(loop, slot):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, 1)
    signal.set_wakeup_fd(slot[1].fileno())
    loop.call_soon(raise_signal)
    loop.run_until_complete(asyncio.sleep(0.05))
    assert seen == [1]
    assert heard(slot[0]) == bytes([signal.SIGUSR1])


@stock_differs("its handlers need the slot")
def test_a_signal_while_asleep_calls_its_handler_once(loop, slot):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, 1)
    signal.set_wakeup_fd(slot[1].fileno())
    with sent_while_asleep():
        loop.run_until_complete(asyncio.sleep(3 * ASLEEP_S))
    assert seen == [1]
    assert heard(slot[0]) == bytes([signal.SIGUSR1])


def test_the_slot_is_empty_while_callbacks_run_unless_somebody_filled_it(loop):
    async def main():
        await asyncio.sleep(0.01)
        return signal.set_wakeup_fd(-1)

    assert loop.run_until_complete(main()) == -1


@stock_differs("takes the slot from whoever has it, and empties it")
def test_adding_and_removing_a_handler_leaves_the_slot_to_its_owner(loop, slot):
    signal.set_wakeup_fd(slot[1].fileno())
    loop.add_signal_handler(signal.SIGUSR1, print)
    loop.remove_signal_handler(signal.SIGUSR1)
    with pytest.raises((RuntimeError, OSError)):
        loop.add_signal_handler(signal.SIGKILL, print)
    assert signal.set_wakeup_fd(-1) == slot[1].fileno()


def test_a_plain_handler_in_place_of_the_loop_s_is_called_besides_it(loop):
    """signal.signal() after add_signal_handler(): asyncio's handler still hears of the signal through the slot."""
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "loop's")
    signal.signal(signal.SIGUSR1, lambda *_: seen.append("plain"))
    loop.call_soon(raise_signal)
    loop.run_until_complete(asyncio.sleep(0.05))
    assert sorted(seen) == ["loop's", "plain"]


def test_a_handler_set_in_a_callback_comes_at_once(loop):
    loop.call_soon(stop_from_a_plain_handler, loop)
    assert came_at_once(loop)


def test_a_handler_replaced_in_a_callback_comes_at_once(loop):
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append("old"))
    loop.call_soon(stop_from_a_plain_handler, loop)
    assert came_at_once(loop)
    assert seen == []


def test_a_signal_that_an_earlier_run_slept_through_is_not_kept_for_a_later_handler(loop):
    """Ctrl-C ends a run. The handler that the clean-up sets is not called for the same Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    last_resort = loop.call_later(NEVER_S, loop.stop)
    with sent_while_asleep(signal.SIGINT), pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    last_resort.cancel()
    seen = []
    loop.add_signal_handler(signal.SIGINT, seen.append, "interrupt")
    loop.run_until_complete(asyncio.sleep(0.02))
    assert seen == []


def test_ctrl_c_comes_at_once_whoever_has_the_slot(loop, slot):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loop.call_soon(signal.set_wakeup_fd, slot[1].fileno())
    last_resort = loop.call_later(NEVER_S, loop.stop)
    with sent_while_asleep(signal.SIGINT), pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    last_resort.cancel()
    assert loop.time() < last_resort.when()


def test_a_loop_in_another_thread_leaves_the_slot_alone(loop_factory, slot):
    def work():
        loop = loop_factory()
        loop.run_until_complete(asyncio.sleep(3 * ASLEEP_S))
        loop.close()

    signal.set_wakeup_fd(slot[1].fileno())
    signal.signal(signal.SIGUSR1, lambda *_: None)
    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(ASLEEP_S)
    raise_signal()
    thread.join()
    assert heard(slot[0]) == bytes([signal.SIGUSR1])
    assert signal.set_wakeup_fd(-1) == slot[1].fileno()


def test_handlers_come_to_a_loop_that_runs_in_another_thread(loop):
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    last_resort = loop.call_later(NEVER_S, loop.stop)
    thread = threading.Thread(target=loop.run_forever)
    with sent_while_asleep():
        thread.start()
        thread.join()
    last_resort.cancel()
    assert loop.time() < last_resort.when()


def test_a_library_that_puts_back_what_it_found_does_no_harm(loop, slot):
    """A guest (a nested framework) does this when it takes the slot for a while."""

    async def guest():
        found = signal.set_wakeup_fd(slot[1].fileno())
        await asyncio.sleep(0.01)
        signal.set_wakeup_fd(found)

    add_stopping_handler(loop)
    last_resort = loop.call_later(NEVER_S, loop.stop)
    task = loop.create_task(guest())
    with sent_while_asleep():
        loop.run_forever()
    last_resort.cancel()
    assert task.done()
    assert loop.time() < last_resort.when()


@since((3, 11), "asyncio.Runner")
def test_a_child_that_is_forked_while_the_loop_sleeps_signals_itself_only(program):
    done = program.run(
        """
        import select, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside a thread, from Python 3.12 on
        heard = []
        loop = new_event_loop()
        loop.add_signal_handler(signal.SIGUSR1, heard.append, "parent")
        def fork():
            time.sleep(0.1)
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGUSR2, lambda *_: None)
                os.kill(os.getpid(), signal.SIGUSR2)
                os._exit(0)
            os.waitpid(child, 0)
            loop.call_soon_threadsafe(loop.stop)
        signal.set_wakeup_fd(-1)
        loop.add_signal_handler(signal.SIGUSR2, heard.append, "the child's")
        signal.set_wakeup_fd(-1)
        thread = threading.Thread(target=fork)
        thread.start()
        loop.run_forever()
        thread.join()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()
        print(heard)
        """
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)


@pytest.mark.parametrize("taken", [False, True])
def test_a_dump_on_request_does_not_end_the_sleep(program, taken):
    """faulthandler's handler is in C. So no Python handler runs, and the loop sleeps on until it has work."""
    take = "signal.set_wakeup_fd(b.fileno())" if taken else ""
    done = program.run(
        f"""
        import faulthandler, socket, threading
        a, b = socket.socketpair()
        b.setblocking(False)
        faulthandler.register(signal.SIGUSR1, file=sys.stdout, all_threads=False)
        loop = new_event_loop()
        {take}
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGUSR1]).start()
        loop.run_until_complete(asyncio.sleep(0.3))
        loop.close()
        """
    )
    assert (done.stderr, done.returncode) == ("", 0)
    assert "most recent call first" in done.stdout


def test_trio_as_a_guest_sees_no_collision(loop):
    trio = pytest.importorskip("trio")

    async def guest():
        with trio.open_signal_receiver(signal.SIGUSR1) as signals:
            raise_signal()
            async for number in signals:
                return number

    async def main():
        done = loop.create_future()
        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=lambda outcome: done.set_result(outcome.unwrap()),
        )
        return await done

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loop.run_until_complete(main()) == signal.SIGUSR1
