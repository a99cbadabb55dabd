"""A program that makes its loop poll in every possible way, many times: stress.py SESSION_COPY POLLS

Timers (many below a millisecond), bursts of ready callbacks, sockets that open, talk and close, watchers that
come and go, threads that call call_soon_threadsafe, signals that interrupt the poll, callbacks that block, and
more ready descriptors than one call of epoll reports. At the end it leaves a copy of its session's bytes.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import threading
import time

import loopscope

COUNTERS_OFFSET_AT = 16 + 2 * 8
ITERATIONS_AT = 0
READY_AT_ONCE = 1500  # libuv's array holds 1024


class PollCounter:
    """How often the loop has polled, according to its own session."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDONLY)
        (counters,) = struct.unpack("<Q", os.pread(self.file, 8, COUNTERS_OFFSET_AT))
        self.offset = counters + ITERATIONS_AT

    def __call__(self) -> int:
        return struct.unpack("<Q", os.pread(self.file, 8, self.offset))[0]


async def short_timers(running):
    while running():
        await asyncio.sleep(random.choice([0, 0.00001, 0.0003, 0.0009, 0.001, 0.0021]))


async def cancelled_timers(running):
    loop = asyncio.get_running_loop()
    while running():
        handles = [loop.call_later(random.random() * 0.01, int) for _ in range(20)]
        await asyncio.sleep(0.002)
        for handle in handles[::2]:
            handle.cancel()


async def ready_bursts(running):
    loop = asyncio.get_running_loop()
    while running():
        for _ in range(random.randrange(300)):
            loop.call_soon(int)
        for _ in range(random.randrange(50)):
            await asyncio.sleep(0)
        await asyncio.sleep(random.choice([0.0001, 0.001]))


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def connections(running, address):
    while running():
        reader, writer = await asyncio.open_connection(*address)
        for size in (1, 1000, 100_000):
            writer.write(bytes(size))
            await reader.readexactly(size)
        if random.random() < 0.3:
            writer.transport.abort()
        else:
            writer.close()
            await writer.wait_closed()


async def watchers(running):
    loop = asyncio.get_running_loop()
    while running():
        left, right = socket.socketpair()
        left.setblocking(False)
        right.setblocking(False)
        right.send(b"x")
        await loop.sock_recv(left, 1)
        waiting = asyncio.ensure_future(loop.sock_recv(left, 1))
        await asyncio.sleep(0)
        if random.random() < 0.5:
            waiting.cancel()
        else:
            right.send(b"y")
        await asyncio.wait([waiting])
        left.close()
        right.close()


async def blocking_callbacks(running):
    while running():
        time.sleep(random.random() * 0.003)
        await asyncio.sleep(0.02)


def wake_from_a_thread(loop, running):
    while running():
        loop.call_soon_threadsafe(int)
        time.sleep(random.choice([0, 0, 0.0001, 0.001]))


async def more_ready_than_one_call_reports():
    loop = asyncio.get_running_loop()
    pairs = [socket.socketpair() for _ in range(READY_AT_ONCE)]
    for left, right in pairs:
        loop.add_reader(left, left.recv, 1)
    await asyncio.sleep(0.001)
    for _ in range(20):
        for left, right in pairs:
            right.send(b"x")
        await asyncio.sleep(0.001)
    for left, right in pairs:
        loop.remove_reader(left)
        left.close()
        right.close()


async def late_timers(running):
    """Timers that are due as soon as they are set, by a callback that leaves nothing ready."""
    loop = asyncio.get_running_loop()
    left = 0

    def again():
        nonlocal left
        left -= 1
        if left > 0:
            loop.call_at(loop.time() - 1, again)

    while running():
        left = 5
        again()
        await asyncio.sleep(0.003)


async def timers_and_wake_ups(running):
    """The threads end most of these polls, before the timer does."""
    await asyncio.gather(short_timers(running), cancelled_timers(running))


async def with_timers(running):
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    work = [short_timers(running) for _ in range(5)]
    work += [connections(running, address) for _ in range(3)]
    work += [
        cancelled_timers(running),
        ready_bursts(running),
        watchers(running),
        blocking_callbacks(running),
    ]
    await asyncio.gather(*work)
    server.close()


async def without_timers(running):
    """Only threads and sockets end these polls."""
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    await asyncio.gather(*(connections(running, address) for _ in range(2)))
    server.close()


def run_scene(loop, count, polls, scene, threads):
    end = count() + polls

    def running():
        return count() < end

    workers = [
        threading.Thread(target=wake_from_a_thread, args=(loop, running)) for _ in range(threads)
    ]
    for worker in workers:
        worker.start()
    loop.run_until_complete(scene(running))
    for worker in workers:
        worker.join()


def main() -> None:
    copy, polls = sys.argv[1], int(sys.argv[2])
    random.seed(1)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2 * READY_AT_ONCE + 200), most))
    loop = loopscope.Loop()
    count = PollCounter(loop.session_path)
    fifth = polls // 5
    run_scene(loop, count, 2 * fifth, with_timers, threads=0)
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.0007)
    run_scene(loop, count, fifth, timers_and_wake_ups, threads=2)
    run_scene(loop, count, fifth, with_timers, threads=1)
    signal.setitimer(signal.ITIMER_REAL, 0)
    loop.run_until_complete(more_ready_than_one_call_reports())
    run_scene(loop, count, fifth // 20, late_timers, threads=0)
    run_scene(loop, count, fifth, without_timers, threads=2)
    shutil.copyfile(loop.session_path, copy)
    os._exit(0)  # closing the loop would poll once more, which the copy cannot know


if __name__ == "__main__":
    main()
