"""Servers: where they listen, whom they serve and how they end."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys

import pytest
from tcp import Recorder, until


def addresses(server):
    return [sock.getsockname() for sock in server.sockets]


def test_a_server_is_asyncios_and_knows_its_loop(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        assert isinstance(server, asyncio.AbstractServer)
        assert server.get_loop() is loop and server.is_serving()
        assert isinstance(server.sockets, tuple)
        assert type(server.sockets[0]).__name__ == "TransportSocket"
        server.close()
        server.close()
        assert server.sockets == () and not server.is_serving()
        await server.wait_closed()

    loop.run_until_complete(main())


def test_several_hosts_and_each_once(loop):
    async def main():
        hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
        async with await loop.create_server(Recorder, hosts, 0) as server:
            return sorted(host for host, _ in addresses(server))

    assert loop.run_until_complete(main()) == ["127.0.0.1", "127.0.0.2"]


def test_no_host_is_every_host(loop):
    async def main():
        async with await loop.create_server(Recorder, None, 0) as server:
            families = {sock.family for sock in server.sockets}
            for sock in server.sockets:
                if sock.family == socket.AF_INET6:
                    assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
            return families

    assert socket.AF_INET in loop.run_until_complete(main())


def test_a_port_can_be_shared(loop):
    async def main():
        one = await loop.create_server(Recorder, "127.0.0.1", 0, reuse_port=True)
        address = addresses(one)[0]
        other = await loop.create_server(Recorder, *address, reuse_port=True)
        with pytest.raises(OSError) as caught:
            await loop.create_server(Recorder, *address)
        one.close()
        other.close()
        return caught.value.errno

    assert loop.run_until_complete(main()) == errno.EADDRINUSE


def test_reuse_address_is_on_unless_told_otherwise(loop):
    async def main():
        flags = []
        for reuse in (None, True, False):
            async with await loop.create_server(
                Recorder, "127.0.0.1", 0, reuse_address=reuse
            ) as server:
                sock = server.sockets[0]
                flags.append(bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)))
        return flags

    assert loop.run_until_complete(main()) == [True, True, False]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="keep_alive came with Python 3.13")
def test_keep_alive(loop):
    async def main():
        async with await loop.create_server(Recorder, "127.0.0.1", 0, keep_alive=True) as server:
            return server.sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

    assert loop.run_until_complete(main()) != 0


async def serve_one(loop):
    """A server and both ends of a connection to it."""
    accepted = loop.create_future()

    def factory():
        accepted.set_result(Recorder())
        return accepted.result()

    server = await loop.create_server(factory, "127.0.0.1", 0)
    _, client = await loop.create_connection(Recorder, *addresses(server)[0])
    remote = await accepted
    await until(lambda: remote.transport)
    return server, remote, client


@pytest.mark.skipif(sys.version_info < (3, 13), reason="close_clients came with Python 3.13")
@pytest.mark.parametrize("how", ["close_clients", "abort_clients"])
def test_clients_can_be_sent_away(loop, how):
    async def main():
        server, remote, client = await serve_one(loop)
        server.close()
        getattr(server, how)()
        await remote.lost
        await client.lost
        await server.wait_closed()

    loop.run_until_complete(main())


@pytest.mark.skipif(sys.version_info < (3, 12, 1), reason="it did not wait before Python 3.12.1")
def test_wait_closed_waits_for_the_connections(loop):
    async def main():
        server, remote, client = await serve_one(loop)
        server.close()
        waiting = loop.create_task(server.wait_closed())
        await asyncio.sleep(0.01)
        early = waiting.done()
        client.transport.close()
        await waiting
        await remote.lost
        return early

    assert loop.run_until_complete(main()) is False


@pytest.mark.skipif(sys.version_info < (3, 14), reason="before Python 3.14 it leaves the clients")
def test_cancelling_serve_forever_closes_the_server_and_the_clients(loop):
    async def main():
        server, remote, client = await serve_one(loop)
        serving = loop.create_task(server.serve_forever())
        await asyncio.sleep(0)
        serving.cancel()
        await remote.lost
        await client.lost
        await asyncio.wait([serving])
        return server.is_serving(), serving.cancelled()

    assert loop.run_until_complete(main()) == (False, True)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="from Python 3.14 on it closes the clients")
def test_cancelling_serve_forever_closes_the_server_and_leaves_the_clients(loop):
    async def main():
        server, remote, client = await serve_one(loop)
        serving = loop.create_task(server.serve_forever())
        await asyncio.sleep(0)
        serving.cancel()
        while server.is_serving():
            await asyncio.sleep(0)
        client.transport.write(b"still here")
        await until(lambda: remote.received == b"still here")
        client.transport.close()
        await remote.lost
        await asyncio.wait([serving])
        return serving.cancelled()

    assert loop.run_until_complete(main()) is True


def test_serve_forever_runs_once(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0, start_serving=False)
        assert not server.is_serving()
        serving = loop.create_task(server.serve_forever())
        await asyncio.sleep(0)
        assert server.is_serving()
        with pytest.raises(RuntimeError, match="is already being awaited"):
            await server.serve_forever()
        server.close()
        await asyncio.wait([serving])
        with pytest.raises(RuntimeError, match="is closed"):
            await server.serve_forever()

    loop.run_until_complete(main())


def test_a_factory_that_raises_costs_its_own_connection_alone(loop, errors):
    made = []

    def factory():
        if not made:
            made.append("failed")
            raise ZeroDivisionError
        made.append(Recorder())
        return made[-1]

    async def main():
        async with await loop.create_server(factory, "127.0.0.1", 0) as server:
            address = addresses(server)[0]
            reader, writer = await asyncio.open_connection(*address)
            assert await reader.read() == b""
            writer.close()
            for _ in range(3):
                _, writer = await asyncio.open_connection(*address)
                writer.close()
            await until(lambda: len(made) == 4)
            for protocol in made[1:]:
                await protocol.lost

    loop.run_until_complete(main())
    # asyncio's own loop reports it in debug mode only
    assert [type(error["exception"]) for error in errors] in ([], [ZeroDivisionError])
    errors.clear()


def test_a_connection_that_leaves_before_it_is_accepted_does_no_harm(loop):
    async def main():
        async with await loop.create_server(Recorder, "127.0.0.1", 0) as server:
            for _ in range(10):
                with socket.create_connection(addresses(server)[0]) as peer:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await asyncio.sleep(0.02)
            _, writer = await asyncio.open_connection(*addresses(server)[0])
            writer.close()
            return server.is_serving()

    assert loop.run_until_complete(main()) is True


def test_what_contradicts_itself_is_refused(loop):
    def refused(message, *arguments, **keywords):
        with pytest.raises(ValueError, match=message):
            loop.run_until_complete(loop.create_server(Recorder, *arguments, **keywords))

    with socket.socket() as sock:
        refused("host/port and sock can not be specified", "127.0.0.1", 0, sock=sock)
    refused("Neither host/port nor sock were specified")
    refused(
        "ssl_handshake_timeout is only meaningful with ssl", "127.0.0.1", 0, ssl_handshake_timeout=1
    )
    with pytest.raises(TypeError, match="ssl argument must be an SSLContext"):
        loop.run_until_complete(loop.create_server(Recorder, "127.0.0.1", 0, ssl=True))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        refused("Stream Socket was expected", sock=sock)
