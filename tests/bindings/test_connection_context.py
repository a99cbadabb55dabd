"""From Python 3.15 on a connection has one context, in which all of its protocol's methods run."""

from __future__ import annotations

import asyncio
import contextvars
import socket

import pytest
from tcp import Recorder, until
from tls import client_context, server_context
from versions import since

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")
pytestmark = since((3, 15), "a context of a connection's own")
TLS = pytest.mark.parametrize("tls", [False, True])


class Asking(Recorder):
    """Writes down for whom it is called."""

    def __init__(self):
        super().__init__()
        self.called_for = {}

    def note(self, method):
        self.called_for.setdefault(method, set()).add(who.get())

    def connection_made(self, transport):
        super().connection_made(transport)
        self.note("connection_made")

    def data_received(self, data):
        super().data_received(data)
        self.note("data_received")

    def eof_received(self):
        super().eof_received()
        self.note("eof_received")

    def pause_writing(self):
        super().pause_writing()
        self.note("pause_writing")

    def resume_writing(self):
        super().resume_writing()
        self.note("resume_writing")

    def connection_lost(self, error):
        super().connection_lost(error)
        self.note("connection_lost")


def options(tls, side):
    if not tls:
        return {}
    return {"ssl": server_context()} if side == "server" else {"ssl": client_context()}


async def serve(loop, factory, tls):
    accepted = []

    def remembering():
        accepted.append(factory())
        return accepted[-1]

    server = await loop.create_server(remembering, "127.0.0.1", 0, **options(tls, "server"))
    return server, accepted


async def connect(loop, factory, server, tls, **more):
    address = () if "sock" in more else server.sockets[0].getsockname()
    if tls:
        more.update(options(tls, "client"), server_hostname="localhost")
    return await loop.create_connection(factory, *address, **more)


@TLS
def test_every_method_is_called_in_the_context_of_whoever_connected_or_served(loop, tls):
    async def main():
        who.set("server")
        server, accepted = await serve(loop, Asking, tls)
        who.set("client")
        transport, client = await connect(loop, Asking, server, tls)
        await until(lambda: accepted and accepted[0].transport is not None)
        who.set("somebody else")
        accepted[0].transport.write(b"hello")
        await until(lambda: client.received == b"hello")
        if not tls:  # which reads on in the context of whoever resumes
            transport.pause_reading()
            accepted[0].transport.write(bytes(20_000_000))
            await asyncio.sleep(0.05)
            transport.resume_reading()
            await until(lambda: len(client.received) > 20_000_000)
        accepted[0].transport.close()
        await client.lost
        await accepted[0].lost
        server.close()
        return client.called_for, accepted[0].called_for

    client, remote = loop.run_until_complete(main())
    assert set(client) >= {"connection_made", "data_received", "connection_lost"}
    assert set(remote) >= {"connection_made", "connection_lost"}
    assert tls or "resume_writing" in remote
    remote.pop("pause_writing", None)  # inside of write(): of whoever writes
    assert set.union(*client.values()) == {"client"}
    assert set.union(*remote.values()) == {"server"}


@TLS
def test_what_one_method_sets_the_next_one_sees_and_no_other_connection(loop, tls):
    class Naming(Recorder):
        names = iter("ab")

        def connection_made(self, transport):
            super().connection_made(transport)
            who.set(next(Naming.names))

        def data_received(self, data):
            super().data_received(data)
            self.transport.write(who.get().encode())

    async def main():
        server, _ = await serve(loop, Naming, tls)
        clients = [await connect(loop, Recorder, server, tls) for _ in range(2)]
        for transport, _ in clients:
            transport.write(b"who?")
        await until(lambda: all(client.received for _, client in clients))
        for transport, client in clients:
            transport.close()
            await client.lost
        server.close()
        await server.wait_closed()
        return sorted(bytes(client.received) for _, client in clients), who.get()

    assert loop.run_until_complete(main()) == ([b"a", b"b"], "nobody")


def test_a_socket_that_asyncios_own_transport_serves_has_its_context_too(loop):
    class Counting(socket.socket):
        def recv(self, *args):
            return super().recv(*args)

    async def main():
        server, accepted = await serve(loop, Asking, False)
        sock = Counting()
        sock.setblocking(False)
        await loop.sock_connect(sock, server.sockets[0].getsockname())
        who.set("client")
        transport, client = await connect(loop, Asking, server, False, sock=sock)
        who.set("somebody else")
        transport.pause_reading()
        transport.resume_reading()
        await until(lambda: accepted)
        accepted[0].transport.write(b"hello")
        await until(lambda: client.received)
        transport.close()
        await client.lost
        await accepted[0].lost
        server.close()
        return set.union(*client.called_for.values())

    assert loop.run_until_complete(main()) == {"client"}


def test_a_connection_keeps_its_context_as_asyncios_does(loop):
    async def main():
        server, _ = await serve(loop, Recorder, False)
        transport, client = await connect(loop, Recorder, server, False)
        context = transport._context
        transport.close()
        await client.lost
        server.close()
        return type(context)

    assert loop.run_until_complete(main()) is contextvars.Context
