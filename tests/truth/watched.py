"""A program for viewers to watch. Its loop keeps turning. For each line on stdin it prints its state as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time

import loopscope


def own_bytes() -> int:
    """Resident memory without shared memory, because the session's pages are added as the ring fills."""
    with open("/proc/self/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["RssAnon"].split()[0]) * 1024


class Watched:
    def __init__(self, loop: loopscope.Loop) -> None:
        self.loop = loop
        self.longest_gap_ns = 0
        self.last_ns = time.monotonic_ns()
        self.beat()
        loop.add_reader(sys.stdin, self.answer)

    def beat(self) -> None:
        now = time.monotonic_ns()
        self.longest_gap_ns = max(self.longest_gap_ns, now - self.last_ns)
        self.last_ns = now
        self.loop.call_later(0.001, self.beat)

    def answer(self) -> None:
        if not sys.stdin.readline():
            self.loop.remove_reader(sys.stdin)
            self.loop.stop()
            return
        report = {
            "longest_gap_ms": self.longest_gap_ns / 1e6,
            "descriptors": len(os.listdir("/proc/self/fd")),
            "threads": threading.active_count(),
            "own_bytes": own_bytes(),
            "level": self.loop.trace_level,
        }
        self.longest_gap_ns = 0
        print(json.dumps(report), flush=True)


async def work() -> None:
    while True:
        await asyncio.sleep(0.0005)


def main() -> None:
    loop = loopscope.Loop()
    asyncio.set_event_loop(loop)
    Watched(loop)
    task = loop.create_task(work())
    print(loop.session_path, flush=True)
    loop.run_forever()
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()


main()
