"""Runs under callgrind. It does each operation on a loop some times, and then more times, with a mark after each run.

    instructions_of.py MARKS LOOP...

The difference between the two runs belongs to the operations alone. Nothing here depends on a clock: timers are due
at once, and garbage is not collected.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import socket
import sys

from asyncio_loops import make_loop

SHORT, LONG = 200, 1000
MESSAGE = b"x" * 1024


class PingPong(asyncio.Protocol):
    """Sends each message back: an echo."""

    def __init__(self, count, done):
        self.left = count
        self.done = done

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.left -= 1
        if self.left > 0:
            self.transport.write(data)
        elif not self.done.done():
            self.done.set_result(None)


async def echo_1_kib(loop, count):
    done = loop.create_future()
    sides = socket.socketpair()
    made = [await loop.create_connection(lambda: PingPong(count // 2, done), sock=s) for s in sides]
    made[0][0].write(MESSAGE)
    await done
    for transport, _ in made:
        transport.close()
    await asyncio.sleep(0)


async def call_soon(loop, count):
    for _ in range(count):
        loop.call_soon(int)
    await asyncio.sleep(0)


async def call_soon_chain(loop, count):
    done = loop.create_future()

    def step(left):
        if left:
            loop.call_soon(step, left - 1)
        else:
            done.set_result(None)

    loop.call_soon(step, count)
    await done


async def timer_set_and_cancelled(loop, count):
    for _ in range(count):
        loop.call_later(60, int).cancel()


async def timer_set_and_fired(loop, count):
    for _ in range(count):
        loop.call_later(0, int)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def sleep_0(loop, count):
    for _ in range(count):
        await asyncio.sleep(0)


async def nothing():
    pass


async def create_task_and_await(loop, count):
    for _ in range(count):
        await loop.create_task(nothing())


OPERATIONS = (
    call_soon,
    call_soon_chain,
    timer_set_and_cancelled,
    timer_set_and_fired,
    sleep_0,
    create_task_and_await,
    echo_1_kib,
)


def main() -> None:
    marks = ctypes.CDLL(sys.argv[1])
    loops = [(name, make_loop(name)) for name in sys.argv[2:]]
    gc.disable()
    for _, loop in loops:  # for work that is done once, and for what the interpreter specialises
        for operation in OPERATIONS:
            loop.run_until_complete(operation(loop, LONG))
    marks.start_counting()
    for name, loop in loops:
        for operation in OPERATIONS:
            loop.run_until_complete(operation(loop, SHORT))
            marks.mark(b"before")
            for count in (SHORT, LONG):
                loop.run_until_complete(operation(loop, count))
                marks.mark(f"{name}/{operation.__name__}/{count}".encode())
    for _, loop in loops:
        loop.close()


if __name__ == "__main__":
    main()
