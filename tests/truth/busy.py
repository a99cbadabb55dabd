"""A program that is never idle: busy.py PULSE

Callbacks, timers and a socket keep its loop turning. Once in each iteration it writes the time into the file PULSE,
beside the time of the iteration before, so that what ran last is known from somewhere else than the trace.
"""

from __future__ import annotations

import asyncio
import mmap
import socket
import struct
import sys
import time

import loopscope

STAMPS = struct.Struct("<QQ")


class Pulse:
    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), STAMPS.size)
        self.last = 0

    def __call__(self) -> None:
        """To be called once in a generation of callbacks: between two calls is a poll."""
        now = time.monotonic_ns()
        STAMPS.pack_into(self.bytes, 0, self.last, now)
        self.last = now


async def talk(pulse: Pulse) -> None:
    loop = asyncio.get_running_loop()
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    while True:
        await loop.sock_sendall(left, b"x")
        await loop.sock_recv(right, 1)
        pulse()
        await asyncio.sleep(0)  # both were done at once


async def set_timers() -> None:
    loop = asyncio.get_running_loop()
    while True:
        loop.call_later(0.001, int)
        await asyncio.sleep(0)


def never() -> None:
    raise AssertionError("nobody writes to this socket")


async def main() -> None:
    # As long as somebody waits for a descriptor, no generation of callbacks goes without its poll.
    quiet, _other_end = socket.socketpair()
    asyncio.get_running_loop().add_reader(quiet, never)
    pulse = Pulse(sys.argv[1])
    print("busy", flush=True)
    await asyncio.gather(talk(pulse), set_timers())


loopscope.run(main())
