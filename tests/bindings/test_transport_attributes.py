"""Programs can set attributes and patch methods of transports. Protocol methods are looked up at each call."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sys
import weakref
from unittest import mock

import pytest
import tcp
import tls
from tcp import Recorder, until


@contextlib.asynccontextmanager
async def connected_datagrams(factory=Recorder, _=None):
    """Two datagram transports' protocols, each the other's peer."""

    class Datagrams(Recorder):
        def datagram_received(self, data, addr):
            self.received += data

    sockets = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]
    for end in sockets:
        end.bind(("127.0.0.1", 0))
        end.setblocking(False)
    sockets[0].connect(sockets[1].getsockname())
    sockets[1].connect(sockets[0].getsockname())
    loop = asyncio.get_running_loop()
    ends = [(await loop.create_datagram_endpoint(Datagrams, sock=end))[1] for end in sockets]
    try:
        yield tuple(ends)
    finally:
        for protocol in ends:
            protocol.transport.abort()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def connected_pipes(*_):
    """Not a pair that talks: the same transport twice, of a pipe's writing end."""
    left, right = socket.socketpair()
    with left:
        transport, protocol = await asyncio.get_running_loop().connect_write_pipe(Recorder, right)
        yield protocol, protocol
        transport.abort()
        await asyncio.sleep(0)


every_kind = pytest.mark.parametrize(
    "pair", [tcp.connected, tls.connected, connected_datagrams, connected_pipes]
)
streams = pytest.mark.parametrize("pair", [tcp.connected, tls.connected])


def run(loop, pair, scenario, *factories):
    async def main():
        async with pair(*factories) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


@every_kind
def test_a_transport_takes_attributes(loop, pair):
    async def scenario(remote, client):
        for transport in (remote.transport, client.transport):
            with pytest.raises(AttributeError):
                transport.note  # noqa: B018
            transport.note = [1]
            assert transport.note == [1]
            assert vars(transport)["note"] == [1]
            del transport.note
            assert not hasattr(transport, "note")
            setattr(transport, "x" * 100, transport)  # a cycle that the collector has to find

    run(loop, pair, scenario)


@every_kind
def test_attributes_go_with_their_transport(loop, pair):
    class Noticed:
        pass

    seen = []

    async def scenario(remote, client):
        for protocol in (remote, client):
            noticed = Noticed()
            noticed.transport = protocol.transport
            protocol.transport.noticed = noticed
            seen.append(weakref.ref(noticed))

    run(loop, pair, scenario)
    gc.collect()
    assert [noticed() for noticed in seen] == [None, None]


@streams
def test_a_patched_write_is_what_the_program_calls(loop, pair):
    async def scenario(remote, client):
        written = []
        transport = client.transport
        transport.write = written.append
        transport.write(b"not sent")
        del transport.write
        transport.write(b"sent")
        await until(lambda: remote.received == b"sent")
        assert written == [b"not sent"]

    run(loop, pair, scenario)


@pytest.mark.parametrize("pair", [tcp.connected, connected_datagrams, connected_pipes])
@pytest.mark.parametrize("patched", ["asyncio.BaseTransport", "asyncio.transports.BaseTransport"])
def test_a_get_extra_info_patched_on_asyncio_s_class_answers(loop, pair, patched):
    async def scenario(remote, client):
        with mock.patch(f"{patched}.get_extra_info") as get_extra_info:
            get_extra_info.return_value = ("peer", 1234)
            assert client.transport.get_extra_info("peername") == ("peer", 1234)
        get_extra_info.assert_called_once_with("peername")
        assert client.transport.get_extra_info("peername") != ("peer", 1234)

    run(loop, pair, scenario)


def test_a_stream_writer_writes_by_the_patched_method(loop):
    async def main():
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        written = []
        writer.transport.write = written.append
        writer.write(b"hello")
        writer.transport.is_closing = lambda: "maybe"
        assert writer.is_closing() == "maybe"
        writer.transport.get_extra_info = lambda name, default=None: name.upper()
        assert writer.get_extra_info("peername") == "PEERNAME"
        assert written == [b"hello"]
        writer.transport.abort()
        server.close()
        await server.wait_closed()

    loop.run_until_complete(main())


