"""Peers that break TLS: garbage in and after the handshake, cut connections, silence."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl

import pytest
from peers import everything_from, reset
from tcp import Recorder, until
from tls import client_context, server_context
from versions import since


class Raw:
    """TLS by hand over a plain socket, so that a test can damage the bytes."""

    def __init__(self, sock: socket.socket, *, server_side: bool = False) -> None:
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = server_context() if server_side else client_context()
        name = None if server_side else "localhost"
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side, name)

    async def handshake(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await loop.sock_sendall(self.sock, self.outgoing.read())
                self.incoming.write(await loop.sock_recv(self.sock, 1 << 16))
        await loop.sock_sendall(self.sock, self.outgoing.read())

    def record(self, data: bytes) -> bytearray:
        self.tls.write(data)
        return bytearray(self.outgoing.read())


def client_hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client_context().wrap_bio(ssl.MemoryBIO(), outgoing, False, "localhost").do_handshake()
    return outgoing.read()


def spoilt_hello() -> bytes:
    hello = bytearray(client_hello())
    hello[40] ^= 0xFF
    hello[5] = 0x77
    return bytes(hello)


GARBAGE = {
    "http": lambda: b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "noise": lambda: random.Random(1).randbytes(5000),
    "zeros": lambda: bytes(1000),
    "an endless record": lambda: b"\x16\x03\x01\xff\xff" + bytes(70_000),
    "an alert": lambda: b"\x15\x03\x03\x00\x02\x02\x28",
    "data before the handshake": lambda: b"\x17\x03\x03\x00\x20" + bytes(32),
    "a spoilt hello": spoilt_hello,
    "two hellos": lambda: client_hello() * 2,
}
garbage = pytest.mark.parametrize("kind", GARBAGE)


async def answers(address) -> bool:
    """The server still serves a correct client."""
    loop = asyncio.get_running_loop()
    transport, client = await loop.create_connection(
        Recorder, *address, ssl=client_context(), server_hostname="localhost"
    )
    transport.close()
    return await client.lost is None


@contextlib.asynccontextmanager
async def tls_server(**options):
    """A server and the protocols that it made."""
    loop, made = asyncio.get_running_loop(), []

    def factory():
        made.append(Recorder())
        return made[-1]

    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=server_context(), **options)
    try:
        yield server.sockets[0].getsockname(), made
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected_to(address):
    with socket.socket() as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
        yield sock


class TestHandshake:
    @garbage
    def test_garbage_from_a_client_ends_its_connection_only(self, loop, errors, kind):
        async def main():
            async with tls_server() as (address, made), connected_to(address) as peer:
                await loop.sock_sendall(peer, GARBAGE[kind]())
                with contextlib.suppress(ConnectionResetError):
                    await everything_from(peer)
                assert made[0].events == []
                assert await answers(address)
                await until(lambda: made[1].lost.done())

        loop.run_until_complete(main())
        assert errors == []

    @pytest.mark.parametrize("length", [0, 1, 4, 5, 6, 100])
    @pytest.mark.parametrize("end", ["close", "reset"])
    def test_a_client_that_goes_away_in_the_middle(self, loop, errors, length, end):
        async def main():
            async with tls_server() as (address, made):
                async with connected_to(address) as peer:
                    await loop.sock_sendall(peer, client_hello()[:length])
                    await until(lambda: made)
                    reset(peer) if end == "reset" else peer.close()
                assert await answers(address)
                await until(lambda: made[1].lost.done())
                assert made[0].events == []

        loop.run_until_complete(main())
        assert errors == []

    @garbage
    def test_garbage_from_a_server_is_an_error_of_create_connection(self, loop, errors, kind):
        async def main():
            async with opposite_listener() as (listener, address):
                connecting = loop.create_task(
                    loop.create_connection(
                        Recorder, *address, ssl=client_context(), server_hostname="localhost"
                    )
                )
                peer, _ = await loop.sock_accept(listener)
                with peer:
                    await loop.sock_sendall(peer, GARBAGE[kind]())
                    peer.shutdown(socket.SHUT_WR)
                    with pytest.raises((ssl.SSLError, ConnectionError)):
                        await connecting
                del connecting

        loop.run_until_complete(main())
        assert errors == []

    def test_a_silent_client_is_given_up(self, loop, errors):
        async def main():
            async with tls_server(ssl_handshake_timeout=0.05) as (address, made):
                async with connected_to(address) as peer:
                    assert await everything_from(peer) == b""
                assert made[0].events == []
                assert await answers(address)
                await until(lambda: made[1].lost.done())

        loop.run_until_complete(main())
        assert errors == []

    def test_a_silent_server_is_given_up(self, loop, errors):
        async def main():
            async with opposite_listener() as (listener, address):
                with pytest.raises(ConnectionAbortedError, match="longer than 0.05 seconds"):
                    await loop.create_connection(
                        Recorder,
                        *address,
                        ssl=client_context(),
                        server_hostname="localhost",
                        ssl_handshake_timeout=0.05,
                    )

        loop.run_until_complete(main())
        assert errors == []

    def test_one_byte_at_a_time(self, loop, errors):
        async def main():
            async with tls_server() as (address, made), connected_to(address) as peer:
                hello = client_hello()
                for byte in hello:
                    await loop.sock_sendall(peer, bytes([byte]))
                    await asyncio.sleep(0)
                assert (await loop.sock_recv(peer, 5))[:2] == b"\x16\x03"
                assert made[0].events == []
                reset(peer)

        loop.run_until_complete(main())
        assert errors == []


@contextlib.asynccontextmanager
async def opposite_listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener, listener.getsockname()
    await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def shaken_hands(**options):
    """A protocol on the loop behind TLS, and its peer by hand."""
    async with tls_server(**options) as (address, made), connected_to(address) as peer:
        raw = Raw(peer)
        await raw.handshake()
        await until(lambda: made and made[0].transport is not None)
        try:
            yield made[0], raw
        finally:
            if not made[0].lost.done():
                made[0].transport.abort()
                await made[0].lost


class TestAfterwards:
    @garbage
    def test_garbage_ends_the_connection(self, loop, errors, kind):
        async def main():
            async with shaken_hands() as (protocol, raw):
                await loop.sock_sendall(raw.sock, raw.record(b"fine"))
                await until(lambda: protocol.received == b"fine")
                await loop.sock_sendall(raw.sock, GARBAGE[kind]())
                assert isinstance(await protocol.lost, (ssl.SSLError, ConnectionError))
                assert protocol.received == b"fine"
                assert protocol.events.count("lost") == 1

        loop.run_until_complete(main())
        assert errors == []

    def test_a_flipped_bit_anywhere_ends_the_connection(self, loop, errors):
        flips = random.Random(3)

        async def one(position):
            async with shaken_hands() as (protocol, raw):
                record = raw.record(b"data" * 8)
                record[position % len(record)] ^= 1 << flips.randrange(8)
                await loop.sock_sendall(raw.sock, record)
                raw.sock.shutdown(socket.SHUT_WR)
                await protocol.lost
                assert protocol.received == b""
                assert protocol.events.count("lost") == 1

        async def main():
            for position in range(0, 60, 2):
                await one(position)

        loop.run_until_complete(main())
        assert errors == []

    @pytest.mark.parametrize("length", [1, 5, 20])
    def test_a_record_that_is_cut_off(self, loop, errors, length):
        async def main():
            async with shaken_hands() as (protocol, raw):
                await loop.sock_sendall(raw.sock, raw.record(b"data")[:length])
                raw.sock.shutdown(socket.SHUT_WR)
                await protocol.lost
                assert protocol.received == b""
                assert protocol.events[0] == "made" and protocol.events[-1] == "lost"

        loop.run_until_complete(main())
        assert errors == []

    def test_a_reset(self, loop, errors):
        async def main():
            async with shaken_hands() as (protocol, raw):
                reset(raw.sock)
                assert isinstance(await protocol.lost, ConnectionResetError)

        loop.run_until_complete(main())
        assert errors == []

    def test_a_reset_with_much_still_to_be_written(self, loop, errors):
        async def main():
            async with shaken_hands() as (protocol, raw):
                protocol.transport.write(bytes(8 << 20))
                reset(raw.sock)
                assert isinstance(await protocol.lost, ConnectionError)
                assert protocol.events.count("lost") == 1

        loop.run_until_complete(main())
        assert errors == []

    def test_a_peer_that_never_reads_holds_up_nobody_who_aborts(self, loop, errors):
        async def main():
            async with shaken_hands() as (protocol, raw):
                protocol.transport.write(bytes(8 << 20))
                await asyncio.sleep(0.01)
                assert "lost" not in protocol.events
                protocol.transport.abort()
                assert await protocol.lost is None

        loop.run_until_complete(main())
        assert errors == []

    @since((3, 11), "ssl_shutdown_timeout")
    def test_a_peer_that_does_not_say_goodbye_is_given_up(self, loop, errors):
        async def main():
            async with shaken_hands(ssl_shutdown_timeout=0.05) as (protocol, raw):
                protocol.transport.close()
                assert isinstance(await protocol.lost, TimeoutError)

        loop.run_until_complete(main())
        assert errors == []

    @since((3, 11), "ssl_shutdown_timeout")
    def test_a_peer_that_goes_on_sending_after_our_goodbye(self, loop, errors):
        async def main():
            async with shaken_hands(ssl_shutdown_timeout=0.2) as (protocol, raw):
                protocol.transport.close()
                for _ in range(20):
                    if protocol.lost.done():
                        break
                    with contextlib.suppress(ConnectionError):
                        await loop.sock_sendall(raw.sock, raw.record(b"more" * 100))
                    await asyncio.sleep(0)
                await protocol.lost
                assert protocol.received == b""

        loop.run_until_complete(main())
        assert errors == []
