"""An echo server on a loop of choice, written in one of asyncio's four ways: echo_server.py LOOP WAY

It prints its port and ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

from contenders import make_loop


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class BufferedEcho(asyncio.BufferedProtocol):
    def connection_made(self, transport):
        self.transport = transport
        self.buffer = memoryview(bytearray(1 << 18))

    def get_buffer(self, size_hint):
        return self.buffer

    def buffer_updated(self, count):
        self.transport.write(self.buffer[:count])


async def echo_stream(reader, writer):
    with contextlib.suppress(ConnectionError):  # the client leaves in the middle of a message
        while data := await reader.read(1 << 18):
            writer.write(data)
            await writer.drain()
    writer.close()


async def serve_protocol(listener):
    await asyncio.get_running_loop().create_server(Echo, sock=listener)


async def serve_buffered(listener):
    await asyncio.get_running_loop().create_server(BufferedEcho, sock=listener)


async def serve_streams(listener):
    await asyncio.start_server(echo_stream, sock=listener, limit=1 << 20)


async def serve_sock(listener):
    asyncio.ensure_future(accept_sockets(listener))


async def accept_sockets(listener):
    loop = asyncio.get_running_loop()
    while True:
        sock, _ = await loop.sock_accept(listener)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asyncio.ensure_future(echo_sock(loop, sock))


async def echo_sock(loop, sock):
    with sock, contextlib.suppress(ConnectionError):
        while data := await loop.sock_recv(sock, 100 * 1024):
            await loop.sock_sendall(sock, data)


def main() -> None:
    name, way = sys.argv[1:]
    loop = make_loop(name)
    asyncio.set_event_loop(loop)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.setblocking(False)
    loop.run_until_complete(globals()[f"serve_{way}"](listener))
    loop.add_reader(sys.stdin, loop.stop)
    print(listener.getsockname()[1], flush=True)
    loop.run_forever()


main()