def test_a_patched_close_is_called_at_the_end_of_the_stream(loop):
    async def scenario(remote, client):
        closed = []
        transport = remote.transport
        transport.close = lambda: closed.append(transport.is_closing()) or type(transport).close(
            transport
        )
        client.transport.write_eof()
        await remote.lost
        assert closed == [False]

    run(loop, tcp.connected, scenario)


def test_what_a_patched_close_raises_is_reported(loop, errors):
    async def scenario(remote, client):
        def close():
            raise LookupError("not today")

        remote.transport.close = close
        client.transport.write_eof()
        await until(lambda: errors)
        assert type(errors[0]["exception"]) is LookupError
        assert not remote.transport.is_closing()
        del remote.transport.close

    run(loop, tcp.connected, scenario)


def test_what_tls_writes_goes_through_the_patched_method_below(loop):
    async def scenario(remote, client):
        below = client.transport._ssl_protocol._transport
        sizes = []

        def write(data):
            sizes.append(len(data))
            type(below).write(below, data)

        below.write = write
        client.transport.write(b"hello")
        await until(lambda: remote.received == b"hello")
        assert len(sizes) == 1
        assert sizes[0] > len(b"hello")

    run(loop, tls.connected, scenario)


def test_a_patched_fatal_error_is_told(loop):
    async def scenario(remote, client):
        told = []

        def fail(data):
            raise LookupError("not today")

        remote.transport._fatal_error = lambda error, message="": told.append((error, message))
        remote.data_received = fail
        client.transport.write(b"x")
        await until(lambda: told)
        error, message = told[0]
        assert type(error) is LookupError
        assert message == "Fatal error: protocol.data_received() call failed."

    run(loop, tcp.connected, scenario)


@streams
def test_a_protocol_s_patched_methods_are_called(loop, pair):
    """Each is looked up when it is called."""

    async def scenario(remote, client):
        calls = []
        client.transport.write(b"before")
        await until(lambda: remote.received == b"before")
        remote.data_received = lambda data: calls.append(("data", bytes(data)))
        remote.eof_received = lambda: calls.append("eof")
        lost = asyncio.get_running_loop().create_future()
        remote.connection_lost = lost.set_result
        client.transport.write(b"after")
        await until(lambda: calls == [("data", b"after")])
        client.transport.close()
        await lost
        # asyncio's TLS of 3.9 and 3.10 tells nobody of the end
        tells_the_end = pair is tcp.connected or sys.version_info >= (3, 11)
        assert calls[1:] == (["eof"] if tells_the_end else [])
        assert remote.received == b"before"

    run(loop, pair, scenario)


def test_a_protocol_s_patched_flow_control_is_called(loop):
    async def scenario(remote, client):
        calls = []
        client.pause_writing = lambda: calls.append("pause")
        client.resume_writing = lambda: calls.append("resume")
        client.transport.write(b"x" * 20_000_000)
        assert calls == ["pause"]
        await until(lambda: calls == ["pause", "resume"])
        assert "pause" not in client.events

    run(loop, tcp.connected, scenario)


def test_a_buffered_protocol_s_patched_methods_are_called(loop):
    class Buffered(asyncio.BufferedProtocol):
        transport = None

        def __init__(self):
            self.buffer = bytearray(100)

        def connection_made(self, transport):
            self.transport = transport

        def get_buffer(self, size_hint):
            return self.buffer

        def buffer_updated(self, size):
            raise AssertionError("the patched one is called")

    async def scenario(remote, client):
        calls = []
        other = bytearray(100)
        remote.get_buffer = lambda size_hint: other
        remote.buffer_updated = calls.append
        client.transport.write(b"hello")
        await until(lambda: calls == [5])
        assert other[:5] == b"hello"

    run(loop, tcp.connected, scenario, Buffered)


def test_a_patched_datagram_received_is_called(loop):
    async def scenario(remote, client):
        calls = []
        remote.datagram_received = lambda data, addr: calls.append(data)
        client.transport.sendto(b"hello")
        await until(lambda: calls == [b"hello"])

    run(loop, connected_datagrams, scenario)


def test_a_transport_without_attributes_has_no_dict_and_is_no_larger_for_it(ours):
    async def scenario(remote, client):
        before = sys.getsizeof(client.transport)
        assert {} not in gc.get_referents(client.transport)
        client.transport.note = 1
        assert sys.getsizeof(client.transport) == before
        assert {"note": 1} in gc.get_referents(client.transport)

    run(ours, tcp.connected, scenario)
