"""Runs one scripted case on a loop and leaves a copy of its session: case.py SESSION_COPY NAME

Each case is a function of the loop that polls as few times as it can. test_poll_reasons.py says what the trace of all
its polls must be.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import threading
import time

import loopscope

HOUR = 3600


def work():
    pass


def heartbeat():
    pass


def wake_from_a_thread(loop, seconds=0.05):
    def wake():
        time.sleep(seconds)
        loop.call_soon_threadsafe(loop.stop)

    threading.Thread(target=wake).start()


def stop_was_called(loop):
    loop.call_soon(loop.stop)
    loop.run_forever()


def callbacks_are_ready(loop):
    def first():
        loop.call_soon(work)
        loop.call_soon(loop.stop)

    reader, _ = os.pipe()
    loop.add_reader(reader, work)
    loop.call_soon(first)
    loop.run_forever()


def callbacks_are_ready_and_nothing_is_watched(loop):
    def first():
        loop.call_soon(work)
        loop.call_soon(loop.stop)

    loop.call_soon(first)
    loop.run_forever()


def a_timer_is_due(loop):
    loop.call_at(loop.time() - 1, loop.stop)
    loop.run_forever()


def a_timer_without_a_delay(loop):
    loop.call_later(0, loop.stop)
    loop.run_forever()


def a_timer_comes_due_while_callbacks_run(loop):
    """The timer is due in less than a millisecond."""

    def busy():
        handle = loop.call_later(0.0001, loop.stop)
        while loop.time() < handle.when():
            pass

    loop.call_soon(busy)
    loop.run_forever()


def timers_that_are_due_soon(loop):
    left = 20

    def again():
        nonlocal left
        left -= 1
        if left:
            loop.call_later(0.0035, again)
        else:
            loop.stop()

    again()
    loop.run_forever()


def by_a_clock_that_stands_still(loop):
    loop.time = lambda: 5e6
    loop.call_later(0.25, heartbeat)
    wake_from_a_thread(loop)
    loop.run_forever()


def until_the_next_timer(loop):
    loop.call_later(HOUR, work)
    loop.call_later(0.25, heartbeat)
    wake_from_a_thread(loop)
    loop.run_forever()


def until_a_task_has_slept(loop):
    async def sleeper():
        await asyncio.sleep(HOUR)

    task = loop.create_task(sleeper())
    wake_from_a_thread(loop)
    loop.run_forever()
    assert not task.done()


def a_cancelled_timer_does_not_count(loop):
    loop.call_later(1, work).cancel()
    loop.call_later(HOUR, heartbeat)
    wake_from_a_thread(loop)
    loop.run_forever()


def for_ever(loop):
    wake_from_a_thread(loop)
    loop.run_forever()


def for_ever_with_a_descriptor(loop):
    """The watcher is new, so libuv's own uv_backend_timeout() would say 0."""

    def read():
        left.recv(1)
        loop.stop()

    left, right = socket.socketpair()
    loop.add_reader(left, read)
    threading.Timer(0.05, right.send, [b"x"]).start()
    loop.run_forever()


def handles_are_closing(loop):
    async def connect(sock):
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, sock)
        return transport

    left, right = socket.socketpair()
    transport = loop.run_until_complete(connect(left))
    transport.abort()
    wake_from_a_thread(loop)
    loop.run_forever()


def a_pass_that_does_not_wait(loop):
    loop.call_later(HOUR, work)
    loop.stop()
    loop.run_forever()


def main() -> None:
    copy, name = sys.argv[1:]
    loop = loopscope.Loop()
    loop.trace_level = "callbacks"
    globals()[name](loop)
    shutil.copyfile(loop.session_path, copy)
    sys.stdout.flush()
    os._exit(0)


main()
