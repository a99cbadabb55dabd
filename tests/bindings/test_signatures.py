"""The loop's methods take asyncio's arguments, by position and by keyword, and have asyncio's signatures."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

import loopscope


def parameters(function: Any) -> list[tuple[str, inspect._ParameterKind, object]]:
    return [
        (it.name, it.kind, it.default) for it in inspect.signature(function).parameters.values()
    ]


def public_methods(type_: type) -> Iterator[str]:
    for name in dir(type_):
        if not name.startswith("_") and callable(getattr(type_, name)):
            yield name


async def transports(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    mine, theirs = socket.socketpair()
    stream, _ = await loop.create_connection(asyncio.Protocol, sock=mine)
    datagram, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    stream.write(b"x")
    theirs.close()
    return {"stream": stream, "datagram": datagram}


def things_of(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """The objects that a program gets from a loop and whose methods it calls."""
    timer = loop.call_later(100, print)
    soon = loop.call_soon(int)
    things = {"loop": loop, "timer": timer, "handle": soon}
    things.update(loop.run_until_complete(transports(loop)))
    timer.cancel()
    return things


@pytest.fixture
def stock() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.SelectorEventLoop()
    yield loop
    loop.close()


@pytest.mark.parametrize("which", ["loop", "timer", "handle", "stream", "datagram"])
def test_each_public_method_has_asyncios_signature(
    which: str, ours: loopscope.Loop, stock: asyncio.AbstractEventLoop
) -> None:
    mine, asyncios = things_of(ours), things_of(stock)
    different = {}
    for name in public_methods(type(asyncios[which])):
        wanted = parameters(getattr(asyncios[which], name))
        if parameters(getattr(mine[which], name)) != wanted:
            different[name] = inspect.signature(getattr(mine[which], name))
    close(ours, mine)
    close(stock, asyncios)
    assert different == {}


def close(loop: asyncio.AbstractEventLoop, things: dict[str, Any]) -> None:
    things["stream"].abort()
    things["datagram"].abort()
    loop.run_until_complete(asyncio.sleep(0.01))


def test_a_loop_can_be_the_spec_of_a_mock_and_be_looked_through(
    loop: asyncio.AbstractEventLoop,
) -> None:
    mock.Mock(spec=loop)
    mock.AsyncMock(spec=loop)
    mock.create_autospec(loop)
    inspect.getmembers(loop)
    assert not hasattr(loop, "_nest_patched")
    for name in dir(loop):
        getattr(loop, name)


CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "call_soon": lambda loop, f: loop.call_soon(callback=f),
    "call_soon_threadsafe": lambda loop, f: loop.call_soon_threadsafe(callback=f, context=None),
    "call_later, callback": lambda loop, f: loop.call_later(0, callback=f),
    "call_later, both": lambda loop, f: loop.call_later(callback=f, delay=0),
    "call_at": lambda loop, f: loop.call_at(context=None, when=loop.time(), callback=f),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_callback_can_be_given_by_keyword(call: str, loop: asyncio.AbstractEventLoop) -> None:
    called: list[bool] = []
    CALLS[call](loop, lambda: called.append(True))
    loop.run_until_complete(asyncio.sleep(0.01))
    assert called == [True]


WRONG: dict[str, Callable[[Any], Any]] = {
    "twice": lambda loop: loop.call_soon(int, callback=int),
    "twice, with arguments": lambda loop: loop.call_soon(int, 1, callback=int),
    "delay twice": lambda loop: loop.call_later(0, int, delay=1),
    "no callback": lambda loop: loop.call_later(delay=0),
    "no delay": lambda loop: loop.call_later(callback=int),
    "nothing": lambda loop: loop.call_soon(),
    "unknown": lambda loop: loop.call_soon(int, kontext=None),
    "unknown beside a known one": lambda loop: loop.call_soon(callback=int, kontext=None),
}


@pytest.mark.parametrize("call", WRONG)
def test_wrong_arguments_are_type_errors(call: str, loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(TypeError):
        WRONG[call](loop)


def test_transports_take_their_arguments_by_keyword(loop: asyncio.AbstractEventLoop) -> None:
    mine, theirs = socket.socketpair()
    transport: Any
    transport, _ = loop.run_until_complete(loop.create_connection(asyncio.Protocol, sock=mine))
    transport.write(data=b"hello")
    transport.set_protocol(protocol=asyncio.Protocol())
    for wrong in ((), (b"a", b"b")):
        with pytest.raises(TypeError):
            transport.write(*wrong)
    with pytest.raises(TypeError):
        transport.write(b"a", data=b"b")
    with pytest.raises(TypeError):
        transport.write(date=b"b")
    assert theirs.recv(100) == b"hello"
    transport.abort()
    theirs.close()
    loop.run_until_complete(asyncio.sleep(0.01))
