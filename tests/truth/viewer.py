"""A viewer: takes a lease on a session, asks for level tasks, and reads events: viewer.py SESSION LEASE_NUMBER

It attaches as tracer/format.h says and ends in order, giving its lease back, when its stdin ends.
"""

from __future__ import annotations

import mmap
import os
import select
import struct
import sys
import time

from loopscope import _trace

TASKS = 3
CONTROL_OFFSET_AT = 16 + 3 * 8
LEASES_AT = 64
LEASE_BYTES = 16


class Lease:
    def __init__(self, path: str, number: int) -> None:
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 0)
        (self.control,) = struct.unpack_from("<Q", self.bytes, CONTROL_OFFSET_AT)
        self.at = self.control + LEASES_AT + number * LEASE_BYTES

    def take(self, level: int) -> None:
        self.renew()
        struct.pack_into("<II", self.bytes, self.at, os.getpid(), level)
        self.say_it_changed()

    def renew(self) -> None:
        struct.pack_into("<Q", self.bytes, self.at + 8, time.monotonic_ns())

    def drop(self) -> None:
        struct.pack_into("<Q", self.bytes, self.at, 0)
        self.say_it_changed()

    def say_it_changed(self) -> None:
        (changes,) = struct.unpack_from("<Q", self.bytes, self.control)
        struct.pack_into("<Q", self.bytes, self.control, changes + 1)


def asked_to_end(wait_s: float) -> bool:
    return bool(select.select([sys.stdin], [], [], wait_s)[0])


def main() -> None:
    path, number = sys.argv[1], int(sys.argv[2])
    session = _trace.Session(path)
    lease = Lease(path, number)
    lease.take(TASKS)
    print("attached", flush=True)
    while not asked_to_end(0.02):
        lease.renew()
        for number_read, _ in enumerate(session.events()):
            if number_read % 1000 == 0 and asked_to_end(0):  # all takes seconds under a sanitizer
                break
    lease.drop()


main()
