"""asyncio may pass keywords to its loop that are newer than this package. None of them fails silently."""

from __future__ import annotations

import asyncio
import os
import socket

import loopscope
import pytest
from tcp import Recorder, until
from tls import client_context, server_context
from versions import stock_differs

CALLS_OF_A_NEWER_ASYNCIO = [
    "_make_socket_transport",
    "_make_ssl_transport",
    "_make_datagram_transport",
    "_make_read_pipe_transport",
    "_make_write_pipe_transport",
    "_start_serving",
    "_accept_connection2",
]


@pytest.fixture(params=CALLS_OF_A_NEWER_ASYNCIO)
def newer_asyncio(request, monkeypatch):
    """An asyncio whose loop calls one of its own methods with a keyword that this package does not know."""
    name = request.param
    heard = []
    stock = getattr(asyncio.SelectorEventLoop, name)
    ours = getattr(loopscope.Loop, name)

    def as_asyncio_knows_it(self, *args, colour, **keywords):
        heard.append(colour)
        return stock(self, *args, **keywords)

    def as_asyncio_calls_it(self, *args, **keywords):
        return ours(self, *args, colour="blue", **keywords)

    for owner in asyncio.SelectorEventLoop.__mro__:
        if name in vars(owner):
            monkeypatch.setattr(owner, name, as_asyncio_knows_it)
            break
    monkeypatch.setattr(loopscope.Loop, name, as_asyncio_calls_it)
    return heard


class Echo(Recorder):
    def data_received(self, data):
        super().data_received(data)
        self.transport.write(data)


async def echo_over_a_stream(loop, server_side, client_side):
    server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=server_side)
    name = {"server_hostname": "localhost"} if client_side else {}
    transport, client = await loop.create_connection(
        Recorder, *server.sockets[0].getsockname(), ssl=client_side, **name
    )
    transport.write(b"hello")
    await until(lambda: client.received == b"hello")
    transport.close()
    await client.lost
    server.close()
    await server.wait_closed()


async def echo_over_datagrams(loop):
    class Answering(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, address):
            self.transport.sendto(data, address)

    class Asking(asyncio.DatagramProtocol):
        received = b""

        def datagram_received(self, data, address):
            self.received += data

    local = ("127.0.0.1", 0)
    remote, _ = await loop.create_datagram_endpoint(Answering, local_addr=local)
    address = remote.get_extra_info("sockname")
    transport, asking = await loop.create_datagram_endpoint(Asking, remote_addr=address)
    transport.sendto(b"hello")
    await until(lambda: asking.received == b"hello")
    transport.close()
    remote.close()
    await asyncio.sleep(0)


async def send_through_a_pipe(loop):
    read_fd, write_fd = os.pipe()
    _, protocol = await loop.connect_read_pipe(Recorder, os.fdopen(read_fd, "rb", 0))
    writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write_fd, "wb", 0))
    writing.write(b"hello")
    await until(lambda: protocol.received == b"hello")
    writing.close()
    await protocol.lost


def test_a_keyword_that_is_not_known_is_left_to_asyncios_own_code(newer_asyncio):
    loop = loopscope.new_event_loop()
    reports = []
    loop.set_exception_handler(lambda _, context: reports.append(context))

    async def main():
        await echo_over_a_stream(loop, None, None)
        await echo_over_a_stream(loop, server_context(), client_context())
        await echo_over_datagrams(loop)
        await send_through_a_pipe(loop)

    loop.run_until_complete(main())
    loop.close()
    assert set(newer_asyncio) == {"blue"}
    assert reports == []


@pytest.mark.parametrize("option", ["colour", "context"])
def test_a_keyword_that_nobody_knows_is_an_error(option):
    loop = loopscope.new_event_loop()
    left, right = socket.socketpair()
    with left, right:
        for refused in (loop._make_socket_transport, loop._make_datagram_transport):
            with pytest.raises(TypeError):
                refused(left, asyncio.Protocol(), **{option: "blue"})
        coroutine = loop.start_tls(None, None, client_context(), **{option: "blue"})
        with pytest.raises(TypeError, match=option):
            loop.run_until_complete(coroutine)
        for refused in (loop.call_soon, loop._add_reader, loop._add_writer):
            with pytest.raises(TypeError, match=option):
                refused(left, print, **{option: "blue"})
    loop.close()


# -- servers ---------------------------------------------------------------------------------------------------


async def connect_in_vain(loop, factory, **options):
    server = await loop.create_server(factory, "127.0.0.1", 0, **options)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    server.close()
    await server.wait_closed()


@stock_differs("says it in debug mode only")
@pytest.mark.parametrize("debug", [False, True])
def test_a_server_whose_factory_raises_says_so_once(loop, errors, debug):
    def factory():
        raise LookupError("no protocol today")

    loop.set_debug(debug)
    loop.run_until_complete(connect_in_vain(loop, factory))
    assert [str(report["exception"]) for report in errors] == ["no protocol today"]
    assert errors[0]["message"] == "Error on transport creation for incoming connection"
    errors.clear()


class NoProtocol:
    def __getattr__(self, name):
        raise LookupError(f"no {name} today")


@stock_differs("says it in debug mode only")
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_cannot_make_a_transport_says_so_once(loop, errors, debug, tls):
    """This is how every server of the loop would act if asyncio passed an unknown keyword."""
    refused = {"ssl": server_context(), "ssl_handshake_timeout": -1} if tls else {}
    loop.set_debug(debug)
    loop.run_until_complete(connect_in_vain(loop, NoProtocol, **refused))
    assert [type(report["exception"]) for report in errors] == [ValueError if tls else LookupError]
    errors.clear()
