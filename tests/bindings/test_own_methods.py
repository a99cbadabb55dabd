"""The public methods of a loop that asyncio calls through the loop are called there on loopscope, too.

A program may replace any of them, in a subclass or on one loop. Each scenario runs on asyncio's own
loop and on ours with all methods watched. Both must call the same ones.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import threading

import pytest
from loops import factory_of

METHODS = (
    "call_at call_later call_soon call_soon_threadsafe create_future create_task call_exception_handler"
    " default_exception_handler is_running get_debug stop add_reader add_writer remove_writer"
    " sock_recv sock_sendall sock_accept sock_connect getaddrinfo run_in_executor"
).split()


class Watched:
    """A loop whose methods say when they are called."""

    def __init__(self, loop_name: str, way: str) -> None:
        self.called: set[str] = set()
        factory = factory_of(loop_name)
        if way == "on the loop":
            self.loop = factory()
            for name in METHODS:
                setattr(self.loop, name, self.watched(name, getattr(self.loop, name)))
            return
        first = factory()
        first.close()
        base = type(first)
        own = {name: self.watched(name, getattr(base, name)) for name in METHODS}
        self.loop = type("Watched", (base,), own)()

    def watched(self, name, method):
        @functools.wraps(method)
        def call(*args, **keywords):
            self.called.add(name)
            return method(*args, **keywords)

        return call


async def a_timer(loop):
    fired = loop.create_future()
    loop.call_later(0.001, fired.set_result, None)
    loop.call_later(1, print).cancel()
    await fired


async def a_timer_at(loop):
    fired = loop.create_future()
    loop.call_at(loop.time() + 0.001, fired.set_result, None)
    await fired


async def a_timeout(loop):
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(loop.create_future(), 0.001)


async def a_callback(loop):
    ran = loop.create_future()
    loop.call_soon(ran.set_result, None)
    await ran


async def another_thread(loop):
    ran = loop.create_future()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(ran.set_result, None))
    thread.start()
    await ran
    thread.join()


async def a_callback_that_raises(loop):
    loop.call_soon(int, "x")
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def a_socket_that_is_waited_for(loop):
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        receiving = asyncio.ensure_future(loop.sock_recv(left, 10))
        await asyncio.sleep(0)
        await loop.sock_sendall(right, b"x")
        assert await receiving == b"x"


async def a_reader(loop):
    left, right = socket.socketpair()
    with left, right:
        ready = loop.create_future()

        def read():
            loop.remove_reader(left)
            ready.set_result(None)

        loop.add_reader(left, read)
        right.send(b"x")
        await ready


async def a_connection(loop):
    async def echo(reader, writer):
        writer.write(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    assert await reader.read() == b"x"
    writer.close()
    await writer.wait_closed()
    server.close()


SCENARIOS = (
    a_timer,
    a_timer_at,
    a_timeout,
    a_callback,
    another_thread,
    a_callback_that_raises,
    a_socket_that_is_waited_for,
    a_reader,
    a_connection,
)


def called_in(scenario, loop_name: str, way: str) -> set[str]:
    watched = Watched(loop_name, way)
    try:
        watched.loop.run_until_complete(scenario(watched.loop))
    finally:
        watched.loop.close()
    return watched.called


@pytest.mark.parametrize("way", ["in a subclass", "on the loop"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_same_methods_are_called_as_on_asyncio(scenario, way, caplog):
    stock = called_in(scenario, "stock", way)
    assert called_in(scenario, "loopscope", way) == stock
