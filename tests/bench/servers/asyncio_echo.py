"""An echo server on a loop of choice, written in one of asyncio's ways: asyncio_echo.py LOOP WAY DESCRIPTOR [PEM]

WAY is protocol, buffered, streams, sock or datagram; with a PEM file it speaks TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys

from bench_server import inherited_socket, serve


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class BufferedEcho(asyncio.BufferedProtocol):
    """A buffer for each connection. uvloop writes late, and would send one connection's bytes to another."""

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = memoryview(bytearray(1 << 18))

    def get_buffer(self, size_hint):
        return self.buffer

    def buffer_updated(self, count):
        self.transport.write(self.buffer[:count])


class DatagramEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def echo_stream(reader, writer):
    with contextlib.suppress(ConnectionError):  # the client leaves in the middle of a message
        while data := await reader.read(1 << 18):
            writer.write(data)
            await writer.drain()
    writer.close()


async def echo_sock(loop, sock):
    with sock, contextlib.suppress(ConnectionError):
        while data := await loop.sock_recv(sock, 1 << 18):
            await loop.sock_sendall(sock, data)


async def accept_sockets(listener):
    loop = asyncio.get_running_loop()
    connections = set()
    while True:
        sock, _ = await loop.sock_accept(listener)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = loop.create_task(echo_sock(loop, sock))
        connections.add(task)
        task.add_done_callback(connections.discard)


def make_server(way, sock, context):
    loop = asyncio.get_running_loop()
    options = {"ssl": context, "backlog": 4096}
    is_unix = sock.family == socket.AF_UNIX
    create = loop.create_unix_server if is_unix else loop.create_server
    if way == "protocol":
        return create(Echo, sock=sock, **options)
    if way == "buffered":
        return create(BufferedEcho, sock=sock, **options)
    if way == "streams":
        start = asyncio.start_unix_server if is_unix else asyncio.start_server
        return start(echo_stream, sock=sock, limit=1 << 20, **options)
    if way == "datagram":
        return loop.create_datagram_endpoint(DatagramEcho, sock=sock)
    return accept_sockets(sock)


def tls_context(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def run(way, descriptor, pem=None):
    await make_server(way, inherited_socket(descriptor), tls_context(pem) if pem else None)


serve(sys.argv[1], lambda: run(*sys.argv[2:]))
