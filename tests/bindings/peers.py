"""Peers that do as they please: plain sockets opposite a protocol on the loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

from tcp import Recorder, until


def reset(peer: socket.socket) -> None:
    """Closes with an RST instead of a FIN."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@contextlib.asynccontextmanager
async def opposite(factory=Recorder) -> AsyncIterator[tuple]:
    """A server's protocol, and a non-blocking socket as its only client."""
    loop = asyncio.get_running_loop()
    accepted = []

    def accept():
        accepted.append(factory())
        return accepted[-1]

    server = await loop.create_server(accept, "127.0.0.1", 0)
    with socket.socket() as peer:
        peer.setblocking(False)
        await loop.sock_connect(peer, server.sockets[0].getsockname())
        try:
            await until(lambda: accepted and accepted[0].transport is not None)
            yield accepted[0], peer
        finally:
            server.close()
            for protocol in accepted:
                if protocol.transport is not None and not protocol.lost.done():
                    protocol.transport.abort()
                    await protocol.lost
            await server.wait_closed()
            await asyncio.sleep(0)


async def everything_from(peer: socket.socket) -> bytes:
    loop, received = asyncio.get_running_loop(), bytearray()
    while data := await loop.sock_recv(peer, 1 << 18):
        received += data
    return bytes(received)
