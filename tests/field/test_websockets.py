"""The websockets library, both sides."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

import pytest
from field_loops import CROWD, Cargo, Turnstile
from programs import PATIENCE_S

websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")


def serving(talk, tls, **options):
    return websockets.serve(talk, "127.0.0.1", 0, ssl=tls, compression=None, **options)


def connecting(server, tls, **options):
    port = server.sockets[0].getsockname()[1]
    scheme = "wss" if tls else "ws"
    return websockets.connect(
        f"{scheme}://127.0.0.1:{port}",
        ssl=tls,
        compression=None,
        open_timeout=PATIENCE_S,
        **options,
    )


async def echo(socket):
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in socket:
            await socket.send(message)


def test_messages_come_back_pings_are_answered_and_both_know_why_it_ended(
    on_the_loop, server_tls, client_tls
):
    ended = []

    async def talk(socket):
        await echo(socket)
        ended.append((socket.close_code, socket.close_reason))

    async def main():
        async with serving(talk, server_tls) as server:
            async with connecting(server, client_tls) as socket:
                for message in ("", "text", "x" * 70_000, b"", b"bytes", b"\0" * 70_000):
                    await socket.send(message)
                    assert await socket.recv() == message
                await (await socket.ping())
                await socket.close(4321, "enough")
            while not ended:
                await asyncio.sleep(0.01)

    on_the_loop(main())
    assert ended == [(4321, "enough")]


def test_fragments_become_one_message(on_the_loop):
    async def main():
        async with serving(echo, None) as server, connecting(server, None) as socket:
            await socket.send(["one ", "two ", "three"])
            assert await socket.recv() == "one two three"

    on_the_loop(main())


def test_50_mb_go_up_and_come_down(on_the_loop, server_tls, client_tls):
    async def talk(socket):
        digest, left = hashlib.sha256(), Cargo.size
        while left:
            message = await socket.recv()
            digest.update(message)
            left -= len(message)
        await socket.send(digest.hexdigest())
        down = Cargo()
        for piece in down.pieces():
            await socket.send(piece)
        await socket.send(down.checksum)

    async def main():
        async with (
            serving(talk, server_tls) as server,
            connecting(server, client_tls) as socket,
        ):
            up = Cargo()
            for piece in up.pieces():
                await socket.send(piece)
            assert await socket.recv() == up.checksum
            received = hashlib.sha256()
            while isinstance(message := await socket.recv(), bytes):
                received.update(message)
            assert received.hexdigest() == message

    on_the_loop(main())


def test_200_connections_hear_one_broadcast(on_the_loop, server_tls, client_tls):
    async def main():
        turnstile = Turnstile()
        connected = set()

        async def talk(socket):
            connected.add(socket)
            await turnstile.pass_through()
            await socket.wait_closed()

        async def listen(server):
            async with connecting(server, client_tls) as socket:
                return await socket.recv()

        async with serving(talk, server_tls, backlog=CROWD) as server:
            listeners = [asyncio.create_task(listen(server)) for _ in range(CROWD)]
            await turnstile.open.wait()
            websockets.broadcast(connected, "hello everybody")
            assert await asyncio.gather(*listeners) == ["hello everybody"] * CROWD

    on_the_loop(main())


def test_a_peer_that_answers_no_ping_is_given_up(on_the_loop):
    codes = []

    async def talk(socket):
        await socket.wait_closed()
        codes.append(socket.close_code)

    async def main():
        keepalive = {"ping_interval": 0.05, "ping_timeout": 0.1, "close_timeout": 0.1}
        async with serving(talk, None, **keepalive) as server:
            async with connecting(server, None, ping_interval=None) as socket:
                socket.transport.pause_reading()  # hears nothing
                while not codes:
                    await asyncio.sleep(0.01)
                socket.transport.abort()

    on_the_loop(main())
    assert codes == [1006]  # the connection was lost, not closed
