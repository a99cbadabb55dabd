"""A program whose tasks wait for many kinds of things: causes.py SESSION_COPY WHAT_PYTHON_SAYS

In the middle it writes down, as JSON, where Python itself says that its tasks stand.
"""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import socket
import sys
import threading
import time
import types
from pathlib import Path
from typing import Any

import loopscope


async def sleeper() -> None:
    await asyncio.sleep(0.3)


async def holder(lock: asyncio.Lock) -> None:
    async with lock:
        await asyncio.sleep(0.3)


async def waiter(lock: asyncio.Lock) -> None:
    async with lock:
        pass


async def numbers():
    for number in range(2):
        await asyncio.sleep(0.15)
        yield number


async def reader_of_numbers() -> None:
    async for _ in numbers():
        pass


@types.coroutine
def by_hand(future):
    yield from future


async def in_a_generator(future: asyncio.Future[None]) -> None:
    await by_hand(future)


async def parent(child: asyncio.Task[None]) -> None:
    await child


async def gatherer() -> None:
    await asyncio.gather(asyncio.sleep(0.2), asyncio.sleep(0.3))


async def receiver(sock: socket.socket) -> None:
    await asyncio.get_running_loop().sock_recv(sock, 1)


async def spinner() -> None:
    while True:
        await asyncio.sleep(0)


def work() -> str:
    time.sleep(0.2)
    return threading.current_thread().name


async def in_a_thread() -> str:
    return await asyncio.to_thread(work)


def chain_of(task: asyncio.Task[Any]) -> list[list[Any]]:
    """Where the task stands, outermost first, by the attributes of its coroutines."""
    found = []
    at = task.get_coro()
    while True:
        if isinstance(at, types.CoroutineType):
            code, frame, at = at.cr_code, at.cr_frame, at.cr_await
        elif isinstance(at, types.GeneratorType):
            code, frame, at = at.gi_code, at.gi_frame, at.gi_yieldfrom
        elif type(at).__name__ == "async_generator_asend":
            at = gc.get_referents(at)[0]
            continue
        elif isinstance(at, types.AsyncGeneratorType):
            code, frame, at = at.ag_code, at.ag_frame, at.ag_await
        else:
            return found
        found.append([code.co_name, frame.f_lineno])


async def main(copy: str, said: str) -> None:
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()
    future = loop.create_future()
    pair = socket.socketpair()
    for sock in pair:
        sock.setblocking(False)
    child = asyncio.create_task(sleeper(), name="child")
    tasks = [child]
    for name, coroutine in {
        "holder": holder(lock),
        "waiter": waiter(lock),
        "numbers": reader_of_numbers(),
        "generator": in_a_generator(future),
        "parent": parent(child),
        "gather": gatherer(),
        "spinner": spinner(),
        "thread": in_a_thread(),
        "receiver": receiver(pair[0]),
    }.items():
        tasks.append(asyncio.create_task(coroutine, name=name))
    tasks[1].set_name("renamed")
    with loopscope.span("checkout", order=17):
        loopscope.mark("deploy", version="1.4")
        await asyncio.sleep(0.05)
    gc.collect()
    Path(said).write_text(json.dumps({task.get_name(): chain_of(task) for task in tasks}))
    loopscope.mark("written")
    future.set_result(None)
    pair[1].send(b"x")
    tasks[7].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    worker = tasks[8].result()
    Path(said).with_suffix(".worker").write_text(worker)
    shutil.copy(loop.session_path, copy)


if __name__ == "__main__":
    loopscope.run(main(*sys.argv[1:]))
