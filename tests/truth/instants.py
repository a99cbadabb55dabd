"""The stress program, stopped at random instants: instants.py INSTANTS HOW_IT_ENDS

At each it writes down, as a line of JSON, what Python and the kernel know at that instant: the ready
queue, the timers, what the kernel is asked about, the tasks and where they stand. It leaves a mark in
its trace. Then it waits for a line on its stdin. At last it is killed, or waits for a line and ends, as
HOW_IT_ENDS says: "kill", "wait".

An instant is a call or a return of any Python function in the loop's thread: sys.setprofile() counts
them.
"""

from __future__ import annotations

import _weakrefset
import asyncio
import functools
import gc
import json
import os
import random
import signal
import socket
import sys
import time
from typing import Any

import causes
import loopscope
import stress

MOST_CALLS_BETWEEN = 400


def name_of(callback: Any) -> str:
    while isinstance(callback, functools.partial):
        callback = callback.func
    return getattr(callback, "__qualname__", type(callback).__qualname__).replace("<locals>.", "")


def queued(handle: asyncio.Handle) -> list[str]:
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return ["task", owner.get_name()]
    return ["other", name_of(callback)]


class Kernel:
    """What the kernel is asked about, by descriptor."""

    def __init__(self) -> None:
        """To be made before the program opens anything. What is open then is the loop's own."""
        self.of_the_loop = {int(fd) for fd in os.listdir("/proc/self/fd")}
        (poll,) = [fd for fd in self.of_the_loop if "eventpoll" in self.link(fd)]
        self.info = f"/proc/self/fdinfo/{poll}"

    @staticmethod
    def link(fd: int) -> str:
        try:
            return os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            return ""

    def watched(self) -> dict[int, list[bool]]:
        with open(self.info) as lines:
            told = [line.split() for line in lines if line.startswith("tfd:")]
        bits = {int(fd): int(events, 16) for _, fd, _, events, *_ in told}
        return {fd: [bool(events & 1), bool(events & 4)] for fd, events in bits.items()}


class Socket(socket.socket):
    """Remembers which descriptors the program has closed without a word to the loop."""

    closed: set[int] = set()

    def close(self) -> None:
        self.closed.add(self.fileno())
        super().close()


class Instants:
    def __init__(self, loop: Any, most: int) -> None:
        self.loop = loop
        self.most = most
        self.taken = 0
        self.calls_left = MOST_CALLS_BETWEEN
        self.kernel = Kernel()
        self.random = random.Random(17)

    def running(self) -> bool:
        return self.taken < self.most

    def begin(self) -> None:
        sys.setprofile(self.count)

    def count(self, frame: Any, event: str, argument: Any) -> None:
        if event not in ("call", "return"):
            return
        if frame.f_code.co_filename == _weakrefset.__file__:
            return  # a task is being made: it is queued, and asyncio does not know it yet
        self.calls_left -= 1
        if self.calls_left > 0 or not self.running() or not self.loop.is_running():
            return
        sys.setprofile(None)
        gc.disable()
        try:
            self.take()
        finally:
            gc.enable()
            self.calls_left = self.random.randrange(1, MOST_CALLS_BETWEEN)
            sys.setprofile(self.count)

    def take(self) -> None:
        self.taken += 1
        said = self.state()
        said["t_ns"] = time.monotonic_ns()
        loopscope.mark(f"instant {self.taken}")
        # Other threads may run from here on.
        said.update(watched=self.kernel.watched(), of_the_loop=sorted(self.kernel.of_the_loop))
        print(json.dumps(said), flush=True)
        if not sys.stdin.readline():
            os._exit(3)

    def state(self) -> dict[str, Any]:
        current = asyncio.current_task(self.loop)
        tasks = asyncio.all_tasks(self.loop)
        waiting = [timer for timer in self.loop._scheduled if not timer.cancelled()]
        return {
            "instant": self.taken,
            "ready": [queued(handle) for handle in self.loop._ready],
            "timers": sorted(round(timer.when() * 1e9) for timer in waiting),
            "closed": sorted(Socket.closed),
            "current": current and current.get_name(),
            "tasks": {
                task.get_name(): None if task is current else causes.chain_of(task)
                for task in tasks
            },
        }


async def scenes(running: Any) -> None:
    lock = asyncio.Lock()
    loop = asyncio.get_running_loop()

    async def others() -> None:
        while running():
            child = loop.create_task(causes.sleeper(), name="a child")
            await asyncio.gather(
                causes.holder(lock),
                causes.waiter(lock),
                causes.reader_of_numbers(),
                causes.parent(child),
                causes.gatherer(),
                causes.in_a_thread(),
            )

    work = asyncio.ensure_future(stress.with_timers(running))
    await asyncio.gather(others(), work)


def main() -> None:
    random.seed(1)
    sys.setswitchinterval(1000)  # no other thread runs while an instant is looked at
    socket.socket = Socket  # type: ignore[misc]
    loop = loopscope.Loop()
    asyncio.set_event_loop(loop)
    instants = Instants(loop, int(sys.argv[1]))
    print(json.dumps({"session": loop.session_path}), flush=True)
    instants.begin()
    loop.run_until_complete(scenes(instants.running))
    sys.setprofile(None)
    print(json.dumps({"end": True}), flush=True)
    if sys.argv[2] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.readline()


main()
