"""A protocol that ends its transport by private methods, and then raises an exception that leaves the loop."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

import loopscope

ENDINGS = ["_detach", "_finish", "_call_connection_lost", "_force_close", "close", "abort"]


class Leaves(KeyboardInterrupt):
    pass


def end(transport: Any, how: str) -> None:
    arguments = [None] if how in ("_call_connection_lost", "_force_close") else []
    getattr(transport, how)(*arguments)


class Receiving(asyncio.Protocol):
    def __init__(self, how: str, where: str) -> None:
        self.how, self.where = how, where
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def act(self, where: str) -> None:
        if where == self.where:
            end(self.transport, self.how)
            raise Leaves

    def data_received(self, data: bytes) -> None:
        self.act("data_received")

    def eof_received(self) -> None:
        self.act("eof_received")

    def pause_writing(self) -> None:
        self.act("pause_writing")

    def resume_writing(self) -> None:
        self.act("resume_writing")


class Buffered(asyncio.BufferedProtocol):
    def __init__(self, how: str, where: str) -> None:
        self.how, self.where = how, where
        self.transport: Any = None
        self.buffer = bytearray(10)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def act(self, where: str) -> None:
        if where.startswith(self.where):
            end(self.transport, self.how)
            if where == self.where:
                raise Leaves

    def get_buffer(self, sizehint: int) -> bytearray:
        self.act("get_buffer")
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.act("buffer_updated")


def provoke(loop: loopscope.Loop, protocol: Any) -> None:
    mine, theirs = socket.socketpair()
    theirs.setblocking(False)

    async def scenario() -> None:
        transport: Any
        transport, _ = await loop.create_connection(lambda: protocol, sock=mine)
        if "writing" in protocol.where:
            transport.write(bytes(1_000_000))
            for _ in range(20):
                await asyncio.sleep(0)
                try:
                    theirs.recv(1_000_000)
                except BlockingIOError:
                    pass
        else:
            theirs.send(b"x")
            theirs.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0.02)

    try:
        loop.run_until_complete(scenario())
    except Leaves:
        pass
    finally:
        theirs.close()
        if protocol.transport is not None and protocol.transport._loop is not None:
            protocol.transport.abort()
        loop.run_until_complete(asyncio.sleep(0.01))
        mine.close()


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize(
    "where", ["data_received", "eof_received", "pause_writing", "resume_writing"]
)
def test_the_process_lives_on(where: str, how: str, ours: loopscope.Loop) -> None:
    provoke(ours, Receiving(how, where))


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("where", ["get_buffer", "buffer_updated", "get_buff"])
def test_the_process_lives_on_with_a_buffer_of_the_protocols(
    where: str, how: str, ours: loopscope.Loop
) -> None:
    """At "get_buff" get_buffer() ends the transport and returns a buffer."""
    provoke(ours, Buffered(how, where))
