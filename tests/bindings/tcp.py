"""The common part of the tests of TCP: protocols that write down what happens to them, and connected pairs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from programs import PATIENCE_S
from versions import time_limit


class Recorder(asyncio.Protocol):
    """Writes down what happens to it."""

    def __init__(self) -> None:
        self.events: list = []
        self.transport: asyncio.Transport | None = None
        self.received = bytearray()
        self.lost: asyncio.Future = asyncio.get_running_loop().create_future()
        self.keep_open_on_eof = False

    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")

    def data_received(self, data):
        self.received += data
        self.events.append("data")

    def eof_received(self):
        self.events.append("eof")
        return self.keep_open_on_eof

    def pause_writing(self):
        self.events.append("pause")

    def resume_writing(self):
        self.events.append("resume")

    def connection_lost(self, error):
        self.events.append("lost")
        self.lost.set_result(error)


async def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Waits, turn by turn, until the condition holds."""
    async with time_limit(seconds):
        while not condition():
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def connected(server_factory=Recorder, client_factory=Recorder) -> AsyncIterator[tuple]:
    """A server's protocol and a client's, connected over TCP; both are closed at the end."""
    loop = asyncio.get_running_loop()
    accepted: asyncio.Future = loop.create_future()

    def factory():
        protocol = server_factory()
        accepted.set_result(protocol)
        return protocol

    server = await loop.create_server(factory, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    transport, client = await loop.create_connection(client_factory, *address)
    remote = await accepted
    await until(lambda: getattr(remote, "transport", True) is not None)
    try:
        yield remote, client
    finally:
        for protocol in (remote, client):
            if protocol.transport is not None and not protocol.transport.is_closing():
                protocol.transport.abort()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)
