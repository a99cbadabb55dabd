"""A program that is never idle: busy.py PULSE

Callbacks, timers and a socket keep its loop turning. After each poll it writes the time into the file PULSE, beside the
time of the poll before. So a test knows from another source than the trace what ran last.
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
        """Call it once after a poll. The trace has an event between two calls, at any level."""
        now = time.monotonic_ns()
        STAMPS.pack_into(self.bytes, 0, self.last, now)
        self.last = now


def talk(pulse: Pulse) -> None:
    """A reader is called only after a poll. Callbacks can follow each other without a poll for a while."""
    left, right = socket.socketpair()

    def answer() -> None:
        right.recv(1)
        pulse()
        left.send(b"x")

    asyncio.get_running_loop().add_reader(right, answer)
    left.send(b"x")


async def set_timers() -> None:
    loop = asyncio.get_running_loop()
    while True:
        loop.call_later(0.001, int)
        await asyncio.sleep(0)


async def main() -> None:
    talk(Pulse(sys.argv[1]))
    print("busy", flush=True)
    await set_timers()


loopscope.run(main())
