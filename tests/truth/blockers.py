"""Blocks a loop in one of many ways, each for some tenths of a second: blockers.py KIND.

The line that blocks ends with "# here". Before it blocks, the program prints its session's path, and waits for a line,
so that somebody can watch.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable
from typing import Any

import loopscope

SECONDS = 0.4
KINDS: dict[str, Callable[[], Any]] = {}


def kind(function: Callable[[], Any]) -> Callable[[], Any]:
    KINDS[function.__name__] = function
    return function


def sleep_badly() -> None:
    time.sleep(SECONDS)  # here


@kind
async def time_sleep_two_calls_below() -> None:
    def handler() -> None:
        query()

    def query() -> None:
        time.sleep(SECONDS)  # here

    handler()


@kind
async def three_awaits_deep() -> None:
    async def first() -> None:
        await second()

    async def second() -> None:
        await asyncio.sleep(0)
        await third()

    async def third() -> None:
        time.sleep(SECONDS)  # here

    await asyncio.create_task(first())


@kind
async def done_callback() -> None:
    def blocks(_: asyncio.Future[None]) -> None:
        time.sleep(SECONDS)  # here

    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(blocks)
    future.set_result(None)
    await asyncio.sleep(0.01)


@kind
async def data_received() -> None:
    class Blocks(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            time.sleep(SECONDS)  # here

    left, right = socket.socketpair()
    with right:
        await asyncio.get_running_loop().create_connection(Blocks, sock=left)
        right.send(b"x")
        await asyncio.sleep(0.05)


@kind
async def a_timer() -> None:
    def blocks() -> None:
        time.sleep(SECONDS)  # here

    asyncio.get_running_loop().call_later(0.01, blocks)
    await asyncio.sleep(0.1)


@kind
async def a_finalizer() -> None:
    class Blocks:
        def __del__(self) -> None:
            time.sleep(SECONDS)  # here

    blocks = Blocks()
    del blocks


@kind
async def a_generator() -> None:
    def rows() -> Any:
        yield 1
        time.sleep(SECONDS)  # here
        yield 2

    for _ in rows():
        pass


@kind
async def spin() -> None:
    until = time.monotonic() + SECONDS
    all(time.monotonic() < until for _ in iter(int, 1))  # here


@kind
async def compressing() -> None:
    data = os.urandom(1 << 20) * 12
    zlib.compress(data, 9)  # here


@kind
async def a_query() -> None:
    database = sqlite3.connect(":memory:")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000)"
    database.execute(f"{numbers} SELECT sum(i) FROM n").fetchone()  # here
    database.close()


@kind
async def a_regular_expression() -> None:
    re.match(r"(a+)+$", "a" * 23 + "b")  # here


@kind
async def parsing() -> None:
    text = json.dumps({str(i): [i] * 20 for i in range(150_000)})
    await asyncio.sleep(0.01)
    gc.disable()  # its runs would be most of it
    json.loads(text)  # here
    gc.enable()


@kind
async def a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(SECONDS, lock.release).start()
    lock.acquire()  # here


@kind
async def fetching() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_late() -> None:
        peer, _ = listener.accept()
        with peer, listener:
            peer.recv(1000)
            time.sleep(SECONDS)
            peer.send(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=answer_late).start()
    urllib.request.urlopen(f"http://127.0.0.1:{listener.getsockname()[1]}/").close()  # here


@kind
async def receiving() -> None:
    left, right = socket.socketpair()
    threading.Timer(SECONDS, right.send, [b"x"]).start()
    left.recv(1)  # here


@kind
async def a_child() -> None:
    subprocess.run(["sleep", str(SECONDS)], check=True)  # here


@kind
async def reading() -> None:
    read_end, write_end = os.pipe()
    threading.Timer(SECONDS, os.write, [write_end, b"x"]).start()
    os.read(read_end, 1)  # here


@kind
async def collecting() -> None:
    kept = [[i] for i in range(2_500_000)]
    await asyncio.sleep(0.01)
    gc.collect()  # here
    kept.clear()


@kind
async def importing() -> None:
    import slow_to_import  # noqa: F401  # here


def holds_the_gil() -> None:
    # A function in C that gives the GIL to nobody.
    re.match(r"(a+)+$", "a" * 23 + "b")  # here


@kind
async def another_thread_with_the_gil() -> None:
    thread = threading.Timer(0.05, holds_the_gil)
    thread.start()
    while thread.is_alive():
        await asyncio.sleep(0.002)


async def main(name: str) -> None:
    await asyncio.sleep(0.1)
    print(asyncio.get_running_loop().session_path, flush=True)  # type: ignore[attr-defined]
    sys.stdin.readline()
    await asyncio.sleep(0.05)
    await KINDS[name]()  # type: ignore[misc]
    await asyncio.sleep(0.3)
    print("over", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    loopscope.run(main(sys.argv[1]))
