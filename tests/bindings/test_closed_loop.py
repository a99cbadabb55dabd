"""Objects that are still open when their loop is closed. Methods that need the loop say that it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import threading
import warnings

import pytest
from tcp import Recorder
from tls import client_context, server_context

BIG = b"x" * (8 << 20)  # more than any socket's buffer takes
CLOSED = "Event loop is closed"


@contextlib.contextmanager
def nothing_said_of_what_is_left():
    """Transports that nobody closed warn, and report the closed loop. Their sockets are closed all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


@pytest.fixture
def left_open(loop):
    """Makes a transport of the loop, closes the loop, and returns the transport and its peer."""
    peers = []

    def make(connect):
        transport, peer = loop.run_until_complete(connect(loop))
        peers.append(peer)
        loop.close()
        return transport

    with nothing_said_of_what_is_left():
        yield make
        for peer in peers:
            peer.close()
        peers.clear()


async def tcp(loop):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport, _ = await loop.create_connection(Recorder, *listener.getsockname())
        return transport, listener.accept()[0]


async def unix(loop):
    left, right = socket.socketpair()
    transport, _ = await loop.create_connection(Recorder, sock=left)
    return transport, right


async def udp(loop):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=peer.getsockname()
    )
    return transport, peer


async def tls(loop):
    accepted = loop.create_future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport):
            accepted.set_result(transport)

    server = await loop.create_server(Accepted, "127.0.0.1", 0, ssl=server_context())
    transport, _ = await loop.create_connection(
        Recorder,
        *server.sockets[0].getsockname(),
        ssl=client_context(),
        server_hostname="localhost",
    )
    peer = await accepted
    peer.pause_reading()
    server.close()
    return transport, peer


STREAMS = [tcp, unix]


def closed_loop():
    return pytest.raises(RuntimeError, match=CLOSED)


@pytest.mark.parametrize("connect", STREAMS)
def test_a_write_that_does_not_fit_says_so(left_open, connect):
    transport = left_open(connect)
    with closed_loop():
        transport.write(BIG)
    assert transport.get_write_buffer_size() == 0


@pytest.mark.parametrize("connect", STREAMS)
def test_a_write_that_fits_is_sent(loop, connect):
    with nothing_said_of_what_is_left():
        transport, peer = loop.run_until_complete(connect(loop))
        loop.close()
        transport.write(b"hello")
        assert peer.recv(100) == b"hello"
        peer.close()
        del transport


@pytest.mark.parametrize("connect", STREAMS)
def test_reading_cannot_be_resumed(loop, connect):
    with nothing_said_of_what_is_left():
        transport, peer = loop.run_until_complete(connect(loop))
        transport.pause_reading()
        loop.close()
        with closed_loop():
            transport.resume_reading()
        peer.close()
        del transport


@pytest.mark.parametrize("connect", [*STREAMS, udp])
@pytest.mark.parametrize("method", ["close", "abort"])
def test_an_end_that_nobody_can_be_told_of_says_so(left_open, connect, method):
    transport = left_open(connect)
    with closed_loop():
        getattr(transport, method)()
    assert transport.is_closing()


@pytest.mark.parametrize("connect", [*STREAMS, udp])
def test_an_end_from_another_thread_says_so(left_open, connect):
    transport = left_open(connect)
    raised = []

    def end():
        try:
            transport.abort()
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()
    assert raised == [CLOSED]


def test_a_write_over_tls_says_so_or_is_reported(loop, caplog):
    with nothing_said_of_what_is_left():
        transport, peer = loop.run_until_complete(tls(loop))
        loop.close()
        with contextlib.suppress(RuntimeError):
            transport.write(BIG)
        for end in (transport.close, transport.abort, peer.abort):
            with contextlib.suppress(RuntimeError):
                end()
        del transport, peer, end
    caplog.clear()


def test_a_datagram_that_does_not_fit_says_so(loop):
    async def connect():
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=left)
        return transport, right

    with nothing_said_of_what_is_left():
        transport, peer = loop.run_until_complete(connect())
        loop.close()
        with closed_loop():
            while True:
                transport.sendto(b"x" * 1000, None)
        peer.close()
        del transport


@pytest.mark.parametrize(
    "call",
    [
        lambda loop, sock: loop.call_soon(print),
        lambda loop, sock: loop.call_soon_threadsafe(print),
        lambda loop, sock: loop.call_later(1, print),
        lambda loop, sock: loop.call_at(1, print),
        lambda loop, sock: loop.add_reader(sock, print),
        lambda loop, sock: loop.add_writer(sock, print),
        lambda loop, sock: loop._add_reader(sock, print),
        lambda loop, sock: loop._add_writer(sock.fileno(), print),
    ],
)
def test_what_is_scheduled_says_so(loop, call):
    left, right = socket.socketpair()
    loop.close()
    with left, right, closed_loop():
        call(loop, left)


@pytest.mark.parametrize("method", ["remove_reader", "remove_writer"])
def test_nothing_is_watched(loop, method):
    left, right = socket.socketpair()
    loop.add_reader(left, print)
    loop.close()
    with left, right:
        assert getattr(loop, method)(left) is False


def test_a_sock_call_that_would_wait_says_so(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    loop.close()
    with left, right:
        call = loop.sock_recv(left, 1)
        with closed_loop():
            call.send(None)
        call.close()


def test_a_transport_can_be_made_no_more(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    loop.close()
    with left, right, nothing_said_of_what_is_left():
        with closed_loop():
            loop._make_socket_transport(left, asyncio.Protocol())


def test_what_ends_with_the_loop_may_use_it_as_it_ends(loop):
    """A finalizer that runs while the loop drops its callbacks."""
    left, right = socket.socketpair()
    raised = []

    class Last:
        def __del__(self):
            for use in (
                lambda: loop.call_soon(print),
                lambda: loop.call_later(1, print),
                lambda: loop.add_reader(left, print),
            ):
                try:
                    use()
                except RuntimeError as error:
                    raised.append(str(error))
            loop.close()

    for keep in (
        lambda last: loop.call_soon(last),
        lambda last: loop.call_later(100, last),
        lambda last: loop.add_reader(right, last),
    ):
        keep(lambda last=Last(): None)
    del keep
    loop.close()
    left.close()
    right.close()
    assert raised == [CLOSED] * 9
